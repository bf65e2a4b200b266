"""The words of TWS for where an order stands, and the kinds of events a trade has."""

from __future__ import annotations

from enum import StrEnum

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
