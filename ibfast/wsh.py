"""The Wall Street Horizon calendar, as users meet it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from ibfast.errors import DecodeError
from ibfast.schema import WshEventData, WshEventDataRequest, WshMetaData


@dataclass(frozen=True, slots=True)
class WshFilter:
    """Which events are asked for: those of one ``con_id``, or those that ``filter``, IB's JSON as a dict, describes.

    The three ``fill_`` switches add contracts of the watchlist, the portfolio, and their competitors.
    """

    con_id: int | None = None
    filter: dict[str, Any] | None = None
    fill_watchlist: bool = False
    fill_portfolio: bool = False
    fill_competitors: bool = False
    start_date: date | None = None
    end_date: date | None = None
    total_limit: int | None = None

    def request(self) -> WshEventDataRequest:
        """The request for such events.

        Raises:
            ValueError: both a contract and a filter are named, or neither.
        """
        if (self.con_id is None) == (self.filter is None):
            raise ValueError("con_id, filter: calendar events are those of a contract or of a filter; give one of them")
        return WshEventDataRequest(
            con_id=self.con_id,
            filter=json.dumps(self.filter) if self.filter is not None else None,
            fill_watchlist=self.fill_watchlist, fill_portfolio=self.fill_portfolio,
            fill_competitors=self.fill_competitors,
            start_date=f"{self.start_date:%Y%m%d}" if self.start_date is not None else None,
            end_date=f"{self.end_date:%Y%m%d}" if self.end_date is not None else None,
            total_limit=self.total_limit,
        )  # fmt: skip


def parsed(message: WshMetaData | WshEventData) -> Any:
    """The JSON in a message.

    Raises:
        DecodeError: it is none.
    """
    text = message.data_json or "null"
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DecodeError(type(message).__name__, "data_json", 0, f"not JSON: {error}", text.encode()) from None
