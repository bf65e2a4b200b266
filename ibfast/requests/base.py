"""What every kind of request stands on."""

from __future__ import annotations

from ibfast.connection import Connection


class Requests:
    """The connection that requests go out on."""

    _connection: Connection

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._talk = connection.talk

    @property
    def client_id(self) -> int:
        """The id this client came with."""
        return self._talk.client_id

    @property
    def server_version(self) -> int:
        """The server version both sides speak."""
        return self._talk.server_version
