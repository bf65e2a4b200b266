"""Bars as messages."""

from __future__ import annotations

from ibfast.schema import HistoricalDataBar
from ibfast.simulator.market import bars
from ibfast.simulator.market.quotes import QuoteModel, decimal_of


def bar_messages(
    model: QuoteModel, shown: str, table: bars.Table, size_s: int, format_date: int
) -> list[HistoricalDataBar]:
    """The rows of a table; volume, average and count are -1 where nothing is traded."""
    columns = [bars.prices(model, table[name]).tolist() for name in ("open", "high", "low", "close")]
    dates = bars.dates(table["time"], size_s, format_date, model.instrument.hours)
    if shown in bars.TRADED:
        volumes = (table["volume"] * model.instrument.size_unit).tolist()
        waps = (table["wap"] * float(model.instrument.tick)).tolist()
        counts = table["count"].tolist()
    else:
        volumes, waps, counts = ([-1] * len(table) for _ in range(3))
    return [
        HistoricalDataBar(
            date=date, open=first, high=high, low=low, close=last, volume=decimal_of(float(volume)),
            wap=decimal_of(float(wap)), bar_count=count,
        )
        for date, first, high, low, last, volume, wap, count in zip(dates, *columns, volumes, waps, counts, strict=True)
    ]  # fmt: skip
