"""An order as a client sends it, made one that the engine can work: or refused with IB's reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_FLOOR, Decimal

from ibfast.schema import Contract, Order
from ibfast.simulator.market.market import Market
from ibfast.simulator.market.universe import Instrument, UnknownSecTypeError
from ibfast.simulator.messages import contract_of
from ibfast.simulator.orders.account import Account
from ibfast.simulator.orders.advisor import Advisor
from ibfast.simulator.orders.conditions import refusal_of
from ibfast.simulator.orders.exercise import EXERCISE, LAPSE, Exercise
from ibfast.simulator.orders.order_timing import time_refusal
from ibfast.simulator.orders.order_types import OTHER_NAMES
from ibfast.simulator.orders.working_order import WorkingOrder, echo
from ibfast.simulator.refusals import NO_CONTRACT, NO_EXCHANGE, Refusal, ambiguous, invalid, refuse


class Refused(ValueError):
    """An order that cannot be accepted; ``refusal`` is IB's code and words."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal[0]}: {refusal[1]}")
        self.refusal = refusal


class OrderIntake:
    """Looks at orders before the engine does."""

    def __init__(self, market: Market, accounts: Mapping[str, Account], advisor: Advisor | None) -> None:
        self._market = market
        self._accounts = accounts
        self._advisor = advisor
        self._first = next(iter(accounts))

    def take(self, contract: Contract, order: Order, client_id: int, order_id: int) -> tuple[Instrument, Order]:
        """The instrument, and the order as a gateway repeats it.

        Raises:
            Refused: it cannot be accepted.
        """
        instrument = self._instrument(contract)
        kind = (order.order_type or "").upper()
        order = order.replace(order_type=OTHER_NAMES.get(kind, kind))
        self._check(refuse(order, instrument) or (None if contract.exchange else NO_EXCHANGE))
        for condition in order.conditions:
            self._check(refusal_of(condition, self._market))
        for text, what in (
            (order.good_after_time, "good after time"), (order.good_till_date, "good till date"),
            (order.active_start_time, "active start time"),
        ):  # fmt: skip
            self._check(time_refusal(text, what))
        self._check(self._refuse_account(order))
        order = echo(order, client_id, order_id, "" if order.fa_group else self._first)
        return instrument, order.replace(total_quantity=self._quantity(order, instrument))

    def account_of(self, order: Order) -> Account:
        """The account whose margin counts for an order; of a group the first one's."""
        group = self._advisor.groups.get(order.fa_group or "") if self._advisor is not None else None
        return self._accounts[next(iter(group.shares)) if group is not None else order.account or self._first]

    def exercise(self, client_id: int, order_id: int, asked: Exercise) -> WorkingOrder:
        """An exercise as an order.

        Raises:
            Refused: there is no such position, or it makes no sense and is not overridden.
        """
        instrument = self._instrument(asked.contract)
        order = Order(
            action="SELL", order_type="MKT", total_quantity=Decimal(asked.quantity), account=asked.account or None
        )
        self._check(self._refuse_account(order))
        order = echo(order, client_id, order_id, self._first)
        held = self._accounts[order.account or ""].holdings.get(instrument)
        if instrument.option is None or held is None or held.position < asked.quantity:
            text = f"No unlapsed position exists in this option in account {order.account}"
            raise Refused((322, f"Error processing request.-'sim' : cause - {text}"))
        self._check(self._refuse_exercise(instrument, asked))
        contract = contract_of(instrument, asked.contract)
        return WorkingOrder(client_id, order_id, instrument, contract, order, exercise=asked.action)

    def delivered(self, working: WorkingOrder) -> Iterator[tuple[Instrument, str, Decimal, float]]:
        """Instrument, side, quantity and price of what an exercise comes to."""
        yield working.instrument, "SELL", working.quantity, 0.0
        option = working.instrument.option
        under = self._market.universe.by_con_id(working.instrument.details.get("under_con_id", 0))
        if working.exercise == EXERCISE and option is not None and under is not None:
            side = "BUY" if option.right == "C" else "SELL"
            count = working.quantity * Decimal(str(working.instrument.multiplier / under.multiplier))
            yield under, side, count, option.strike

    def _refuse_exercise(self, instrument: Instrument, asked: Exercise) -> Refusal | None:
        option = instrument.option
        if asked.action not in (EXERCISE, LAPSE) or option is None:
            return invalid("Invalid exercise action")
        spot = self._market.model(instrument).underlying(self._market.now_s())
        in_the_money = spot > option.strike if option.right == "C" else spot < option.strike
        if asked.override or in_the_money == (asked.action == EXERCISE):
            return None
        why = (
            "Exercise ignored because option is not in-the-money."
            if asked.action == EXERCISE
            else "Lapse ignored because option is in-the-money."
        )
        return 322, f"Error processing request.-'sim' : cause - {why}"

    def _instrument(self, contract: Contract) -> Instrument:
        try:
            found = self._market.universe.find(contract)
        except UnknownSecTypeError as error:
            raise Refused(invalid("Please enter a valid security type")) from error
        if len(found) != 1:
            raise Refused(ambiguous(contract.symbol) if found else NO_CONTRACT)
        return found[0]

    def _refuse_account(self, order: Order) -> Refusal | None:
        if order.fa_group:
            known = self._advisor is not None and order.fa_group in self._advisor.groups
            return None if known else invalid(f"Invalid FA group {order.fa_group}")
        if not order.account:
            return (435, "You must specify an account.") if self._advisor is not None else None
        return None if order.account in self._accounts else invalid(f"Invalid account code '{order.account}'.")

    def _quantity(self, order: Order, instrument: Instrument) -> Decimal:
        """Of an order for an amount of money what that buys now."""
        if not order.cash_qty:
            return order.total_quantity or Decimal(0)
        step = Decimal(instrument.details.get("size_increment") or "1")
        price = order.lmt_price or self._market.mid(instrument)
        count = Decimal(str(order.cash_qty / (price * instrument.multiplier)))
        return (count / step).to_integral_value(ROUND_FLOOR) * step

    def _check(self, refusal: Refusal | None) -> None:
        if refusal is not None:
            raise Refused(refusal)
