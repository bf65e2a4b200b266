"""An order book: what the changes of one add up to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ibfast._codec import Book
from ibfast.records import Rows
from ibfast.schema.declare import Message
from ibfast.streams import MOST_IN_ONE_READ, LiveStream, Opener

ASKS, BIDS = 0, 1


class OrderBook(LiveStream["OrderBook"]):
    """The order book of a contract, best level first on both sides.

    ::

        async with client.book(contract, rows=5) as book:
            async for _ in book:  # at most once a socket read
                print(book.bids["price"], book.asks["price"])

    It is current without being read, too. It empties itself when TWS says that what it sent no longer counts, and when
    it is asked for anew; while it ``is_interrupted`` it stands still.
    """

    def __init__(self, opener: Opener, request: Message, cancel: Callable[..., Message], *, rows: int) -> None:
        super().__init__()
        self._subscribe(opener, request, cancel)
        self._book = Book(rows)
        self._rows = Rows("depth", self._update, policy="grow", capacity=MOST_IN_ONE_READ)
        self._is_new = False

    @property
    def bids(self) -> NDArray[np.void]:
        """A copy of the bids: ``price``, ``size``, ``market_maker`` (`ibfast.records.EXCHANGES` names it)."""
        return self._book.side(BIDS)

    @property
    def asks(self) -> NDArray[np.void]:
        """A copy of the asks, columns as of `bids`."""
        return self._book.side(ASKS)

    @property
    def bid(self) -> float:
        """The price of the best bid; NaN if there is none."""
        return self._book.best(BIDS)[0]

    @property
    def bid_size(self) -> float:
        """The size of the best bid; NaN if there is none."""
        return self._book.best(BIDS)[1]

    @property
    def ask(self) -> float:
        """The price of the best ask; NaN if there is none."""
        return self._book.best(ASKS)[0]

    @property
    def ask_size(self) -> float:
        """The size of the best ask; NaN if there is none."""
        return self._book.best(ASKS)[1]

    @property
    def is_crossed(self) -> bool:
        """Whether somebody bids more than another asks: a smart book can be, for a moment; one exchange's is wrong."""
        return self._book.is_crossed

    @property
    def misplaced(self) -> int:
        """Changes left out because they fitted nothing: positions beyond the levels there are, unknown operations."""
        return self._book.misplaced

    @property
    def resets(self) -> int:
        """How often the book was emptied because TWS said so."""
        return self._book.resets

    @property
    def recv_ns(self) -> int:
        """When the last change came, in ns since 1970; 0 before the first."""
        return self._book.recv_ns

    @property
    def updates(self) -> int:
        """Changes so far."""
        return self._rows.total

    @property
    def latest(self) -> OrderBook | None:
        """The book itself; None before the first change."""
        return self if self.updates else None

    def try_next(self) -> OrderBook | None:
        """The book itself if it has changed since the last time, else None; never blocks."""
        self._open()
        is_new, self._is_new = self._is_new, False
        return self if is_new else None

    def _update(self) -> None:
        self._book.take_from(self._rows)
        self._is_new = True
        self._bell.ring()

    def __repr__(self) -> str:
        return f"<book {self.bid_size:g} @ {self.bid:g} / {self.ask_size:g} @ {self.ask:g}>"
