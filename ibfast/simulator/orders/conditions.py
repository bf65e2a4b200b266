"""Whether the conditions of an order hold: prices, times, margin, executions, volume, change."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ibfast.schema import Contract, Execution
from ibfast.schema.order import OrderCondition
from ibfast.simulator.market.bars import BadTimeError, parse_time
from ibfast.simulator.market.market import Market
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.orders.account import Account

PRICE, TIME, MARGIN, EXECUTION, VOLUME, PERCENT_CHANGE = 1, 3, 4, 5, 6, 7
TRIGGER_METHODS = (0, 1, 2, 3, 4, 7, 8)
BID_ASK, LAST_METHODS = (1, 4), (0, 2, 3)

TradeRegistry = Iterable[tuple[Contract, Execution]]


class ConditionEvaluator:
    """Looks at the market, at one account, and at the trades since an order was placed."""

    def __init__(self, market: Market, account: Account, trades: TradeRegistry) -> None:
        self._market = market
        self._account = account
        self._trades = trades

    def hold(self, conditions: list[OrderCondition]) -> bool:
        """Whether they hold together: each says how the next is joined to it, and binds closer than or."""
        together = True
        for condition in conditions:
            together = together and self._holds(condition)
            if not condition.is_conjunction_connection:
                if together:
                    return True
                together = condition is not conditions[-1]
        return together

    def _holds(self, condition: OrderCondition) -> bool:
        match condition.type:
            case 1:
                price = self._price(condition)
                return price is not None and _compares(condition, price, condition.price or 0.0)
            case 3:
                return _compares(condition, self._market.now_s(), parse_time(condition.time or ""))
            case 4:
                net = self._account.net()
                cushion = (net - self._account.margin()) / net * 100 if net else 0.0
                return _compares(condition, cushion, condition.percent or 0)
            case 5:
                return any(_is_of(contract, condition) for contract, _ in self._trades)
            case 6:
                return self._of_instrument(
                    condition, condition.volume or 0, lambda item: self._market.stats(item).volume
                )
            case 7:
                return self._of_instrument(condition, condition.change_percent or 0.0, self._change)
        return False

    def _of_instrument(self, condition: OrderCondition, wanted: float, value: Callable[[Instrument], float]) -> bool:
        instrument = self._market.universe.by_con_id(condition.con_id or 0)
        return instrument is not None and _compares(condition, value(instrument), wanted)

    def _price(self, condition: OrderCondition) -> float | None:
        """The price that the trigger method looks at; trades happen at the bid and at the ask."""
        instrument = self._market.universe.by_con_id(condition.con_id or 0)
        if instrument is None:
            return None
        quote = self._market.quote(instrument)
        bid, ask = instrument.price(int(quote.bid[0])), instrument.price(int(quote.ask[0]))
        if condition.trigger_method in BID_ASK:
            return bid if condition.is_more else ask
        return (bid + ask) / 2

    def _change(self, instrument: Instrument) -> float:
        """Of the price since the last close, in percent."""
        close = instrument.price(self._market.stats(instrument).close)
        return (self._market.mid(instrument) / close - 1) * 100 if close else 0.0


def refusal_of(condition: OrderCondition, market: Market) -> tuple[int, str] | None:
    """Why a condition cannot be watched, None if it can."""
    if condition.type not in (PRICE, TIME, MARGIN, EXECUTION, VOLUME, PERCENT_CHANGE):
        return 321, "Error validating request.-'sim' : cause - Invalid condition type"
    if condition.type == PRICE and (condition.trigger_method or 0) not in TRIGGER_METHODS:
        return 146, "Invalid trigger method."
    about = condition.type in (PRICE, VOLUME, PERCENT_CHANGE)
    known = not about or market.universe.by_con_id(condition.con_id or 0) is not None
    if not known or (condition.type == EXECUTION and not (condition.symbol and condition.sec_type)):
        return 147, "The conditional contract info is incomplete."
    if condition.type == TIME:
        try:
            parse_time(condition.time or "")
        except BadTimeError:
            return 321, "Error validating request.-'sim' : cause - Invalid condition time"
    return None


def _compares(condition: OrderCondition, value: float, wanted: float) -> bool:
    return value >= wanted if condition.is_more else value <= wanted


def _is_of(contract: Contract, condition: OrderCondition) -> bool:
    any_exchange = condition.exchange in (None, "", "SMART", "ANY", "*")
    return (
        contract.symbol == condition.symbol
        and contract.sec_type == condition.sec_type
        and (any_exchange or contract.exchange == condition.exchange)
    )
