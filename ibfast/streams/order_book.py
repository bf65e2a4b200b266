"""An order book: what the changes of one add up to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ibfast._codec import Book
from ibfast.records import Rows
from ibfast.schema.declare import Message
from ibfast.streams.state_stream import StateStream
from ibfast.streams.ticks import MOST_IN_ONE_READ, Opener, book_reset

ASKS, BIDS = 0, 1


class OrderBook(StateStream["OrderBook"]):
    """The order book of a contract, best level first on both sides.

    ::

        async with client.book(contract, rows=5) as book:
            async for _ in book:  # at most once a socket read
                print(book.bids["price"], book.asks["price"])

    It is current without being read, too. Reading a property opens it; if TWS has refused it, its error is raised. It
    empties itself when TWS says that what it sent no longer counts. Without a connection it stands still:
    ``is_current`` is False, ``stale_since_ns`` says since when, ``gaps`` has the stretch. Asked for
    anew, it keeps what it had until the first row of the new book.
    """

    def __init__(self, opener: Opener, request: Message, cancel: Callable[..., Message], *, rows: int) -> None:
        super().__init__()
        self._subscribe(opener, request, cancel)
        self._book = Book(rows)
        self._rows = Rows("depth", self._updater(), policy="grow", capacity=MOST_IN_ONE_READ)

    @property
    def bids(self) -> NDArray[np.void]:
        """A copy of the bids: ``price``, ``size``, ``market_maker`` (`ibfast.records.EXCHANGES` names it)."""
        return self._known().side(BIDS)

    @property
    def asks(self) -> NDArray[np.void]:
        """A copy of the asks, columns as of `bids`."""
        return self._known().side(ASKS)

    @property
    def bid(self) -> float:
        """The price of the best bid that has a size; NaN if there is none."""
        return self._known().best(BIDS)[0]

    @property
    def bid_size(self) -> float:
        """The size of the best bid; NaN if there is none."""
        return self._known().best(BIDS)[1]

    @property
    def ask(self) -> float:
        """The price of the best ask that has a size; NaN if there is none."""
        return self._known().best(ASKS)[0]

    @property
    def ask_size(self) -> float:
        """The size of the best ask; NaN if there is none."""
        return self._known().best(ASKS)[1]

    @property
    def is_crossed(self) -> bool:
        """Whether somebody bids more than another asks: a smart book can be, for a moment; one exchange's is wrong."""
        return self._known().is_crossed

    @property
    def misplaced(self) -> int:
        """Changes left out because they fitted nothing: positions beyond the levels there are, unknown operations."""
        return self._known().misplaced

    @property
    def resets(self) -> int:
        """How often the book was emptied: TWS said so, or it was asked for anew."""
        return self._known().resets

    @property
    def recv_ns(self) -> int:
        """When the last change came, in ns since 1970; 0 before the first."""
        return self._known().recv_ns

    @property
    def updates(self) -> int:
        """Changes so far."""
        self._ensure_open()
        return self._rows.total

    def _known(self) -> Book:
        """What the changes add up to, for who reads it."""
        if self._error is not None or not self._req_id:
            self._ensure_open()
        return self._book

    def _clear(self) -> None:
        self._book.apply(book_reset())

    def _take(self) -> None:
        self._book.take_from(self._rows)

    def __repr__(self) -> str:
        (bid, bid_size), (ask, ask_size) = self._book.best(BIDS), self._book.best(ASKS)
        return f"<book {bid_size:g} @ {bid:g} / {ask_size:g} @ {ask:g}>"
