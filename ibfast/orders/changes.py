"""What TWS works on, and the changes of an order that it has not answered yet.

An order is told apart from what TWS makes of it: TWS fills in fields that nobody set, spells some in its own way, and
repeats reports that were on their way before a change arrived. Only what it really says differently is followed.
"""

from __future__ import annotations

from typing import Any

from ibfast.orders.validation import INAPPLICABLE, TYPES, WITHOUT_QUANTITY
from ibfast.schema import OpenOrder
from ibfast.schema.declare import At
from ibfast.schema.order import Order

REFORMATTED = frozenset({
    "good_till_date", "good_after_time", "conditions", "algo_params", "active_start_time", "active_stop_time",
})  # fmt: skip
"""Fields that TWS reports in a spelling of its own."""

UNREPORTED = frozenset({"transmit", "override_percentage_constraints", "advanced_error_override", "manual_order_time"})
"""Fields that TWS does not report."""

FILLED_IN = frozenset({
    "clearing_intent", "oca_type", "delta_neutral_order_type", "adjusted_order_type", "exempt_code", "submitter",
    "dont_use_auto_price_for_hedge", "reference_price_type", "volatility_type", "use_price_mgmt_algo",
    "bond_accrued_interest", "discretionary_up_to_limit_price", "seek_price_improvement", "route_marketable_to_bbo",
    "what_if_type",
})  # fmt: skip
"""Fields that TWS fills in where nobody set them (seen in recorded reports); they are no wish of anybody's."""

_NEVER_FOLLOWED = UNREPORTED.union(name for name, field in Order.__fields__.items() if field.reported)


def _always_reported() -> frozenset[str]:
    """The fields that every report has on either wire, so that an unset one is a removed one."""
    layout = OpenOrder.TEXT
    assert layout is not None
    paths = (
        entry if isinstance(entry, str) else entry.path
        for entry in layout.entries
        if isinstance(entry, str) or (isinstance(entry, At) and not entry.since)
    )
    return frozenset(
        path.removeprefix("order.") for path in paths if path.startswith("order.") and path.count(".") == 1
    )


ALWAYS_REPORTED = _always_reported()


class OrderChanges:
    """One order as TWS has it (``accepted``), and as it is with the changes that are in flight (``current``).

    A change is in flight from when it is sent until TWS reports it, refuses it, or reports something else in its
    place. Until then a report of the old values does not undo it.
    """

    __slots__ = ("_in_flight", "_lost", "accepted", "current", "reported")

    def __init__(self, order: Order, reported: Order | None = None) -> None:
        self.accepted = order if reported is None else _without_senseless(reported)
        self.current = self.accepted
        self.reported = reported
        self._in_flight: tuple[dict[str, Any], ...] = ()
        self._lost = False

    @property
    def are_settled(self) -> bool:
        """Whether TWS has answered every change, and none was on its way when a connection was lost."""
        return not self._in_flight and not self._lost

    @property
    def are_in_flight(self) -> bool:
        """Whether TWS still has to answer a change."""
        return bool(self._in_flight)

    def sent(self, order: Order) -> None:
        """The order went out once more, changed."""
        self._in_flight += ({name: getattr(order, name) for name in order.differences(self.accepted)},)
        self.current = order

    def refused(self) -> None:
        """TWS refuses a change; it answers in turn, so it is the oldest."""
        self._in_flight = self._in_flight[1:]
        self._compose()

    def withdraw(self) -> None:
        """Changes that waited for a connection are not sent after all."""
        self._in_flight = ()
        self.current = self.accepted

    def connection_lost(self) -> None:
        """Whether TWS has taken the changes on their way, its next report says."""
        if self._in_flight:
            self._in_flight, self._lost = (), True

    def follow(self, order: Order) -> None:
        """TWS reports the order."""
        before, self.reported = self.reported, order
        names = order.differences(before if before is not None else self.accepted)
        confirmed = self._confirmed_by(order, before) if self._in_flight else None
        taken = {} if confirmed is None else dict(confirmed)
        for name in names:
            if name not in _NEVER_FOLLOWED and name not in taken and (before or self._is_news(name, order)):
                self._take(name, order, taken)
        if confirmed is None and self._in_flight and not self._in_flight[0].keys().isdisjoint(names):
            self._in_flight = self._in_flight[1:]  # neither what was nor what was asked for: TWS has the last word
        if taken:
            self.accepted = self.accepted.replace(**taken)
        self._lost = False
        self._compose()

    def _confirmed_by(self, order: Order, before: Order | None) -> dict[str, Any] | None:
        """The newest change that a report shows; it and those before it are in flight no longer."""
        for place in reversed(range(len(self._in_flight))):
            change = self._in_flight[place]
            if all(_shows(order, name, value, before) for name, value in change.items()):
                self._in_flight = self._in_flight[place + 1 :]
                return change
        return None

    def _take(self, name: str, order: Order, taken: dict[str, Any]) -> None:
        """Add the value that the order takes from a report to those ``taken``, unless it takes none."""
        ours, theirs = getattr(self.accepted, name), getattr(order, name)
        if is_senseless(name, order):
            if ours:
                taken[name] = None
            return
        if name == "total_quantity" and not ours and any(getattr(self.accepted, item) for item in WITHOUT_QUANTITY):
            return  # TWS finds the quantity itself
        if theirs is None and is_needed(name, order):
            return  # left out of a message, it is not gone from the order
        taken[name] = theirs

    def _is_news(self, name: str, order: Order) -> bool:
        """Whether the first report says something else than what was sent."""
        if not getattr(self.accepted, name):
            return name not in FILLED_IN or (name == "oca_type" and bool(order.oca_group))
        return name not in REFORMATTED and (name in ALWAYS_REPORTED or bool(getattr(order, name)))

    def _compose(self) -> None:
        self.current = self.accepted.replace(**self._in_flight[-1]) if self._in_flight else self.accepted


def is_senseless(name: str, order: Order) -> bool:
    """Whether a field means nothing to the order's type: TWS reports a trailing stop price of plain limit orders."""
    if name not in INAPPLICABLE:
        return False
    rule = TYPES.get(order.order_type or "")
    adjusted = (order.adjusted_order_type or "None") != "None"
    return rule is not None and not rule.allows(name) and not adjusted


def is_needed(name: str, order: Order) -> bool:
    """Whether an order of this type cannot be without a field."""
    rule = TYPES.get(order.order_type or "")
    return name in ("action", "order_type", "total_quantity") or (rule is not None and name in rule.needs)


def _without_senseless(order: Order) -> Order:
    names = [name for name in INAPPLICABLE if getattr(order, name) and is_senseless(name, order)]
    return order.replace(**dict.fromkeys(names)) if names else order


def _shows(order: Order, name: str, value: Any, before: Order | None) -> bool:
    """Whether a report has a value that was sent, as far as it can; zero and empty are unset."""
    if name in REFORMATTED or name in _NEVER_FOLLOWED:
        return True
    theirs = getattr(order, name)
    if not theirs and name not in ALWAYS_REPORTED and not (before is not None and getattr(before, name)):
        return True
    return bool((theirs or None) == (value or None))
