"""The matching engine: orders of all clients against the simulated quotes, told in a gateway's own sequence.

Nothing here knows of sockets: messages go to ``send(client_id, message)``, time passes when `step` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from ibfast.schema import (
    CommissionAndFeesReport,
    CompletedOrder,
    Contract,
    ErrorMessage,
    Execution,
    OpenOrder,
    Order,
    OrderState,
)
from ibfast.schema.declare import Message
from ibfast.simulator.account import Account, commission
from ibfast.simulator.market import Market
from ibfast.simulator.matching import Deal, match, start_stop
from ibfast.simulator.messages import contract_of
from ibfast.simulator.refusals import NO_CONTRACT, ambiguous, invalid, refuse
from ibfast.simulator.universe import Instrument, UnknownSecTypeError
from ibfast.simulator.working import WorkingOrder, echo

FIRST_PERM_ID = 1_000_000_001
REDUCE = (2, 3)  # OCA types that shrink the other orders rather than cancel them

Send = Callable[[int, Message], None]


class Engine:
    """Every order of the day, by (client id, order id)."""

    def __init__(self, market: Market, account: Account, send: Send) -> None:
        self.account = account
        self.orders: dict[tuple[int, int], WorkingOrder] = {}
        self.completed: list[WorkingOrder] = []
        self.executions: list[tuple[WorkingOrder, Execution, CommissionAndFeesReport]] = []
        self._market = market
        self._send = send
        self._held: dict[tuple[int, int], WorkingOrder] = {}
        self._next_perm_id = FIRST_PERM_ID
        self._trades = 0

    # -- what clients ask for

    def place(self, client_id: int, order_id: int, contract: Contract, order: Order) -> None:
        """A new order, or a changed one if the id is one of this client's live orders."""
        key = client_id, order_id
        known = self.orders.get(key)
        if known is not None and not known.alive:
            filled = known.status == "Filled"
            self._error(key, *((104, "Cannot modify a filled order.") if filled else (103, "Duplicate order id")))
            return
        instrument = self._instrument(key, contract)
        if instrument is None:
            return
        refusal = refuse(order, instrument)
        order = echo(order, client_id, order_id, self.account.name)
        if refusal is not None:
            self._error(key, *refusal)
        elif order.what_if:
            self._what_if(key, instrument, contract, order)
        elif known is not None:
            self._modify(known, order)
        else:
            self._accept(WorkingOrder(client_id, order_id, instrument, contract_of(instrument, contract), order))

    def cancel(self, client_id: int, order_id: int) -> None:
        key = client_id, order_id
        working = self._held.pop(key, None) or self.orders.get(key)
        if working is None:
            self._error(key, 10147, f"OrderId {order_id} that needs to be cancelled is not found.")
        elif not working.alive:
            text = f"OrderId {order_id} that needs to be cancelled cannot be cancelled, state: {working.status}."
            self._error(key, 10148, text)
        else:
            self._cancel(working)

    def cancel_all(self, client_id: int) -> None:
        """Every order of every client; the caller hears which of its own were past cancelling."""
        for working in list(self.orders.values()):
            if working.alive:
                self._cancel(working)
            elif working.client_id == client_id:
                text = f"Cancel attempted when order is not in a cancellable state.  Order permId ={working.perm_id}"
                self._error((client_id, working.order_id), 161, text)

    def live(self, client_id: int | None = None) -> list[WorkingOrder]:
        """The orders that work, of one client or of all, oldest first."""
        return [it for it in self.orders.values() if it.alive and client_id in (None, it.client_id)]

    def next_order_id(self, client_id: int) -> int:
        """One above every order id this client has used."""
        used = (order_id for client, order_id in (*self.orders, *self._held) if client == client_id)
        return max(used, default=0) + 1

    # -- what time brings

    def step(self, now_ns: int) -> None:
        """Match every working order against the quotes since the last step."""
        for working in self.live():
            if working.alive and not working.waits_for_parent:
                self._work(working, now_ns)

    def _work(self, working: WorkingOrder, now_ns: int) -> None:
        arrives = working.matched_to_ns == 0
        deal = match(working, self._market.model(working.instrument), now_ns)
        whole = deal is not None and deal.shares >= working.remaining
        if deal is not None and (whole or working.order.tif != "FOK"):
            self._fill(working, deal, now_ns)
        if working.alive and working.order.tif in ("IOC", "FOK"):
            self._cancel(working)
        elif working.alive and arrives and not working.waits_for_stop:
            self._submit(working)

    def _submit(self, working: WorkingOrder) -> None:
        if working.status != "Submitted":
            working.status = "Submitted"
            self._tell(working)
            self._tell(working)  # gateways repeat themselves

    # -- accepting

    def _instrument(self, key: tuple[int, int], contract: Contract) -> Instrument | None:
        try:
            found = self._market.universe.find(contract)
        except UnknownSecTypeError:
            self._error(key, *invalid("Please enter a valid security type"))
            return None
        if len(found) != 1:
            self._error(key, *(ambiguous(contract.symbol) if found else NO_CONTRACT))
            return None
        return found[0]

    def _accept(self, working: WorkingOrder) -> None:
        order = working.order
        self._held.pop((working.client_id, working.order_id), None)
        family = [working]
        if order.parent_id:
            root = working.client_id, order.parent_id
            parent = self.orders.get(root) or self._held.get(root)
            if parent is None:
                text = f"Can't find order with id ={order.parent_id}"
                self._error((working.client_id, working.order_id), 135, text)
                return
            if not parent.alive and parent.status != "Filled":
                text = "Order rejected - reason:Parent order is being cancelled."
                self._error((working.client_id, working.order_id), 201, text)
                return
            held = (it for (client, _), it in self._held.items() if client == working.client_id)
            family = [it for it in held if order.parent_id in (it.order_id, it.order.parent_id)] + [working]
        if order.transmit is False:
            self._held[working.client_id, working.order_id] = working
            return
        for member in sorted(family, key=lambda it: it.order_id):
            self._activate(member)

    def _activate(self, working: WorkingOrder) -> None:
        """From here on the order exists for everyone."""
        key = working.client_id, working.order_id
        self._held.pop(key, None)
        working.perm_id = self._next_perm_id
        self._next_perm_id += 1
        parent = self.orders.get((working.client_id, working.order.parent_id or 0))
        order = working.order.replace(perm_id=working.perm_id)
        if parent is not None:
            group = order.oca_group or str(parent.perm_id)
            order = order.replace(parent_perm_id=parent.perm_id, oca_group=group, oca_type=3)
            working.waits_for_parent = parent.alive
        working.order = order
        start_stop(working, self._market.model(working.instrument), self._market.clock())
        self.orders[key] = working
        self._tell(working)

    def _modify(self, working: WorkingOrder, order: Order) -> None:
        before = working.order
        if order.action != before.action or (order.total_quantity or Decimal(0)) <= working.filled:
            self._error(
                (working.client_id, working.order_id), 105, "Order being modified does not match original order."
            )
            return
        working.order = order.replace(
            perm_id=before.perm_id, parent_perm_id=before.parent_perm_id, filled_quantity=working.filled,
            oca_group=order.oca_group or before.oca_group,
            oca_type=before.oca_type,
        )  # fmt: skip
        working.matched_to_ns = 0
        working.triggered = False
        start_stop(working, self._market.model(working.instrument), self._market.clock())
        self._tell(working)

    def _what_if(self, key: tuple[int, int], instrument: Instrument, contract: Contract, order: Order) -> None:
        price = order.lmt_price or self.account.mid(instrument)
        shares = order.total_quantity or Decimal(0)
        equity = float(self.account.values()["NetLiquidation"][0])
        before = float(self.account.values()["InitMarginReq"][0])
        change = round(float(shares) * price * instrument.multiplier * 0.25, 2)
        state = OrderState(
            status="PreSubmitted",
            init_margin_before=before, maint_margin_before=before, equity_with_loan_before=equity,
            init_margin_change=change, maint_margin_change=change, equity_with_loan_change=0.0,
            init_margin_after=before + change, maint_margin_after=before + change, equity_with_loan_after=equity,
            commission_and_fees=commission(instrument, shares, price), commission_and_fees_currency="USD",
            margin_currency="USD",
        )  # fmt: skip
        echoed = OpenOrder(order_id=key[1], contract=contract_of(instrument, contract), order=order, order_state=state)
        self._send(key[0], echoed)

    # -- filling and ending

    def _fill(self, working: WorkingOrder, deal: Deal, now_ns: int) -> None:
        price, shares = working.instrument.price(deal.ticks), min(deal.shares, working.remaining)
        working.filled += shares
        working.filled_value += float(shares) * price
        working.last_price = price
        working.order = working.order.replace(filled_quantity=working.filled)
        execution, report = self._book(working, deal, shares, price, now_ns)
        self._send(working.client_id, working.details(execution))
        if working.remaining:
            working.status = "Submitted"
            self._tell(working)
        else:
            self._end(working, "Filled", f"Filled Size: {working.filled}")
            self._tell(working)
        working.commission = round(working.commission + (report.commission_and_fees or 0.0), 6)
        self._tell(working)
        self._send(working.client_id, report)
        self._settle_oca(working, shares)
        if not working.remaining:
            self._release_children(working)

    def _book(
        self, working: WorkingOrder, deal: Deal, shares: Decimal, price: float, now_ns: int
    ) -> tuple[Execution, CommissionAndFeesReport]:
        self._trades += 1
        exec_id = f"0000e0d5.{now_ns // 1_000_000_000:08x}.{self._trades:02x}.01"
        execution = Execution(
            order_id=working.order_id, exec_id=exec_id, time=self._time(working), acct_number=working.order.account,
            exchange=_venue(working), side="BOT" if working.is_buy else "SLD", shares=shares, price=price,
            perm_id=working.perm_id, client_id=working.client_id, is_liquidation=False, cum_qty=working.filled,
            avg_price=working.average_price, order_ref=working.order.order_ref, last_liquidity=1 if deal.makes else 2,
        )  # fmt: skip
        cost = commission(working.instrument, shares, price)
        realized = self.account.fill(working.instrument, working.order.action or "", shares, price, cost)
        report = CommissionAndFeesReport(
            exec_id=exec_id, commission_and_fees=cost, currency="USD", realized_pnl=realized
        )
        working.executions.append(execution)
        self.executions.append((working, execution, report))
        return execution, report

    def _cancel(self, working: WorkingOrder) -> None:
        self._end(working, "Cancelled", "Cancelled by Trader")
        self._send(working.client_id, working.order_status())
        self._error((working.client_id, working.order_id), 202, "Order Canceled - reason:")
        for child in self._children(working):
            if child.alive:
                self._cancel(child)

    def _end(self, working: WorkingOrder, status: str, completed_status: str) -> None:
        working.status = status
        working.completed_time = self._time(working)
        working.completed_status = completed_status
        self.completed.append(working)

    def _settle_oca(self, working: WorkingOrder, shares: Decimal) -> None:
        group = working.order.oca_group
        if not group:
            return
        for other in self.live():
            if other is working or other.order.oca_group != group:
                continue
            left = other.quantity - shares
            if working.remaining and working.order.oca_type in REDUCE and left > other.filled:
                other.order = other.order.replace(total_quantity=left)
                self._tell(other)
            else:
                self._cancel(other)

    def _release_children(self, parent: WorkingOrder) -> None:
        for child in self._children(parent):
            if child.alive and child.waits_for_parent:
                child.waits_for_parent = False
                child.matched_to_ns = 0
                if child.waits_for_stop:
                    start_stop(child, self._market.model(child.instrument), self._market.clock())
                    self._tell(child)
                else:
                    self._submit(child)

    def _children(self, parent: WorkingOrder) -> Iterable[WorkingOrder]:
        return [
            it
            for it in self.orders.values()
            if it.client_id == parent.client_id and it.order.parent_id == parent.order_id and it is not parent
        ]

    # -- telling

    def _tell(self, working: WorkingOrder) -> None:
        self._send(working.client_id, working.open_order())
        self._send(working.client_id, working.order_status())

    def _error(self, key: tuple[int, int], code: int, text: str) -> None:
        at = self._market.now_s() * 1000  # order errors have no milliseconds
        self._send(key[0], ErrorMessage(id=key[1], error_time=at, error_code=code, error_msg=text))

    def _time(self, working: WorkingOrder) -> str:
        hours = working.instrument.hours
        return f"{datetime.fromtimestamp(self._market.now_s(), hours.zone):%Y%m%d %H:%M:%S} {hours.time_zone_id}"


def completed_order(working: WorkingOrder) -> CompletedOrder:
    """A dead order as the list of completed orders has it."""
    shareholder = "Not an insider or substantial shareholder"
    order = working.order.replace(shareholder=shareholder, total_quantity=Decimal(0), parent_id=None)
    return CompletedOrder(contract=working.contract, order=order, order_state=working.state())


def _venue(working: WorkingOrder) -> str:
    exchange = str(working.contract.exchange)
    return str(working.contract.primary_exch or "IBKRATS") if exchange == "SMART" else exchange
