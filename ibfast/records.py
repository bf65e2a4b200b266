"""What the hot messages become: numpy records, one packed little-endian dtype per kind.

Live records have ``recv_ns``, the wall clock in ns since 1970, read once per socket read, and ``seq``, which counts
the records of their subscription from 0: a step other than 1 between neighbours is a loss, and ``dropped`` says so
too. Past ones have neither. Unset numbers are NaN. Prices, sizes and values are float64; times are seconds since 1970
unless the name says ns. Exchanges, market makers and conditions are small integers: `EXCHANGES` and `CONDITIONS` name
them.

==================  =================================================================================================
`TICK`              L1. ``tick_type`` says what the row is: a price tick has ``price`` and the ``size`` that came
                    with it (of BID, ASK and LAST; for other price ticks it means nothing), a size tick ``size``, a
                    generic tick ``value``, a string tick ``text`` (`Rows.texts` reads it) and, if it is a number,
                    ``value``. ``attr_mask``: 1 can auto-execute, 2 past limit, 4 pre-open.
`OPTION`            Option computations: ``implied_vol delta opt_price pv_dividend gamma vega theta und_price``, NaN
                    where TWS has not computed it; ``tick_attrib`` 0 return-based, 1 price-based.
`LAST`              Tick by tick Last (``tick_type`` 1) and AllLast (2): ``time price size exchange
                    special_conditions``; ``attr_mask``: 1 past limit, 2 unreported.
`BID_ASK`           Tick by tick BidAsk: ``time bid_price ask_price bid_size ask_size``; ``attr_mask``: 1 bid past
                    low, 2 ask past high.
`MID_POINT`         Tick by tick MidPoint: ``time mid_point``.
`DEPTH`             Order books: ``position``, ``operation`` 0 insert 1 update 2 delete (and `BOOK_RESET`: TWS said
                    317, the book is empty), ``side`` 0 ask 1 bid, ``price size market_maker is_smart_depth``.
`LEVEL`             A level of an order book: ``price size market_maker``.
`REAL_TIME_BAR`     Five seconds: ``time`` (their start) ``open high low close volume wap count``.
`BAR`               Historical bars: ``time_ns`` (UTC; daily and longer bars: midnight UTC of their date), ``open high
                    low close volume wap bar_count``.
`PAST_MID_POINT`    Historical ticks: ``time price size``.
`PAST_BID_ASK`      Historical quotes, columns as `BID_ASK`.
`PAST_LAST`         Historical trades, columns as `LAST`.
==================  =================================================================================================
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ibfast._codec import (
    BAR,
    BID_ASK,
    CONDITIONS,
    DEPTH,
    DTYPES,
    EXCHANGES,
    LAST,
    LEVEL,
    MID_POINT,
    OPTION,
    PAST_BID_ASK,
    PAST_LAST,
    PAST_MID_POINT,
    REAL_TIME_BAR,
    TICK,
    Codes,
    Rows,
)

TEXTS = {"exchange": EXCHANGES, "market_maker": EXCHANGES, "special_conditions": CONDITIONS}
"""The columns whose integers stand for texts."""
BOOK_RESET = 3
"""The ``operation`` of a `DEPTH` record that empties the book."""


def concatenate(batches: Sequence[NDArray[np.void]], dtype: np.dtype[Any] | None = None) -> NDArray[np.void]:
    """Batches of one kind as one array of their dtype, which `numpy.concatenate` would pack.

    ``dtype`` is that of the result if it is given: for no batches at all, or for packed ones.
    """
    if not batches:
        return np.empty(0, dtype)
    kind = batches[0].dtype if dtype is None else dtype
    raw = np.dtype((np.void, kind.itemsize))
    return np.concatenate([np.ascontiguousarray(batch.astype(kind, copy=False)).view(raw) for batch in batches]).view(
        kind
    )


__all__ = [
    "BAR",
    "BID_ASK",
    "BOOK_RESET",
    "CONDITIONS",
    "DEPTH",
    "DTYPES",
    "EXCHANGES",
    "LAST",
    "LEVEL",
    "MID_POINT",
    "OPTION",
    "PAST_BID_ASK",
    "PAST_LAST",
    "PAST_MID_POINT",
    "REAL_TIME_BAR",
    "TEXTS",
    "TICK",
    "Codes",
    "Rows",
    "concatenate",
]
