"""How a row's figures are written."""

from __future__ import annotations

from benchmarks.rows import Row


def figure(row: Row) -> str:
    """The median."""
    return _with_unit(row, row.figure)


def spread(row: Row) -> str:
    """Least and most of the rounds; nothing after one round."""
    figures = row.figures
    return f"{_with_unit(row, min(figures))} to {_with_unit(row, max(figures))}" if len(figures) > 1 else ""


def ratio(row: Row) -> str:
    """The median of the rounds' ratios, then least and most of them."""
    if not row.ratios:
        return ""
    least_to_most = f" ({number(min(row.ratios))} to {number(max(row.ratios))})" if len(row.ratios) > 1 else ""
    return f"{number(row.ratio)} ×{least_to_most}"


def number(value: float) -> str:
    """With as many digits as are worth reading."""
    return f"{value:.2g}" if abs(value) < 0.1 else f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"


def _with_unit(row: Row, value: float) -> str:
    if row.unit == "/s":
        return f"{value / 1e6:.2f} M/s" if value >= 1e6 else f"{value / 1e3:,.0f} k/s"
    return f"{number(value)} {row.unit}"
