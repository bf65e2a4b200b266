"""The blocking client: `ibfast.Client`, method by method, seen through a thread.

Any number of threads may use one client. Streams are plain iterators and context managers.

Written by tools/generate_blocking.py from the async classes; never edited.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

import ibfast.client
import ibfast.order_builder
import ibfast.streams
import ibfast.subscription
import ibfast.trade
from ibfast.bars import Bars
from ibfast.blocking_base import Facade, bare, register
from ibfast.contract import Contract
from ibfast.enums import (
    BarSize,
    TickByTickType,
    WhatToShow,
)
from ibfast.errors import DecodeError, IbfastError, RequestError
from ibfast.limits import DEFAULT_LINES
from ibfast.order import Order, Quantity
from ibfast.pacing import PacingGauges
from ibfast.requests.market_data import GenericTicks
from ibfast.schema import (
    ContractData,
    ErrorMessage,
    OrderState,
    TickReqParams,
)
from ibfast.schema.declare import Message
from ibfast.schema.versions import FIRST_VERSION, LAST_VERSION
from ibfast.trade import (
    Fill,
    TradeEvent,
)

T = TypeVar("T")


@register(ibfast.subscription.MessageStream)
class MessageStream(Facade, Generic[T]):
    """Messages or events, one by one, for one listener of many.

    Without a ``capacity`` nothing is ever dropped; with one the oldest go first and ``dropped`` counts them.
    """

    @property
    def callback_errors(self) -> int:
        return self._read("callback_errors")

    def try_next(self) -> T | None:
        """The next item if one waits, else None; never blocks."""
        return self._call(self._async.try_next)

    def next(self, timeout_s: float | None = None) -> T:
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        return self._run(self._async.next(timeout_s))

    def batches(self) -> Self:
        """The stream itself: iterating over it brings all that waits, at once."""
        return self._call(self._async.batches)

    def on(self, callback: Callable[[T], object]) -> None:
        """Call ``callback`` with every item from now on, in place of iterating.

        It runs in the event loop, once a socket read, and must not block. What it raises is logged and counted; the
        stream goes on. ``error`` says why the calls ended.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on, self._faced(callback))

    def close(self) -> None:
        """End the stream; what it holds can still be taken. Closing twice does nothing."""
        return self._call(self._async.close)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._read("is_closed")

    @property
    def error(self) -> IbfastError | None:
        """What ended the stream; None while it lives, and when it was closed or complete."""
        return self._read("error")

    @property
    def dropped(self) -> int:
        return self._read("dropped")

    def events(self) -> Self:
        """The stream itself: its items come one by one."""
        return self._call(self._async.events)

    @property
    def latest(self) -> T | None:
        """The newest item, taken or not; None before the first."""
        return self._read("latest")

    def collect_for(self, seconds: float) -> list[T]:
        """What comes within so many seconds; less time if the stream ends sooner."""
        return self._run(self._async.collect_for(seconds))

    def __iter__(self) -> Iterator[T]:
        return self._iterate(self._async)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@register(ibfast.streams.Computations)
class Computations(Facade):
    """The option computations of an L1 subscription: reading them opens it, closing them does not end it."""

    @property
    def callback_errors(self) -> int:
        return self._read("callback_errors")

    def try_next(self) -> NDArray[np.void] | None:
        """The records that wait, as one batch, or None; never blocks."""
        return self._call(self._async.try_next)

    def next(self, timeout_s: float | None = None) -> NDArray[np.void]:
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        return self._run(self._async.next(timeout_s))

    def batches(self) -> Self:
        """The stream itself: iterating over it brings all that waits, at once."""
        return self._call(self._async.batches)

    def on(self, callback: Callable[[NDArray[np.void]], object]) -> None:
        """Call ``callback`` with every item from now on, in place of iterating.

        It runs in the event loop, once a socket read, and must not block. What it raises is logged and counted; the
        stream goes on. ``error`` says why the calls ended.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on, self._faced(callback))

    def close(self) -> None:
        """End the stream; what it holds can still be taken. Closing twice does nothing."""
        return self._call(self._async.close)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._read("is_closed")

    @property
    def error(self) -> IbfastError | None:
        """What ended the stream; None while it lives, and when it was closed or complete."""
        return self._read("error")

    @property
    def dropped(self) -> int:
        """Records lost because nobody took them in time; the gaps show in their ``seq``."""
        return self._read("dropped")

    @property
    def total(self) -> int:
        """Records received so far, dropped ones included."""
        return self._read("total")

    @property
    def latest(self) -> np.void | None:
        """The newest record, taken or not; None before the first."""
        return self._read("latest")

    def texts(self, rows: NDArray[np.void]) -> list[str | None]:
        """The text of each L1 record: what TWS sent in string ticks, None in all others."""
        return self._call(self._async.texts, rows)

    def events(self) -> Iterator[Any]:
        """One object a record, of the class that `ibfast.events` has for its kind, for those who want objects.

        Who leaves the loop and comes back later goes on where it was.
        """
        return self._iterate(self._async.events())

    def collect_for(self, seconds: float) -> NDArray[np.void]:
        """The records of so many seconds as one array; of less time if the stream ends sooner.

        Raises:
            IbfastError: what ended the stream, if it brought nothing before.
        """
        return self._run(self._async.collect_for(seconds))

    def __iter__(self) -> Iterator[NDArray[np.void]]:
        return self._iterate(self._async)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@register(ibfast.streams.Ticks)
class Ticks(Facade):
    """A live subscription, as batches of numpy records: one wake-up a socket read, with every record of it.

    ::

        with client.tick_by_tick(contract, "Last") as ticks:
            for rows in ticks:  # a structured array that is yours to keep
                print(rows["price"].mean(), ticks.dropped)

    L1 data of an option also has ``computations``, a stream of its own that lives as long.
    """

    @property
    def callback_errors(self) -> int:
        return self._read("callback_errors")

    def try_next(self) -> NDArray[np.void] | None:
        """The records that wait, as one batch, or None; never blocks."""
        return self._call(self._async.try_next)

    def next(self, timeout_s: float | None = None) -> NDArray[np.void]:
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        return self._run(self._async.next(timeout_s))

    def batches(self) -> Self:
        """The stream itself: iterating over it brings all that waits, at once."""
        return self._call(self._async.batches)

    def on(self, callback: Callable[[NDArray[np.void]], object]) -> None:
        """Call ``callback`` with every item from now on, in place of iterating.

        It runs in the event loop, once a socket read, and must not block. What it raises is logged and counted; the
        stream goes on. ``error`` says why the calls ended.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on, self._faced(callback))

    def close(self) -> None:
        """Send the cancel; what has arrived can still be taken. Closing twice does nothing."""
        return self._call(self._async.close)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._read("is_closed")

    @property
    def error(self) -> IbfastError | None:
        """What ended the stream; None while it lives, and when it was closed or complete."""
        return self._read("error")

    @property
    def notices(self) -> deque[Message]:
        return self._read("notices")

    @property
    def notices_dropped(self) -> int:
        return self._read("notices_dropped")

    @property
    def market_data_type(self) -> int | None:
        return self._read("market_data_type")

    @property
    def tick_req_params(self) -> TickReqParams | None:
        return self._read("tick_req_params")

    @property
    def dropped(self) -> int:
        """Records lost because nobody took them in time; the gaps show in their ``seq``."""
        return self._read("dropped")

    @property
    def total(self) -> int:
        """Records received so far, dropped ones included."""
        return self._read("total")

    @property
    def latest(self) -> np.void | None:
        """The newest record, taken or not; None before the first."""
        return self._read("latest")

    def texts(self, rows: NDArray[np.void]) -> list[str | None]:
        """The text of each L1 record: what TWS sent in string ticks, None in all others."""
        return self._call(self._async.texts, rows)

    def events(self) -> Iterator[Any]:
        """One object a record, of the class that `ibfast.events` has for its kind, for those who want objects.

        Who leaves the loop and comes back later goes on where it was.
        """
        return self._iterate(self._async.events())

    def collect_for(self, seconds: float) -> NDArray[np.void]:
        """The records of so many seconds as one array; of less time if the stream ends sooner.

        Raises:
            IbfastError: what ended the stream, if it brought nothing before.
        """
        return self._run(self._async.collect_for(seconds))

    @property
    def computations(self) -> Computations:
        """Implied volatilities and greeks of an option, as records of dtype `ibfast.records.OPTION`.

        Raises:
            AttributeError: the stream is not of L1 ticks.
        """
        return self._read("computations")

    def __iter__(self) -> Iterator[NDArray[np.void]]:
        return self._iterate(self._async)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@register(ibfast.trade.Trade)
class Trade(Facade):
    """One order from submit to done.

    ``status`` is TWS's own word; "PendingSubmit" until TWS has said something. Duplicates, which TWS sends as a matter
    of course, make no event. ``log`` holds every event in order.
    """

    @property
    def contract(self) -> Contract:
        return self._read("contract")

    @property
    def order(self) -> Order:
        return self._read("order")

    @property
    def order_id(self) -> int:
        return self._read("order_id")

    @property
    def client_id(self) -> int:
        return self._read("client_id")

    @property
    def perm_id(self) -> int:
        return self._read("perm_id")

    @property
    def status(self) -> str:
        return self._read("status")

    @property
    def filled_quantity(self) -> Decimal:
        return self._read("filled_quantity")

    @property
    def remaining(self) -> Decimal:
        return self._read("remaining")

    @property
    def avg_fill_price(self) -> float:
        return self._read("avg_fill_price")

    @property
    def why_held(self) -> str | None:
        return self._read("why_held")

    @property
    def order_state(self) -> OrderState | None:
        return self._read("order_state")

    @property
    def fills(self) -> list[Fill]:
        return self._read("fills")

    @property
    def warnings(self) -> list[RequestError]:
        return self._read("warnings")

    @property
    def rejection(self) -> RequestError | None:
        return self._read("rejection")

    @property
    def log(self) -> list[TradeEvent]:
        return self._read("log")

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen to the order: it has ended, or TWS refused it before it ever worked."""
        return self._read("is_done")

    @property
    def is_complete(self) -> bool:
        """Whether the order is done and every fill is known with its commission."""
        return self._read("is_complete")

    @property
    def commission(self) -> float:
        """What all fills cost so far, in the currency of their reports."""
        return self._read("commission")

    def done(self) -> Trade:
        """Wait until nothing more will happen to the order; `status` and `rejection` say how it ended.

        Raises:
            ConnectionLost: the connection ended before that.
        """
        return self._run(self._async.done())

    def filled(self) -> Trade:
        """Wait until the order is filled.

        Raises:
            RequestError: TWS refused it, or it ended in another way: ``message`` has the status.
            ConnectionLost: the connection ended before that.
        """
        return self._run(self._async.filled())

    def sent_again(self, order: Order) -> None:
        """The order went out once more, changed: what TWS said against its last version is settled."""
        return self._call(self._async.sent_again, order)

    def __iter__(self) -> Iterator[TradeEvent]:
        return self._iterate(self._async)


@register(ibfast.order_builder.OrderBuilder)
class OrderBuilder(Facade):
    """Builds one order; nothing is sent before `submit`."""

    @property
    def contract(self) -> Contract:
        return self._read("contract")

    @property
    def order(self) -> Order:
        return self._read("order")

    def buy(self, quantity: Quantity) -> Self:
        return self._call(self._async.buy, quantity)

    def sell(self, quantity: Quantity) -> Self:
        return self._call(self._async.sell, quantity)

    def market(self) -> Self:
        """At the best price there is, now."""
        return self._call(self._async.market)

    def limit(self, price: float) -> Self:
        """At ``price`` or better."""
        return self._call(self._async.limit, price)

    def stop(self, price: float) -> Self:
        """A market order once ``price`` is touched."""
        return self._call(self._async.stop, price)

    def stop_limit(self, *, stop: float, limit: float) -> Self:
        """A limit order once ``stop`` is touched."""
        return self._call(self._async.stop_limit, stop=stop, limit=limit)

    def trailing_stop(self, *, amount: float | None = None, percent: float | None = None) -> Self:
        """A stop that follows the market by an amount or a percentage."""
        return self._call(self._async.trailing_stop, amount=amount, percent=percent)

    def good_till_cancel(self) -> Self:
        return self._call(self._async.good_till_cancel)

    def good_till_date(self, moment: datetime) -> Self:
        """Until an aware datetime."""
        return self._call(self._async.good_till_date, moment)

    def day(self) -> Self:
        return self._call(self._async.day)

    def immediate_or_cancel(self) -> Self:
        return self._call(self._async.immediate_or_cancel)

    def fill_or_kill(self) -> Self:
        return self._call(self._async.fill_or_kill)

    def outside_rth(self) -> Self:
        """Outside regular trading hours too."""
        return self._call(self._async.outside_rth)

    def account(self, account: str) -> Self:
        return self._call(self._async.account, account)

    def reference(self, text: str) -> Self:
        """A text of your own, which TWS gives back with the order and its executions."""
        return self._call(self._async.reference, text)

    def set(self, **fields: Any) -> Self:
        """Any fields of `ibfast.Order`."""
        return self._call(self._async.set, **fields)

    def bracket(self, *, entry: float, take_profit: float, stop_loss: float) -> BracketBuilder:
        """A limit order at ``entry`` and, once it is filled, a target and a stop of which one cancels the other."""
        return self._call(self._async.bracket, entry=entry, take_profit=take_profit, stop_loss=stop_loss)

    def submit(self) -> Trade:
        """Send the order; the trade follows it from here on, TWS has not seen it yet.

        Raises:
            ValueError: the side or the type is missing.
            VersionError: the server is too old for a field. ConnectionLost.
        """
        return self._run(self._async.submit())


@register(ibfast.order_builder.BracketBuilder)
class BracketBuilder(Facade):
    """Builds an entry with its target and its stop; nothing is sent before `submit`."""

    @property
    def contract(self) -> Contract:
        return self._read("contract")

    @property
    def order(self) -> Order:
        return self._read("order")

    def buy(self, quantity: Quantity) -> Self:
        return self._call(self._async.buy, quantity)

    def sell(self, quantity: Quantity) -> Self:
        return self._call(self._async.sell, quantity)

    def market(self) -> Self:
        """At the best price there is, now."""
        return self._call(self._async.market)

    def limit(self, price: float) -> Self:
        """At ``price`` or better."""
        return self._call(self._async.limit, price)

    def stop(self, price: float) -> Self:
        """A market order once ``price`` is touched."""
        return self._call(self._async.stop, price)

    def stop_limit(self, *, stop: float, limit: float) -> Self:
        """A limit order once ``stop`` is touched."""
        return self._call(self._async.stop_limit, stop=stop, limit=limit)

    def trailing_stop(self, *, amount: float | None = None, percent: float | None = None) -> Self:
        """A stop that follows the market by an amount or a percentage."""
        return self._call(self._async.trailing_stop, amount=amount, percent=percent)

    def good_till_cancel(self) -> Self:
        return self._call(self._async.good_till_cancel)

    def good_till_date(self, moment: datetime) -> Self:
        """Until an aware datetime."""
        return self._call(self._async.good_till_date, moment)

    def day(self) -> Self:
        return self._call(self._async.day)

    def immediate_or_cancel(self) -> Self:
        return self._call(self._async.immediate_or_cancel)

    def fill_or_kill(self) -> Self:
        return self._call(self._async.fill_or_kill)

    def outside_rth(self) -> Self:
        """Outside regular trading hours too."""
        return self._call(self._async.outside_rth)

    def account(self, account: str) -> Self:
        return self._call(self._async.account, account)

    def reference(self, text: str) -> Self:
        """A text of your own, which TWS gives back with the order and its executions."""
        return self._call(self._async.reference, text)

    def set(self, **fields: Any) -> Self:
        """Any fields of `ibfast.Order`."""
        return self._call(self._async.set, **fields)

    def submit(self) -> list[Trade]:
        """Send the three orders; their trades: entry, target, stop.

        Raises:
            ValueError: the side is missing, or the prices are in the wrong order.
            VersionError: the server is too old for a field. ConnectionLost.
        """
        return self._run(self._async.submit())


@register(ibfast.client.Client)
class Client(Facade):
    """A session with TWS or IB Gateway; `connect` makes one.

    Requests wait for their answer at most the request timeout. Any number of tasks may use one client at once.
    """

    @property
    def client_id(self) -> int:
        """The id this client came with."""
        return self._read("client_id")

    @property
    def server_version(self) -> int:
        """The server version both sides speak."""
        return self._read("server_version")

    @property
    def accounts(self) -> list[str]:
        """The accounts of the login, as the gateway last said."""
        return self._read("accounts")

    def current_time(self) -> datetime:
        """The gateway's clock, to the second."""
        return self._run(self._async.current_time())

    def managed_accounts(self) -> list[str]:
        """The accounts of the login, asked for anew."""
        return self._run(self._async.managed_accounts())

    def contract_details(self, contract: Contract) -> list[ContractData]:
        """Every contract that fits the description, with what IB knows of each.

        Raises:
            RequestError: ``code`` 200, no contract fits.
        """
        return self._run(self._async.contract_details(contract))

    def market_data(
        self,
        contract: Contract,
        *,
        generic_ticks: GenericTicks = "",
        snapshot: bool = False,
        regulatory_snapshot: bool = False,
        policy: str = "ring",
        capacity: int = 262144,
    ) -> Ticks:
        """L1 ticks of a contract, as records of dtype `ibfast.records.TICK`; of an option, its greeks beside them.

        ``generic_ticks`` are IB's numbers or the names in `ibfast.GenericTick`: ``"233,236"``,
        ``["RT_VOLUME", "SHORTABLE"]``. A snapshot takes none and ends by itself. A regulatory snapshot costs money.
        ``policy`` and ``capacity`` (in records) say what a slow reader loses: see `ibfast.records.Rows`.
        """
        return self._call(
            self._async.market_data,
            contract,
            generic_ticks=generic_ticks,
            snapshot=snapshot,
            regulatory_snapshot=regulatory_snapshot,
            policy=policy,
            capacity=capacity,
        )

    def tick_by_tick(
        self,
        contract: Contract,
        tick_type: str = TickByTickType.LAST,
        *,
        number_of_ticks: int = 0,
        ignore_size: bool = False,
        policy: str = "ring",
        capacity: int = 262144,
    ) -> Ticks:
        """Every trade ("Last", "AllLast"), quote ("BidAsk") or midpoint ("MidPoint") of a contract, as records.

        ``number_of_ticks`` past ticks come first. ``ignore_size`` leaves out quotes that change a size only.
        TWS allows few of these at a time (5 with 100 market data lines).
        """
        return self._call(
            self._async.tick_by_tick,
            contract,
            tick_type,
            number_of_ticks=number_of_ticks,
            ignore_size=ignore_size,
            policy=policy,
            capacity=capacity,
        )

    def depth(
        self, contract: Contract, *, rows: int = 10, smart: bool = False, policy: str = "grow", capacity: int = 262144
    ) -> Ticks:
        """Every change of the order book of a contract, as records of dtype `ibfast.records.DEPTH`.

        ``smart`` adds up the books of all exchanges; without it the contract's exchange needs one. A lost change makes
        all that follow useless, hence the policy. TWS allows few books at a time (3 with 100 market data lines).
        """
        return self._call(self._async.depth, contract, rows=rows, smart=smart, policy=policy, capacity=capacity)

    def real_time_bars(
        self,
        contract: Contract,
        *,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
        policy: str = "ring",
        capacity: int = 262144,
    ) -> Ticks:
        """A bar every five seconds, as records of dtype `ibfast.records.REAL_TIME_BAR`.

        ``what_to_show`` is TRADES, MIDPOINT, BID or ASK.
        """
        return self._call(
            self._async.real_time_bars,
            contract,
            what_to_show=what_to_show,
            use_rth=use_rth,
            policy=policy,
            capacity=capacity,
        )

    def market_data_type(self, kind: int | str) -> None:
        """Switch all market data of the session: an `ibfast.MarketDataType`, its number or its name.

        What a subscription then gets is its ``market_data_type``.
        """
        return self._run(self._async.market_data_type(kind))

    def historical_data(
        self,
        contract: Contract,
        *,
        duration: str,
        bar_size: str = BarSize.MIN_1,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
        end: datetime | None = None,
    ) -> Bars:
        """Bars up to ``end`` (now, if it is not given), oldest first.

        ``duration`` is a number and S, D, W, M or Y; ``bar_size`` one of IB's, from "1 secs" to "1 month".
        TWS allows 60 of these in ten minutes and no repeat within 15 seconds.

        Raises:
            RequestError: TWS refused; ``code`` 200 is an unknown contract, 162 a failed query.
        """
        return self._run(
            self._async.historical_data(
                contract, duration=duration, bar_size=bar_size, what_to_show=what_to_show, use_rth=use_rth, end=end
            )
        )

    @property
    def trades(self) -> list[Trade]:
        """Every order this session has placed or heard of."""
        return self._read("trades")

    def order(self, contract: Contract) -> OrderBuilder:
        """Begin an order: ``client.order(aapl).buy(100).limit(150).submit()``."""
        return self._call(self._async.order, contract)

    def place_order(self, contract: Contract, order: Order) -> Trade:
        """Send an order; the trade follows it from here on, TWS has not seen it yet.

        Raises:
            VersionError: the server is too old for a field of the order. ConnectionLost.
        """
        return self._run(self._async.place_order(contract, order))

    def modify_order(self, trade: Trade, **changes: Any) -> Trade:
        """Send the order again under its id, with these fields changed; the same trade goes on."""
        return self._run(self._async.modify_order(bare(trade), **changes))

    def cancel_order(self, trade: Trade) -> Trade:
        """Ask TWS to cancel; the trade is cancelled when its status says so, not before."""
        return self._run(self._async.cancel_order(bare(trade)))

    def order_updates(self) -> MessageStream[TradeEvent]:
        """Every event of every order from now on, for any number of listeners; nothing is ever dropped."""
        return self._call(self._async.order_updates)

    @classmethod
    def connect(
        cls,
        host: str = "127.0.0.1",
        port: int = 4002,
        client_id: int = 1,
        *,
        timeout_s: float = 10.0,
        request_timeout_s: float = 60.0,
        versions: tuple[int, int] = (FIRST_VERSION, LAST_VERSION),
        lines: int = DEFAULT_LINES,
        pacing: bool = True,
    ) -> Self:
        """Connect and shake hands.

        ``timeout_s`` limits the connect and the handshake each, ``versions`` the server versions on offer:
        ``(157, 200)`` makes any gateway speak text. TWS listens on 7496 (live) and 7497 (paper), IB Gateway on 4001
        and 4002. ``lines`` is the number of market data lines of the login, from which IB's limits follow; ibfast waits
        rather than break them, unless ``pacing`` is off.

        Raises:
            ConnectionFailed: nobody listens, or the gateway refused; ``code`` 326 is a client id in use.
        """
        return cls._open(
            lambda: ibfast.client.Client.connect(
                host,
                port,
                client_id,
                timeout_s=timeout_s,
                request_timeout_s=request_timeout_s,
                versions=versions,
                lines=lines,
                pacing=pacing,
            )
        )

    def close(self) -> None:
        """End the session. Returns when the socket is closed, from then on the client id can be used again."""
        return self._close(self._async.close())

    @property
    def connection_time(self) -> datetime:
        """When the gateway accepted the session, by its clock; in UTC when it names a zone that nobody knows."""
        return self._read("connection_time")

    @property
    def is_connected(self) -> bool:
        """Whether requests can be sent."""
        return self._read("is_connected")

    @property
    def pacing(self) -> PacingGauges:
        """How the session stands against IB's limits: what waits, how long it will, what is open."""
        return self._read("pacing")

    @property
    def stats(self) -> dict[str, int]:
        """Counts since the connection was made: bytes, messages and records in, and what could not be used."""
        return self._read("stats")

    def notices(self) -> MessageStream[ErrorMessage | DecodeError]:
        """What TWS says that no request waits for: connectivity, farms, warnings; and messages nobody could read.

        The first listener also gets what came before it, the greetings of the farms among it. A listener that sleeps
        keeps the newest 10,000.
        """
        return self._call(self._async.notices)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
