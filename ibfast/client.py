"""The client: one short method per request; what it does not do itself, connection and conversation do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from ibfast.bars import Bars
from ibfast.connection import Connection
from ibfast.contract import Contract
from ibfast.conversation import Conversation
from ibfast.enums import BarSize, TickByTickType, WhatToShow
from ibfast.errors import DecodeError, IbfastError
from ibfast.order import Order
from ibfast.order_builder import OrderBuilder
from ibfast.records import Rows
from ibfast.schema import (
    CancelContractData,
    CancelHistoricalData,
    CancelMarketData,
    CancelOrderRequest,
    CancelTickByTick,
    ContractData,
    ContractDataEnd,
    ContractDataRequest,
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    HistoricalDataEnd,
    HistoricalDataRequest,
    ManagedAccounts,
    ManagedAccountsRequest,
    MarketDataRequest,
    MarketDataTypeRequest,
    OrderCancel,
    PlaceOrderRequest,
    TickByTickRequest,
)
from ibfast.schema.versions import FIRST_VERSION, LAST_VERSION, V
from ibfast.subscription import MessageStream, Ticks
from ibfast.times import format_time, parse_time
from ibfast.trade import Trade, TradeEvent

NOTICES_KEPT = 10_000
MOST_BARS = 10_000_000  # more than a frame can hold

_ROW_KINDS = {
    TickByTickType.LAST: "last",
    TickByTickType.ALL_LAST: "last",
    TickByTickType.BID_ASK: "bid_ask",
    TickByTickType.MID_POINT: "mid_point",
}


class Client:
    """A session with TWS or IB Gateway; `connect` makes one.

    Requests wait for their answer at most the request timeout. Any number of tasks may use one client at once.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._talk = connection.talk
        self._notices: list[MessageStream[ErrorMessage | DecodeError]] = []
        self._order_updates: list[MessageStream[TradeEvent]] = []
        self._early_notices: list[ErrorMessage | DecodeError] = []
        self._lost: IbfastError | None = None
        self._talk.on_notice = self._spread_notice
        self._talk.trades.listeners.append(self._spread_order_update)
        connection.on_lost = self._end_streams

    @classmethod
    async def connect(
        cls,
        host: str = "127.0.0.1",
        port: int = 4002,
        client_id: int = 1,
        *,
        timeout_s: float = 10.0,
        request_timeout_s: float = 60.0,
        versions: tuple[int, int] = (FIRST_VERSION, LAST_VERSION),
    ) -> Self:
        """Connect and shake hands.

        ``timeout_s`` limits the connect and the handshake each, ``versions`` the server versions on offer:
        ``(157, 200)`` makes any gateway speak text. TWS listens on 7496 (live) and 7497 (paper), IB Gateway on 4001
        and 4002.

        Raises:
            ConnectionFailed: nobody listens, or the gateway refused; ``code`` 326 is a client id in use.
        """
        connection = Connection(Conversation(client_id, versions=versions), request_timeout_s=request_timeout_s)
        client = cls(connection)
        await connection.open(host, port, timeout_s)
        return client

    async def close(self) -> None:
        """End the session. Returns when the socket is closed, from then on the client id can be used again."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # ------------------------------------------------------------------------------------------ the session

    @property
    def client_id(self) -> int:
        """The id this client came with."""
        return self._talk.client_id

    @property
    def server_version(self) -> int:
        """The server version both sides speak."""
        return self._talk.server_version

    @property
    def connection_time(self) -> datetime:
        """When the gateway accepted the session, by its clock; in UTC when it names a zone that nobody knows."""
        return parse_time(self._talk.connection_time)

    @property
    def accounts(self) -> list[str]:
        """The accounts of the login, as the gateway last said."""
        return list(self._talk.accounts)

    @property
    def is_connected(self) -> bool:
        """Whether requests can be sent."""
        try:
            self._connection.check()
        except IbfastError:
            return False
        return True

    @property
    def stats(self) -> dict[str, int]:
        """Counts since the connection was made: bytes, messages and records in, and what could not be used."""
        protocol, talk = self._connection.protocol, self._talk
        return {
            "bytes_received": protocol.bytes_received,
            "messages_received": protocol.messages_received,
            "records_received": protocol.rows_received,
            "messages_sent": talk.outbox.messages,
            "malformed": talk.malformed,
            "unknown": talk.unknown,
            "unclaimed": talk.unclaimed,
        }

    def notices(self) -> MessageStream[ErrorMessage | DecodeError]:
        """What TWS says that no request waits for: connectivity, farms, warnings; and messages nobody could read.

        The first listener also gets what came before it, the greetings of the farms among it. A listener that sleeps
        keeps the newest 10,000.
        """
        stream: MessageStream[ErrorMessage | DecodeError] = MessageStream(self._notices.remove, NOTICES_KEPT)
        for notice in self._early_notices:
            stream.put(notice)
        self._early_notices.clear()
        self._notices.append(stream)
        if self._lost is not None:
            stream.fail(self._lost)
        return stream

    async def current_time(self) -> datetime:
        """The gateway's clock, to the second."""
        answer: CurrentTime = await self._connection.ask_shared(CurrentTimeRequest(), CurrentTime)
        return datetime.fromtimestamp(answer.current_time or 0, UTC)

    async def managed_accounts(self) -> list[str]:
        """The accounts of the login, asked for anew."""
        await self._connection.ask_shared(ManagedAccountsRequest(), ManagedAccounts)
        return self.accounts

    # ---------------------------------------------------------------------------------------------- contracts

    async def contract_details(self, contract: Contract) -> list[ContractData]:
        """Every contract that fits the description, with what IB knows of each.

        Raises:
            RequestError: ``code`` 200, no contract fits.
        """
        request = ContractDataRequest(contract=contract)
        answer = await self._connection.ask(request, cancel=CancelContractData, end=ContractDataEnd)
        return answer.parts

    # -------------------------------------------------------------------------------------------- market data

    def market_data(
        self,
        contract: Contract,
        *,
        generic_ticks: str | Iterable[int] = "",
        snapshot: bool = False,
        regulatory_snapshot: bool = False,
        policy: str = "ring",
        capacity: int = 262_144,
    ) -> Ticks:
        """L1 ticks of a contract, as records of dtype `ibfast.records.TICK`.

        ``generic_ticks`` are numbers of IB's generic ticks, such as ``"233,236"``. A snapshot ends by itself. A
        regulatory snapshot costs money. ``policy`` and ``capacity`` (in records) say what a slow reader loses:
        see `ibfast.records.Rows`.
        """
        generic = generic_ticks if isinstance(generic_ticks, str) else ",".join(map(str, generic_ticks))
        request = MarketDataRequest(
            contract=contract,
            generic_tick_list=generic or None,
            snapshot=snapshot,
            regulatory_snapshot=regulatory_snapshot,
        )
        return Ticks(self._connection, request, CancelMarketData, "tick", policy=policy, capacity=capacity)

    def tick_by_tick(
        self,
        contract: Contract,
        tick_type: str = TickByTickType.LAST,
        *,
        number_of_ticks: int = 0,
        ignore_size: bool = False,
        policy: str = "ring",
        capacity: int = 262_144,
    ) -> Ticks:
        """Every trade ("Last", "AllLast"), quote ("BidAsk") or midpoint ("MidPoint") of a contract, as records.

        ``number_of_ticks`` past ticks come first. ``ignore_size`` leaves out quotes that change a size only.
        TWS allows few of these at a time (5 with 100 market data lines).
        """
        kind = TickByTickType(tick_type)
        request = TickByTickRequest(
            contract=contract, tick_type=kind.value, number_of_ticks=number_of_ticks, ignore_size=ignore_size
        )
        return Ticks(self._connection, request, CancelTickByTick, _ROW_KINDS[kind], policy=policy, capacity=capacity)

    async def market_data_type(self, kind: int) -> None:
        """Switch all market data of the session: 1 real time, 2 frozen, 3 delayed, 4 delayed and frozen."""
        if kind not in (1, 2, 3, 4):
            raise ValueError(f"kind: {kind} is none of 1 real time, 2 frozen, 3 delayed, 4 delayed and frozen")
        self._connection.send(MarketDataTypeRequest(market_data_type=kind))

    # ------------------------------------------------------------------------------------------------ history

    async def historical_data(
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
        request = HistoricalDataRequest(
            contract=contract,
            end_date_time=format_time(end) if end is not None else None,
            bar_size_setting=str(bar_size),
            duration=duration,
            use_rth=use_rth,
            what_to_show=str(what_to_show),
            format_date=2,
            keep_up_to_date=False,
        )
        alone = self.server_version < V.HISTORICAL_DATA_END  # one message is the whole answer
        end_type = None if alone else HistoricalDataEnd
        rows = Rows("bar", lambda: None, policy="grow", capacity=MOST_BARS)
        answer = await self._connection.ask(request, cancel=CancelHistoricalData, end=end_type, rows=rows)
        span = answer.ending or answer.parts[-1]
        unusual = [bar for part in answer.parts for bar in part.historical_data_bars]
        return Bars.from_answer(rows, unusual, span.start_date_str or "", span.end_date_str or "")

    # ------------------------------------------------------------------------------------------------- orders

    @property
    def trades(self) -> list[Trade]:
        """Every order this session has placed or heard of."""
        return list(self._talk.trades)

    def order(self, contract: Contract) -> OrderBuilder:
        """Begin an order: ``await client.order(aapl).buy(100).limit(150).submit()``."""
        return OrderBuilder(contract, Order(), self._place)

    async def place_order(self, contract: Contract, order: Order) -> Trade:
        """Send an order; the trade follows it from here on, TWS has not seen it yet.

        Raises:
            VersionError: the server is too old for a field of the order. ConnectionLost.
        """
        return self._place(contract, order)

    async def modify_order(self, trade: Trade, **changes: Any) -> Trade:
        """Send the order again under its id, with these fields changed; the same trade goes on."""
        order = trade.order.replace(**{"transmit": True, **changes})
        self._connection.send(PlaceOrderRequest(order_id=trade.order_id, contract=trade.contract, order=order))
        trade.sent_again(order)
        return trade

    async def cancel_order(self, trade: Trade) -> Trade:
        """Ask TWS to cancel; the trade is cancelled when its status says so, not before."""
        self._connection.send(CancelOrderRequest(order_id=trade.order_id, order_cancel=OrderCancel()))
        return trade

    def order_updates(self) -> MessageStream[TradeEvent]:
        """Every event of every order from now on, for any number of listeners; nothing is ever dropped."""
        stream: MessageStream[TradeEvent] = MessageStream(self._order_updates.remove)
        self._order_updates.append(stream)
        if self._lost is not None:
            stream.fail(self._lost)
        return stream

    def _place(self, contract: Contract, order: Order) -> Trade:
        trade = Trade(contract, order, self._talk.ids.order(), self.client_id)
        self._connection.send(PlaceOrderRequest(order_id=trade.order_id, contract=contract, order=order))
        return self._talk.trades.add(trade)

    # -- what the conversation tells everybody

    def _spread_notice(self, notice: ErrorMessage | DecodeError) -> None:
        if not self._notices and len(self._early_notices) < NOTICES_KEPT:
            self._early_notices.append(notice)
        for stream in self._notices:
            stream.put(notice)

    def _spread_order_update(self, event: TradeEvent) -> None:
        for stream in self._order_updates:
            stream.put(event)

    def _end_streams(self, error: IbfastError) -> None:
        self._lost = error
        for notices in self._notices:
            notices.fail(error)
        for updates in self._order_updates:
            updates.fail(error)
        for trade in self._talk.trades:
            trade.connection_lost(error)
