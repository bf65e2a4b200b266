"""What a session writes to: its transport, with faults on the way.

    session ──frames──▶ edits, events at their counts ──▶ held: stalled, split, glued ──▶ transport

Without faults bytes go straight through.
"""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ibfast import wire
from ibfast.schema import (
    MarketDepth,
    MarketDepthL2,
    RealTimeBarTick,
    StartApiRequest,
    TickByTickData,
    TickGeneric,
    TickOptionComputation,
    TickPrice,
    TickSize,
    TickString,
)
from ibfast.schema.declare import INCOMING, Message
from ibfast.simulator.streams.ticks import L1Stream, Suspension

if TYPE_CHECKING:
    from ibfast.simulator.faults.schedule import FaultSchedule
    from ibfast.simulator.session import SimulatorSession

ROWS = frozenset(
    {
        TickPrice, TickSize, TickGeneric, TickString, TickOptionComputation, TickByTickData, MarketDepth,
        MarketDepthL2, RealTimeBarTick,
    }
)  # fmt: skip
NO_LINGER = struct.pack("ii", 1, 0)  # close() then resets
HELD_AT_MOST = 1 << 20  # streams pause until it has left
STORM_FRAMES = 1000  # written at once
STORM_WAIT_S = 0.002


class FaultyTransport:
    """One connection. ``rows``, ``messages`` and ``bytes`` are what it was sent; ``messages`` is -1 until it is
    greeted, ``frame`` the one about to be sent."""

    def __init__(self, session: SimulatorSession, transport: Any, script: FaultSchedule, number: int) -> None:
        self.session = session
        self.script = script
        self.number = number
        self.rows = 0
        self.messages = -1
        self.bytes = 0
        self.frame = b""
        self.client_id: int | None = None  # as announced, accepted or not
        self.stalled = False
        self._transport = transport
        self._asked: dict[int, type[Message]] = {}
        self._held = bytearray()
        self._lost = False  # what is sent from here on
        self._ends = False  # once nothing is held
        self._drains = False
        self._size = 0  # of the pieces, 0: whole
        self._high = 0
        self._gather = 0
        self._gather_s = 0.0

    @property
    def version(self) -> int:
        """The server version that was agreed on."""
        return self.session.protocol.server_version

    # -- what a session uses of its transport

    def write(self, data: bytes) -> None:
        if not self.script.armed:
            self.messages = max(self.messages, 0)
            self.put(data)
            return
        for frame in _frames(data):
            if self.is_closing():
                return
            self._send(frame)

    def close(self) -> None:
        self.hang_up()

    def abort(self) -> None:
        self._held.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._ends or bool(self._transport.is_closing())

    def set_write_buffer_limits(self, high: int) -> None:
        self._high = high
        self._transport.set_write_buffer_limits(high=high)

    # -- what comes in

    def hears(self, request: Message) -> bool:
        """Whether the gateway is to act on a request now."""
        if isinstance(request, StartApiRequest) and self.client_id is None:
            self.client_id = request.client_id or 0
        self.script.check(self, type(request))
        heard = not self.is_closing() and self.script.hears(self, request)
        if heard and (req_id := getattr(request, "req_id", None)) is not None:
            self._asked[req_id] = type(request)
        return heard

    def hear(self, request: Message) -> None:
        """Act on a request that was held back."""
        if not self.is_closing():
            self.session.act(request)

    def acted(self, request: Message) -> None:
        """The gateway has acted; its answer is still to be sent."""
        self.script.check(self, type(request), before=False)

    def asked(self, kind: type[Message]) -> list[int]:
        """Ids of the streams that requests of this class have opened."""
        return [req_id for req_id in self.session.streams() if self._asked.get(req_id) is kind]

    def answered(self) -> int | None:
        """The id of the request whose answer is about to be sent."""
        return wire.number_in(self.frame[4:], self.version, "req_id") if self.frame else None

    # -- what faults do

    def framed(self, message: Message) -> bytes:
        return wire.frame(wire.encode(message, self.version))

    def say(self, message: Message) -> None:
        """Send a message here and now, before anything that is queued."""
        self.put(self.framed(message))

    def put(self, data: bytes) -> None:
        """Send bytes as they are; they are not counted."""
        if self.is_closing() or self._lost or not data:
            return
        if not (self.stalled or self._size or self._gather):
            self._transport.write(data)
            return
        self._held += data
        if self._gather and not self._drains:
            self._drains = True
            self.script.timers.after(self._gather_s, self._drain)
        if self._gather <= len(self._held):
            self._drain_soon()
        if len(self._held) > HELD_AT_MOST:
            self._pause()

    def hang_up(self) -> None:
        """Close, after what is held."""
        self._ends = True
        if not self._held or self._lost:
            self._transport.close()
        elif not self.stalled:
            self._drain_soon()

    def reset(self) -> None:
        """Close with RST."""
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.abort()

    def stall(self, seconds: float, hears: bool) -> None:
        """Send nothing for a time; `FOREVER` loses it."""
        self.stalled = True
        self._pause()
        if not hears:
            self._transport.pause_reading()
        if math.isinf(seconds):
            self._lost = True
        else:
            self.script.timers.after(seconds, lambda: self._go_on(hears))

    def split(self, size: int) -> None:
        self._size = size

    def glue(self, size: int, seconds: float) -> None:
        self._gather, self._gather_s = size, seconds

    def silence(self, on: bool) -> None:
        """Streams say nothing while ``on``."""
        if self.version:
            self.session.pump.silent = on

    def suspend_quotes(self, suspension: Suspension, seconds: float) -> None:
        """No quotes for a time; `FOREVER` is until the streams end."""
        streams = (
            [item for item in self.session.pump.streams.values() if isinstance(item, L1Stream)] if self.version else []
        )
        for stream in streams:
            for message in stream.suspend_quotes(suspension):
                self.session.send(message)
        if not math.isinf(seconds):
            self.script.timers.after(seconds, lambda: self._resume_quotes(streams))

    def _resume_quotes(self, streams: list[L1Stream]) -> None:
        for stream in streams:
            if self.session.pump.streams.get(stream.req_id) is stream:
                for message in stream.resume_quotes():
                    self.session.send(message)

    def forget(self, req_id: int) -> None:
        """The stream of a request is over, at the gateway."""
        self.session.pump.remove(req_id)
        self.session.gateway.enforcer.ended(self.session, req_id)

    def forget_all(self) -> None:
        for req_id in self.session.streams():
            self.forget(req_id)

    def storm(self, frame: bytes, count: int) -> None:
        self.script.spawn(self._storm(frame, count))

    # -- inside

    def _send(self, frame: bytes) -> None:
        """One frame: events before it, edits, events at a byte of it, events after it."""
        cls = self._class_of(frame)
        self.frame = frame
        self.script.check(self, cls)
        self.frame = b""
        if self.is_closing():
            return
        self._pass(self.script.edited(self, cls, frame))
        self.messages += 1
        self.rows += cls in ROWS
        self.script.check(self, cls, before=False)

    def _pass(self, data: bytes) -> None:
        done = 0
        for mark in [*self.script.marks(self, len(data)), len(data)]:
            self.put(data[done:mark])
            self.bytes += mark - done
            done = mark
            if mark < len(data):
                self.script.check(self, None)
            if self.is_closing():
                return

    def _class_of(self, frame: bytes) -> type[Message] | None:
        if self.messages < 0:
            return None
        return INCOMING[wire.message_id(frame[4:], self.version)[0]].cls

    def _go_on(self, heard: bool) -> None:
        self.stalled = False
        if self._transport.is_closing():
            return
        if not heard:
            self._transport.resume_reading()
        self._drain()

    def _pause(self) -> None:
        if self.version:
            self.session.pause_writing()

    def _drain_soon(self) -> None:
        if self._size and not self._drains and not self.stalled:
            self._drains = True
            asyncio.get_running_loop().call_soon(self._drain)
        elif not self._size and not self.stalled:
            self._drain()

    def _drain(self) -> None:
        """Write a piece of what is held, or all of it."""
        self._drains = False
        if self.stalled or self._transport.is_closing():
            return
        size = self._size or len(self._held)
        self._transport.write(bytes(self._held[:size]))
        del self._held[:size]
        if self._held:
            self._drain_soon()
        elif self._ends:
            self._transport.close()
        elif self.version and self._transport.get_write_buffer_size() <= self._high:  # or the transport resumes it
            self.session.resume_writing()

    async def _storm(self, frame: bytes, count: int) -> None:
        while count > 0 and not self.is_closing() and not self._lost:
            waiting = len(self._held) + self._transport.get_write_buffer_size()
            if waiting < HELD_AT_MOST:
                self.put(frame * min(count, STORM_FRAMES))
                count -= STORM_FRAMES
            await asyncio.sleep(0 if waiting < HELD_AT_MOST else STORM_WAIT_S)


def _frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        yield data[at:end]
        at = end
