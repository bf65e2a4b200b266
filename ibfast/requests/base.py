"""What every kind of request stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibfast.arguments import checked
from ibfast.other_names import no_such_member
from ibfast.session.connection import Connection


class Requests:
    """The connection that requests go out on."""

    _connection: Connection

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        checked(cls)

    if not TYPE_CHECKING:  # for whom names that are not there stay errors

        def __getattr__(self, name: str) -> Any:
            no_such_member(self, name)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._session = connection.session

    @property
    def client_id(self) -> int:
        """The id this client came with."""
        return self._session.client_id

    @property
    def server_version(self) -> int:
        """The server version both sides speak."""
        return self._session.server_version
