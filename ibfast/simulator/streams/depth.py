"""Order books: a ladder of prices below the bid and above the ask, told as the changes a client has to make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from zlib import crc32

import numpy as np

from ibfast import wire
from ibfast.schema import ErrorMessage, MarketDepth, MarketDepthData, MarketDepthL2
from ibfast.schema.declare import Message
from ibfast.simulator.market.market import Market
from ibfast.simulator.market.price_path import Ints
from ibfast.simulator.market.quotes import decimal_of
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.streams.ticks import VENUES, Stream

INSERT, UPDATE, DELETE = 0, 1, 2
ASK, BID = 0, 1
MOST_ROWS = 60
MOST_LOOKS = 256  # at the book between two turns of the loop
MAKERS = {"NASDAQ": "NSDQ", "ISLAND": "NSDQ"}  # who quotes on an exchange that names its market makers
RESET = (317, "Market depth data has been RESET. Please empty deep book contents before applying any new entries.")

Key = tuple[int, str]  # price in ticks, who quotes it


@dataclass(slots=True)
class Row:
    """A row of one side of a book."""

    key: Key
    size: Decimal


class DepthStream(Stream):
    """The book of one contract; with ``makers`` each row says who quotes, two of them to a price."""

    kind = "depth"

    def __init__(
        self, req_id: int, instrument: Instrument, market: Market, rows: int, makers: tuple[str, ...], smart: bool
    ) -> None:
        super().__init__(req_id, instrument, market)
        self.smart = smart
        self._rows = min(rows, MOST_ROWS)
        self._makers = makers
        self._books: dict[int, list[Row]] = {ASK: [], BID: []}

    def opening(self) -> list[Message]:
        """The whole book, row by row."""
        self._books = {ASK: [], BID: []}
        return list(self._look(*self._quotes(np.array([self.market.clock()]))[0], look=0))

    def reset(self) -> list[Message]:
        """What a gateway sends that lost track of the book: the client must begin anew."""
        at = self.market.clock() // 1_000_000
        told = ErrorMessage(id=self.req_id, error_time=at, error_code=RESET[0], error_msg=RESET[1])
        return [told, *self.opening()]

    def frames(self, count: int, start_ns: int, end_ns: int, server_version: int) -> bytes:
        """The changes that ``count`` looks at the book find."""
        count = min(count, MOST_LOOKS)
        times = start_ns + (end_ns - start_ns) * np.arange(1, count + 1) // count
        told: list[Message] = []
        for number, quote in enumerate(self._quotes(times), self.sent + 1):
            told += self._look(*quote, look=number)
        self.sent += count
        return b"".join(wire.frame(wire.encode(message, server_version)) for message in told)

    def _quotes(self, times_ns: Ints) -> list[tuple[int, int, float, float]]:
        quotes = self._model.quotes(times_ns)
        columns = (quotes.bid, quotes.ask, quotes.bid_size, quotes.ask_size)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def _look(self, bid: int, ask: int, bid_size: float, ask_size: float, look: int) -> Iterator[Message]:
        for side, best, size in ((ASK, ask, ask_size), (BID, bid, bid_size)):
            wanted = self._ladder(side, best, decimal_of(size), look)
            for operation, position, row in changes(self._books[side], wanted):
                yield self._message(operation, side, position, row)
            self._books[side] = wanted

    def _ladder(self, side: int, best: int, size: Decimal, look: int) -> list[Row]:
        """The rows of a side, best first; a row that was there keeps its size until its turn to change comes."""
        step = -1 if side == BID else 1
        known = {row.key: row.size for row in self._books[side]}
        rows = []
        for position, key in zip(range(self._rows), self._keys(best, step), strict=False):
            if position:
                size = self._size(key, look) if look % self._rows == position or key not in known else known[key]
            rows.append(Row(key, size))
        return rows

    def _keys(self, best: int, step: int) -> Iterator[Key]:
        price = best
        while price > 0:
            if self._makers:
                first = price % len(self._makers)
                yield price, self._makers[first]
                if len(self._makers) > 1:
                    yield price, self._makers[(first + 1) % len(self._makers)]
            else:
                yield price, ""
            price += step

    def _size(self, key: Key, look: int) -> Decimal:
        noise = crc32(b"%d %s %d %d" % (key[0], key[1].encode(), look, self.instrument.con_id))
        unit = max(self.instrument.model.lot, self.instrument.size_unit)
        return decimal_of(round((1.0 + noise % 12) * unit, 8))

    def _message(self, operation: int, side: int, position: int, row: Row) -> Message:
        data = MarketDepthData(
            position=position, operation=operation, side=side,
            price=0.0 if operation == DELETE else self.instrument.price(row.key[0]),
            size=Decimal(0) if operation == DELETE else row.size,
        )  # fmt: skip
        if not self._makers:
            return MarketDepth(req_id=self.req_id, market_depth_data=data)
        data = data.replace(market_maker=row.key[1], is_smart_depth=self.smart)
        return MarketDepthL2(req_id=self.req_id, market_depth_data=data)


def changes(old: list[Row], new: list[Row]) -> Iterator[tuple[int, int, Row]]:
    """(operation, position, row) that make the old side of a book the new one, in an order that can be applied."""
    kept = {row.key for row in new}
    for position in range(len(old) - 1, -1, -1):
        if old[position].key not in kept:
            yield DELETE, position, old[position]
    left = iter([row for row in old if row.key in kept])
    before = next(left, None)
    for position, row in enumerate(new):
        if before is None or before.key != row.key:
            yield INSERT, position, row
            continue
        if before.size != row.size:
            yield UPDATE, position, row
        before = next(left, None)


def makers_of(instrument: Instrument, exchange: str, smart: bool) -> tuple[str, ...]:
    """Who stands in the rows of a book, nobody where an exchange does not say."""
    if instrument.contract["sec_type"] not in ("STK", "OPT"):
        return (exchange,) if smart else ()
    if smart and exchange == "SMART":
        own = instrument.details["valid_exchanges"].split(",")
        return tuple(name for name in (*VENUES, *own) if name in own and name != "SMART")[:8]
    return (MAKERS.get(exchange, exchange),)
