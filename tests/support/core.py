"""A session without a socket, after its handshake."""

from ibfast import wire
from ibfast.schema import (
    ErrorMessage,
    ManagedAccounts,
    NextValidId,
)
from ibfast.session.pending import PendingRequest
from ibfast.session.session import Session, State

HELLO = b"%d\x0020260826 11:00:07 US/Eastern\0"


VERSIONS = [157, 176, 200, 203, 213, 226]


class Waiter(PendingRequest):
    """An answer that only remembers that it settled."""

    def __init__(self, **options):
        self.settled = 0
        super().__init__(self._count, **options)

    def _count(self, answer):
        self.settled += 1


def greeted(version=226, **options):
    """A conversation that waits for its ids and accounts, and the notices it gives."""
    notices = []
    core = Session(1, on_notice=notices.append, **options)
    core.start()
    core.outbox.take()
    assert core.on_server_hello(HELLO % version)
    return core, notices


def ready(version=226, next_valid_id=1):
    core, notices = greeted(version)
    core.received(ManagedAccounts(accounts_list="DU1234567"))
    core.received(NextValidId(order_id=next_valid_id))
    assert core.state is State.READY
    core.outbox.take()
    return core, notices


def sent(core):
    """The messages in the outbox."""
    data, found = core.outbox.take(), []
    while data:
        size = 4 + int.from_bytes(data[:4], "big")
        found.append(wire.decode(data[4:size], core.server_version, direction="outgoing"))
        data = data[size:]
    return found


def error(id, code, text="text"):
    return ErrorMessage(id=id, error_code=code, error_msg=text)
