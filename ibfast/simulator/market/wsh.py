"""The Wall Street Horizon calendar: events of companies, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zlib import crc32

from ibfast.simulator.market.universe import Instrument

EVENT_TYPES = {
    "wshe_ed": "Earnings Date", "wshe_div": "Dividend", "wshe_bod": "Board of Directors Meeting",
    "wshe_option": "Options Expiration Date", "wshe_cc": "Earnings Conference Call", "wsh_split": "Stock Split",
}  # fmt: skip
FILTERS = ("watchlist", "country", "sector", "limit_region", "limit")
EVERY_DAYS = 91  # between two events of a type
MOST = 100


def metadata() -> str:
    """What there is, and what can be filtered by."""
    types = [{"name": name, "tag": tag, "type": "event", "dates": ["index_date"]} for tag, name in EVENT_TYPES.items()]
    return json.dumps({"meta_data": {"filters": [{"tag": tag} for tag in FILTERS], "event_types": types}})


def events(instruments: list[Instrument], tags: list[str], first: date, last: date, limit: int) -> list[dict[str, Any]]:
    """The events of companies in [first, last], by date."""
    found = [event for instrument in instruments for tag in tags for event in _events(instrument, tag, first, last)]
    return sorted(found, key=lambda item: (item["index_date"], item["conids"], item["event_type"]))[: min(limit, MOST)]


def _events(instrument: Instrument, tag: str, first: date, last: date) -> Iterator[dict[str, Any]]:
    offset = crc32(f"{instrument.con_id} {tag}".encode()) % EVERY_DAYS
    number = (first.toordinal() - offset + EVERY_DAYS - 1) // EVERY_DAYS
    while (day := date.fromordinal(number * EVERY_DAYS + offset)) <= last:
        yield {
            "index_date": f"{day:%Y%m%d}", "index_date_type": "START", "event_type": tag,
            "conids": [str(instrument.con_id)],
            "data": {
                "event_id": f"{instrument.con_id}-{tag}-{number}", "company": instrument.details.get("long_name", ""),
                "ticker": instrument.contract.get("symbol", ""), "event_date": f"{day:%Y-%m-%d}",
                "quarter": f"Q{(day.month + 2) // 3}", "announced": f"{day - timedelta(days=21):%Y-%m-%d}",
            },
        }  # fmt: skip
        number += 1
