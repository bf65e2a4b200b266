"""Order books kept from their changes, against a plain list; through the async and the blocking client."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.client import AAPL, SOON_S
from support.depth import ASK, BID, DELETE, INSERT, UPDATE, WIRES, depth
from support.feeding import FIRST_REQ_ID
from support.opener import VERSION, Opener

from ibfast import wire
from ibfast._codec import BOOK_LEVELS, Book
from ibfast.records import BOOK_RESET, DEPTH, EXCHANGES, LEVEL, OPTION, Rows
from ibfast.schema import CancelMarketDepth, ErrorMessage, MarketDepthRequest
from ibfast.streams.order_book import OrderBook


@pytest.fixture(params=WIRES)
def version(request):
    return request.param


UNKNOWN = 9
POSITIONS = st.one_of(st.integers(0, 12), st.sampled_from([-1, -(2**31), 2**31 - 1, BOOK_LEVELS - 1, BOOK_LEVELS]))
CHANGES = st.lists(
    st.tuples(
        st.sampled_from([INSERT, INSERT, UPDATE, DELETE, DELETE, BOOK_RESET, UNKNOWN]),
        st.sampled_from([BID, ASK, 2, 255]),
        POSITIONS,
        st.integers(1, 1000),
    ),
    max_size=80,
)


def records(changes):
    found = np.zeros(len(changes), DEPTH)
    for row, (operation, side, position, price) in zip(found, changes, strict=True):
        row["operation"], row["side"], row["position"], row["price"] = operation, side, position, price
        row["size"], row["market_maker"] = price * 10, price % 7
    return found


class Model:
    """The same in a list a side."""

    def __init__(self):
        self.sides = [[], []]
        self.misplaced = 0
        self.resets = 0

    def apply(self, changes):
        for operation, side, position, price in changes:
            if operation == BOOK_RESET:
                self.sides = [[], []]
                self.resets += 1
            elif side > 1 or not self.change(self.sides[side], operation, position, price):
                self.misplaced += 1

    def change(self, levels, operation, position, price):
        if operation == INSERT and 0 <= position <= len(levels) and position < BOOK_LEVELS:
            levels.insert(position, price)
            del levels[BOOK_LEVELS:]
            return True
        if operation in (UPDATE, DELETE) and 0 <= position < len(levels):
            levels[position : position + 1] = [price] if operation == UPDATE else []
            return True
        return False


def shown(book):
    return [book.side(side)["price"].tolist() for side in (ASK, BID)]


@given(CHANGES, st.integers(1, 20))
def test_a_book_is_what_a_list_would_be(changes, rows):
    book, model = Book(rows), Model()
    for number, change in enumerate(changes):  # some at once, some one by one
        if number % 3 == 0:
            part = [change] if number % 2 else changes[number : number + 3]
            book.apply(records(part))
            model.apply(part)
    assert shown(book) == [side[:rows] for side in model.sides]
    assert (book.misplaced, book.resets) == (model.misplaced, model.resets)
    for side in (ASK, BID):
        levels = book.side(side)
        assert levels.dtype == LEVEL
        assert levels["size"].tolist() == [price * 10 for price in levels["price"].tolist()]
        assert levels["market_maker"].tolist() == [price % 7 for price in levels["price"].tolist()]


def test_a_side_has_room_for_so_many_levels():
    book, model = Book(), Model()
    changes = [(INSERT, BID, number % 3, number) for number in range(BOOK_LEVELS + 50)]
    book.apply(records(changes))
    model.apply(changes)
    assert shown(book) == model.sides
    assert len(shown(book)[BID]) == BOOK_LEVELS
    book.apply(records([(INSERT, BID, BOOK_LEVELS, 1), (UPDATE, BID, BOOK_LEVELS - 1, 7), (DELETE, BID, 0, 0)]))
    assert book.misplaced == 1
    assert (len(shown(book)[BID]), shown(book)[BID][-1]) == (BOOK_LEVELS - 1, 7)


def test_a_row_inserted_into_a_full_book_may_push_out_the_last_or_not():
    full = [(INSERT, BID, place, 100 - place) for place in range(3)]
    for last_row in ([], [(DELETE, BID, 3, 0)]):
        book = Book(3)
        book.apply(records([*full, (INSERT, BID, 0, 101), *last_row, (DELETE, BID, 0, 0), (INSERT, BID, 2, 97)]))
        assert shown(book)[BID] == [100, 99, 97]
        assert book.misplaced == 0


def test_a_level_without_a_size_keeps_its_place_and_is_not_the_best():
    book = Book(3)
    assert np.isnan(book.best(BID)).all()
    changes = records([(INSERT, BID, 0, 100), (INSERT, BID, 1, 99), (INSERT, ASK, 0, 99), (INSERT, ASK, 1, 101)])
    changes["size"][[0, 2]] = 0, -1
    book.apply(changes)
    assert (book.best(BID), book.best(ASK), book.is_crossed) == ((99, 990), (101, 1010), False)
    assert shown(book) == [[99, 101], [100, 99]]
    book.apply(records([(UPDATE, BID, 0, 102)]))
    assert (book.best(BID), book.is_crossed) == ((102, 1020), True)
    book.apply(records([(DELETE, ASK, 1, 0)]))
    assert np.isnan(book.best(ASK)).all()
    assert not book.is_crossed


def test_what_is_no_change_of_a_book_is_refused():
    book = Book()
    with pytest.raises(ValueError, match="depth records"):
        book.apply(np.zeros(1, OPTION))
    with pytest.raises(ValueError, match="option records"):
        book.take_from(Rows("option", lambda: None))
    for rows in (0, BOOK_LEVELS + 1):
        with pytest.raises(ValueError, match=f"rows: {rows}"):
            Book(rows)


def test_a_ring_that_is_full_is_taken_in_order():
    rows, book, model = Rows("depth", lambda: None, capacity=5), Book(), Model()
    changes = [(INSERT, BID, 0, price) for price in range(1, 9)]
    rows.put(records(changes))
    book.take_from(rows)
    model.apply(changes[3:])
    assert shown(book) == model.sides
    assert (rows.waiting, rows.dropped) == (0, 3)


# --------------------------------------------------------------------------------------------- what a user sees


def test_a_book_follows_its_exchange(converse):
    async def case(client, gateway):
        async with client.book(AAPL, rows=2, smart=True) as book:
            request = await gateway.hear(MarketDepthRequest)
            assert (request.num_rows, request.is_smart_depth) == (2, True)
            assert book.try_next() is None
            assert (len(book.bids), np.isnan(book.bid), book.is_crossed) == (0, True, False)
            req_id = request.req_id
            gateway.say(
                depth(req_id, 0, INSERT, BID, 150.0, 300, maker="ARCA"),
                depth(req_id, 1, INSERT, BID, 149.5, 200, maker="NSDQ"),
                depth(req_id, 2, INSERT, BID, 149.0, 100, maker="NSDQ"),
                depth(req_id, 0, INSERT, ASK, 150.5, 400, maker="ARCA"),
            )
            while book.updates < 4:
                assert (await book.next(SOON_S)).updates == book.updates
            assert book.bids["price"].tolist() == [150.0, 149.5]
            assert EXCHANGES.decode(book.bids["market_maker"]) == ["ARCA", "NSDQ"]
            assert (book.bid, book.bid_size, book.ask, book.ask_size) == (150.0, 300.0, 150.5, 400.0)
            gateway.say(depth(req_id, 0, DELETE, BID), depth(req_id, 0, UPDATE, ASK, 149.25, 50))
            while book.updates < 6:
                await book.next(SOON_S)
            assert (book.bids["price"].tolist(), book.asks["price"].tolist()) == ([149.5, 149.0], [149.25])
            assert book.is_crossed
        cancel = await gateway.hear(CancelMarketDepth)
        assert (cancel.req_id, cancel.is_smart_depth) == (req_id, True)

    converse(case)


def test_a_reset_empties_the_book_between_two_changes(converse):
    async def case(client, gateway):
        async with client.book(AAPL) as book:
            req_id = (await gateway.hear(MarketDepthRequest)).req_id
            gateway.say(
                depth(req_id, 0, INSERT, BID, 150.0, 300),
                depth(req_id, 0, INSERT, ASK, 151.0, 300),
                ErrorMessage(id=req_id, error_code=317, error_msg="Market depth data has been RESET."),
                depth(req_id, 0, INSERT, BID, 149.0, 100),
            )
            while book.updates < 4:
                await book.next(SOON_S)
            assert (book.bids["price"].tolist(), book.asks["price"].tolist()) == ([149.0], [])
            assert (book.resets, book.misplaced) == (1, 0)

    converse(case)


def test_changes_that_fit_nothing_are_counted(converse):
    async def case(client, gateway):
        async with client.book(AAPL) as book:
            req_id = (await gateway.hear(MarketDepthRequest)).req_id
            gateway.say(
                depth(req_id, 0, DELETE, BID),
                depth(req_id, 5, INSERT, BID, 150.0, 1),
                depth(req_id, -3, UPDATE, ASK, 150.0, 1),
                depth(req_id, 0, 7, ASK, 150.0, 1),
                depth(req_id, 0, INSERT, 2, 150.0, 1),
                depth(req_id, 0, INSERT, ASK, 150.0, 1),
            )
            while book.updates < 6:
                await book.next(SOON_S)
            assert (book.misplaced, book.asks["price"].tolist()) == (5, [150.0])

    converse(case)


def test_a_book_wakes_its_reader_once_a_read_and_is_current_without_one():
    opener = Opener()
    book = OrderBook(opener, MarketDepthRequest(), CancelMarketDepth, rows=5)
    assert book.try_next() is None
    assert book.latest is None
    changes = [depth(FIRST_REQ_ID, 0, INSERT, BID, float(price), 1) for price in range(1, 5001)]
    opener.reader.feed(b"".join(wire.frame(wire.encode(change, VERSION)) for change in changes))
    assert book.bids["price"].tolist() == [5000.0, 4999.0, 4998.0, 4997.0, 4996.0]
    assert book.try_next() is book.latest is book
    assert book.try_next() is None
    assert book.recv_ns > 0
    kept = book.bids
    kept["price"] = 0
    assert book.bid == 5000.0
    assert repr(book) == "<book 1 @ 5000 / nan @ nan>"
