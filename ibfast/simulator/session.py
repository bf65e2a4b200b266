"""One connection: handshake, requests in, answers out."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime

from ibfast import wire
from ibfast._codec import Protocol
from ibfast.schema import (
    Contract,
    ErrorMessage,
    ManagedAccounts,
    NextValidId,
    OpenOrder,
    OpenOrdersEnd,
    OrderStatus,
    Position,
    StartApiRequest,
)
from ibfast.schema.declare import Message
from ibfast.schema.versions import FIRST_VERSION
from ibfast.session.session import SIMULATOR_ZONE
from ibfast.simulator.faults.transport import FaultyTransport
from ibfast.simulator.gateway import Gateway
from ibfast.simulator.handlers.registry import ANSWERS
from ibfast.simulator.market.universe import Instrument, UnknownSecTypeError
from ibfast.simulator.messages import held_contract
from ibfast.simulator.orders.account import Account
from ibfast.simulator.refusals import NO_CONTRACT, Refusal, ambiguous, invalid
from ibfast.simulator.streams.accounts import AccountStream
from ibfast.simulator.streams.publisher import Pump

LOG = logging.getLogger("ibfast.simulator")
HELLO = re.compile(rb"v(\d+)(?:\.\.(\d+))?(?: .*)?", re.DOTALL)
WRITE_BUFFER = 4 * 1024 * 1024
FARMS = (
    (2104, "Market data farm connection is OK:usfarm"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefil"),
)


class SimulatorSession:
    """What the protocol calls; ``send`` is what answers use."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.protocol = Protocol(self, preamble=b"API\0")
        self.client_id: int | None = None
        self.market_data_type = 1
        self.follows_positions = False
        self.knows_wsh = False
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.pump: Pump
        self._transport: FaultyTransport
        self._outbox: list[bytes] = []

    # -- what the protocol calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = self.gateway.script.open(self, transport)
        self._transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self.gateway.sessions.add(self)
        self.gateway.script.opened(self._transport)

    def handshake(self, payload: bytes) -> None:
        hello = HELLO.fullmatch(payload)
        lowest, highest = (int(hello[1]), int(hello[2] or hello[1])) if hello else (0, 0)
        version = min(self.gateway.server_version, highest)
        if version < max(lowest, FIRST_VERSION):
            self._transport.close()
            return
        now = datetime.fromtimestamp(self.gateway.market.now_s(), UTC)
        self._write(wire.frame(f"{version}\0{now:%Y%m%d %H:%M:%S} {SIMULATOR_ZONE}\0".encode()))
        self.protocol.plans = wire.plans("outgoing", version)
        self.protocol.server_version = version
        self.pump = Pump(self.gateway.rate, version, self.gateway.clock, self._write, self.send)

    def received(self, message: Message) -> None:
        if self._transport.hears(message) and self.gateway.enforcer.admits(self, message):
            self.act(message)
            self._transport.acted(message)

    def act(self, message: Message) -> None:
        if self.client_id is None:
            if isinstance(message, StartApiRequest):
                self._start(message.client_id or 0)
            return
        answer = ANSWERS.get(type(message))
        if answer is None:
            self.refuse(_id_of(message), *invalid(f"{type(message).__name__} is not supported by the simulator"))
            return
        try:
            answer(self, message)
        except Exception as error:
            self.failed(message, error)

    def malformed(self, error: Exception) -> None:
        self.refuse(-1, 320, f"Error reading request. {error}")

    def unknown(self, msg_id: int, payload: bytes) -> None:
        self.refuse(-1, *invalid(f"message id {msg_id} is unknown"))

    def pause_writing(self) -> None:
        self.pump.pause()

    def resume_writing(self) -> None:
        if not self._transport.stalled:
            self.pump.resume()

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None:
            LOG.info("client %s: %s", self.client_id, error)
        if self.protocol.server_version:
            self.pump.close()
        for task in self.tasks.values():
            task.cancel()
        self.gateway.sessions.discard(self)
        self.gateway.script.closed(self._transport)
        if self.client_id is not None:
            del self.gateway.clients[self.client_id]
            self.client_id = None

    # -- what answers use

    def send(self, message: Message) -> None:
        """Queue a message; everything queued in one turn of the loop is one write."""
        self._write(wire.frame(wire.encode(message, self.protocol.server_version)))
        self.gateway.enforcer.sent(self, message)
        if isinstance(message, OpenOrder | OrderStatus) and self.client_id is not None:
            is_preview = isinstance(message, OpenOrder) and message.order is not None and message.order.what_if
            if not is_preview:
                self.gateway.engine.saw(self.client_id, message.order_id or 0)

    def refuse(self, req_id: int, code: int, text: str) -> None:
        at = self.gateway.clock() // 1_000_000
        self.send(ErrorMessage(id=req_id, error_time=at, error_code=code, error_msg=text))

    def find(self, contract: Contract | None) -> list[Instrument] | Refusal:
        """What a contract names: instruments, or why there are none."""
        try:
            found = self.gateway.market.universe.find(contract or Contract())
        except UnknownSecTypeError:
            return invalid("Please enter a valid security type")
        return found or NO_CONTRACT

    def find_one(self, req_id: int, contract: Contract | None) -> Instrument | None:
        """The one instrument that a contract names; the client is told if it is not one."""
        found = self.find(contract)
        if isinstance(found, tuple):
            self.refuse(req_id, *found)
        elif len(found) > 1:
            self.refuse(req_id, *ambiguous(contract.symbol if contract else None))
        else:
            return found[0]
        return None

    def position_changed(self, account: Account, instrument: Instrument) -> None:
        holding = account.holdings[instrument]
        self.send(
            Position(
                account=account.name, contract=held_contract(instrument), position=holding.position,
                avg_cost=holding.average_cost,
            )
        )  # fmt: skip

    def account_streams(self) -> list[AccountStream]:
        """What this client follows of accounts."""
        streams = self.pump.streams.values() if self.protocol.server_version else ()
        return [stream for stream in streams if isinstance(stream, AccountStream)]

    def failed(self, request: Message, error: BaseException) -> None:
        """A fault of the simulator: whoever waits is told, the log has the rest."""
        LOG.error("no answer to %s", type(request).__name__, exc_info=error)
        self.refuse(_id_of(request), *invalid(f"the simulator failed: {error!r}"))

    def reset_depth(self) -> None:
        for stream in self.pump.streams.values():
            for message in stream.reset():
                self.send(message)

    def close(self) -> None:
        """Hang up, whatever is still to be sent."""
        self._transport.abort()

    def streams(self) -> list[int]:
        """Ids of the requests whose streams flow."""
        return list(self.pump.streams) if self.protocol.server_version else []

    def turn_away(self) -> None:
        """Refuse the client id and hang up."""
        text = "Unable to connect as the client id is already in use. Retry with a unique client id."
        self.refuse(-1, 326, text)
        self.hang_up()

    def hang_up(self) -> None:
        """End the session after what is still to be sent."""
        self._flush()
        self._transport.close()

    # -- inside

    def _start(self, client_id: int) -> None:
        if client_id in self.gateway.clients:
            self.turn_away()
            return
        self.client_id = client_id
        self.gateway.clients[client_id] = self
        resting = self.gateway.engine.listed(client_id)
        for working in resting:
            self.send(working.open_order())
            self.send(working.order_status())
        if resting:
            self.send(OpenOrdersEnd())
        self.send(ManagedAccounts(accounts_list=self.gateway.accounts_list))
        self.send(NextValidId(order_id=self.gateway.engine.next_order_id(client_id)))
        for code, text in FARMS:
            self.refuse(-1, code, text)

    def _write(self, frames: bytes) -> None:
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outbox.append(frames)

    def _flush(self) -> None:
        if self._outbox and not self._transport.is_closing():
            self._transport.write(b"".join(self._outbox))
        self._outbox.clear()


def _id_of(message: Message) -> int:
    for name in ("req_id", "order_id"):
        if name in type(message).__fields__:
            return int(getattr(message, name) or -1)
    return -1
