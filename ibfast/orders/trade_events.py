"""What a trade tells: its events and their kinds, who listens to them, and TWS's words for where an order stands."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from ibfast.errors import RequestError
    from ibfast.orders.trade import Trade

ENDED = frozenset({"Filled", "Cancelled", "ApiCancelled"})
"""The statuses after which nothing more happens to an order."""

INACTIVE = "Inactive"
"""TWS does not work on the order: it has refused it, or holds it until something else has come about."""

DONE = ENDED | {INACTIVE}

UNKNOWN = "Unknown"
"""The status of an order that TWS no longer knows; a word of ibfast, not of TWS."""

WORKING = frozenset({"Submitted", "PendingCancel"})


class TradeEventKind(StrEnum):
    """What a `TradeEvent` is about."""

    ACKNOWLEDGED = "acknowledged"  # TWS has spoken of the order for the first time
    UNACKNOWLEDGED = "unacknowledged"  # it has not, within the acknowledge time-out
    ORDER = "order"  # TWS reports the order's fields, or its margins and costs
    STATUS = "status"
    FILL = "fill"
    COMMISSION = "commission"  # of a fill that was reported before
    WARNING = "warning"
    REJECTION = "rejection"
    LOST = "lost"  # TWS has it in none of its lists, or says that it does not know it


class TradeEvent(NamedTuple):
    """Something happened to a trade: the message or error behind it, and what the trade said right after it.

    ``replayed`` events happened while the connection was lost, and were learned of afterwards.
    """

    trade: Trade
    kind: TradeEventKind
    detail: Any
    status: str
    filled: Decimal
    remaining: Decimal
    replayed: bool = False


Listener = Callable[[TradeEvent], object]


class Book(Protocol):
    """The orders of a session, which hear of every event of theirs."""

    session: int
    """How often the connection has been lost so far."""

    def is_replaying(self, trade: Trade) -> bool:
        """Whether what is being said of a trade now was missed while the connection was lost."""

    def in_doubt(self, trade: Trade, error: RequestError) -> bool:
        """Find out what became of an order that TWS does not know; False if there is no way to ask."""

    def tell(self, event: TradeEvent) -> None:
        """Something happened to one of them."""
