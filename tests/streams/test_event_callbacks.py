"""One event after the other: to a callback, to ``async for``, and from a batch at hand."""

import asyncio
import gc
import logging

import numpy as np
import pytest
from support.client import AAPL, SOON_S
from support.feeding import FIRST_REQ_ID
from support.opener import VERSION, Stream

from ibfast import RequestError
from ibfast.events import BidAsk, Last, OptionComputation, Tick
from ibfast.records import DTYPES
from ibfast.schema import TickOptionComputation, TickString
from ibfast.streams.ticks import Gap


@pytest.fixture(params=[176, VERSION])
def version(request):
    return request.param


async def let_it_come():
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def seqs_and_gaps(events):
    return [event.reason if isinstance(event, Gap) else event.seq for event in events]


# --------------------------------------------------------------------------------------------------- a real client


def test_a_callback_gets_each_tick_as_an_object(play):
    async def case(client):
        loop, got, enough = asyncio.get_running_loop(), [], asyncio.Event()

        def take(tick):
            got.append(tick)
            if len(got) == 20:
                loop.call_soon_threadsafe(enough.set)

        async with client.tick_by_tick(AAPL, "BidAsk") as ticks:
            ticks.on_event(take)
            await asyncio.wait_for(enough.wait(), SOON_S)
            with pytest.raises(RuntimeError, match="reader already"):
                ticks.on_event(take)
        assert {type(tick) for tick in got} == {BidAsk}
        assert [tick.seq for tick in got] == list(range(len(got)))
        assert all(tick.bid_price < tick.ask_price for tick in got)

    play(case, rate=2000.0)


def test_a_callback_may_close_the_stream(play):
    async def case(client):
        loop, got, closed = asyncio.get_running_loop(), [], asyncio.Event()
        ticks = client.market_data(AAPL)

        def take_three(tick):
            got.append(tick.seq)
            if len(got) == 3:
                inner.close()
                loop.call_soon_threadsafe(closed.set)

        inner = getattr(getattr(ticks, "face", ticks), "_async", ticks)  # a callback is in the thread of the client
        ticks.on_event(take_three)
        await asyncio.wait_for(closed.wait(), SOON_S)
        await client.current_time()
        assert ticks.is_closed
        assert got == [0, 1, 2]

    play(case, rate=2000.0)


def test_a_batch_as_objects(play):
    async def case(client):
        async with client.tick_by_tick(AAPL, "BidAsk") as ticks:
            rows = await ticks.next(SOON_S)
            assert [event.bid_price for event in ticks.events_of(rows)] == rows["bid_price"].tolist()
            with pytest.raises(ValueError, match="dtype of BidAsk"):
                ticks.events_of(np.zeros(1, DTYPES["last"]))

    play(case)


def test_a_callback_for_each_event_of_other_streams(play):
    async def case(client):
        loop, got, enough = asyncio.get_running_loop(), [], asyncio.Event()

        def take(quote):
            got.append(quote)
            loop.call_soon_threadsafe(enough.set)

        async with client.quote(AAPL) as quote:
            quote.on_event(take)
            await asyncio.wait_for(enough.wait(), SOON_S)
        assert type(got[0]) is type(getattr(quote, "face", quote))

    play(case, rate=2000.0)


# ----------------------------------------------------------------------------------------- what the callback meets


def test_what_a_callback_raises_at_one_event_is_logged_and_the_next_one_comes(caplog):
    async def main():
        stream, got = Stream(), []

        def fail(tick):
            got.append(tick.seq)
            if tick.seq % 2:
                raise KeyError("mine")

        stream.feed(3)
        stream.ticks.on_event(fail)
        await let_it_come()
        stream.feed(3)
        await let_it_come()
        assert (got, stream.ticks.callback_errors) == ([0, 1, 2, 3, 4, 5], 3)
        stream.ticks.failed(RequestError(354, "not subscribed", FIRST_REQ_ID))
        await let_it_come()

    with caplog.at_level(logging.WARNING, "ibfast"):
        asyncio.run(main())
    assert [record.levelname for record in caplog.records if record.name == "ibfast.subscription"] == [
        "ERROR", "ERROR", "ERROR", "WARNING",
    ]  # fmt: skip
    assert "KeyError: 'mine'" in caplog.text


@pytest.mark.parametrize("fails", [False, True])
def test_who_closes_from_within_is_not_called_again_and_can_take_the_rest(fails):
    async def main():
        stream, got = Stream(), []

        def take_two(tick):
            got.append(tick.seq)
            if tick.seq == 1:
                stream.ticks.close()
                if fails:
                    raise KeyError

        stream.feed(4)
        stream.ticks.interrupted("gone")
        stream.ticks.resumed()
        stream.feed(2)
        stream.ticks.on_event(take_two)
        await let_it_come()
        assert (got, stream.ticks.callback_errors) == ([0, 1], int(fails))
        assert seqs_and_gaps([event async for event in stream.ticks.events()]) == [2, 3, "gone", 4, 5]

    asyncio.run(main())


def test_who_closes_at_a_gap_is_not_called_again(run):
    async def main():
        stream, got = Stream(), []

        def take_until_gap(event):
            got.append(event)
            if isinstance(event, Gap):
                stream.ticks.close()

        stream.feed(2)
        stream.ticks.interrupted("gone")
        stream.ticks.resumed()
        stream.feed(2)
        stream.ticks.on_event(take_until_gap)
        await let_it_come()
        assert seqs_and_gaps(got) == [0, 1, "gone"]

    run(main)


def test_gaps_come_in_their_place_and_the_end_after_all_that_came_before(run):
    async def main():
        stream, got = Stream(), []
        stream.ticks.on_event(got.append)
        stream.feed(2)
        stream.ticks.interrupted("gone")
        stream.ticks.resumed()
        stream.feed(2)
        stream.ticks.failed(RequestError(354, "not subscribed", FIRST_REQ_ID))
        await let_it_come()
        assert seqs_and_gaps(got) == [0, 1, "gone", 2, 3]
        assert stream.ticks.is_closed

    run(main)


def test_a_callback_goes_on_where_a_loop_was_left(run):
    async def main():
        stream, got = Stream(), []
        stream.feed(5)
        async for event in stream.ticks.events():
            if event.seq == 1:
                break
        stream.ticks.on_event(got.append)
        stream.feed(1)
        await let_it_come()
        assert seqs_and_gaps(got) == [2, 3, 4, 5]

    run(main)


def test_texts_and_option_computations_come_to_a_callback(run):
    async def main():
        stream, got, greeks = Stream("tick"), [], []
        stream.ticks.on_event(got.append)
        stream.ticks.computations.on_event(greeks.append)
        stream.feed(2)
        stream.say(TickString(req_id=FIRST_REQ_ID, tick_type=84, value="news"))
        stream.feed(1)
        for place in range(3):
            stream.say(TickOptionComputation(req_id=FIRST_REQ_ID, tick_type=13, tick_attrib=0, delta=place / 4))
        await let_it_come()
        assert {type(event) for event in got} == {Tick}
        assert [event.text for event in got] == [None, None, "news", None]
        assert [(type(event), event.delta) for event in greeks] == [(OptionComputation, at) for at in (0, 0.25, 0.5)]

    run(main)


# ---------------------------------------------------------------------------------------------------- events kept


def test_an_event_that_is_kept_stays_what_it_was(run):
    async def main():
        stream, kept, seen = Stream(), [], []
        stream.ticks.on_event(lambda event: (seen.append(event.seq), event.seq % 3 or kept.append(event)))
        for _ in range(4):
            stream.feed(5)
            await let_it_come()
        assert seen == list(range(20))
        assert [(event.seq, event.price) for event in kept] == [(seq, seq + 1) for seq in range(0, 20, 3)]
        stream.feed(30)
        await let_it_come()
        stream.ticks.close()
        again = [event async for event in stream.ticks.events()]
        assert again == []  # the callback had them all
        assert len(kept) == 17

    run(main)


def test_events_are_nothing_for_the_garbage_collector(run):
    async def main():
        stream = Stream()
        stream.feed(1)
        event = await anext(stream.ticks.events())
        assert type(event) is Last
        assert not gc.is_tracked(event)

    run(main)


def test_an_event_without_a_record_is_empty():
    assert (Last().price, Last().exchange, Tick().text) == (0.0, "", None)


# ------------------------------------------------------------------------------------------------ awaited by hand


def test_events_can_be_awaited_in_every_way(run):
    async def main():
        stream = Stream()
        stream.feed(6)
        events = stream.ticks.events()
        assert (await anext(events)).seq == 0
        assert (await events.__anext__()).seq == 1
        assert (await asyncio.wait_for(anext(events), SOON_S)).seq == 2
        assert (await anext(events, None)).seq == 3
        assert [event.seq for event in await asyncio.gather(anext(events), anext(events))] == [4, 5]
        waiting = asyncio.ensure_future(anext(events))
        await let_it_come()
        stream.feed(1)
        assert (await waiting).seq == 6
        await events.aclose()
        stream.ticks.close()
        assert await anext(events, None) is None

    run(main)


def test_events_taken_twice_are_named_not_invented(run):
    async def main():
        stream = Stream()
        stream.feed(2)
        events = stream.ticks.events()
        assert (await anext(events)).seq == 0
        first, second = anext(events), anext(events)
        assert (await first).seq == 1
        with pytest.raises(RuntimeError, match="another task reads"):
            await second

    run(main)


def test_an_exception_that_was_kept_is_not_changed(run):
    async def main():
        stream = Stream()
        stream.ticks.rows.put(np.zeros(3, DTYPES["last"]))
        events, stops = stream.ticks.events(), []
        for _ in range(2):
            with pytest.raises(StopIteration) as raised:
                events.__anext__().__await__().__next__()
            stops.append(raised.value)
        assert [stop.value.seq for stop in stops] == [0, 1]

    run(main)
