"""What the hot messages become: numpy records, one packed little-endian dtype per kind.

Every live record has ``recv_ns``, the wall clock in ns since 1970, read once per socket read, and ``seq``, which counts
the records of its subscription from 0: a step other than 1 between neighbours is a loss, and ``dropped`` says so too.
Unset numbers are NaN. Prices, sizes and values are float64; times are seconds since 1970 unless the name says ns.

======================  ============================================================================================
kind                    columns beside ``recv_ns`` and ``seq``
======================  ============================================================================================
``tick``      `TICK`    L1. ``tick_type`` says what the row is. A price tick has ``price`` and the ``size`` that came
                        with it (of BID, ASK and LAST; for other price ticks it means nothing), a size tick ``size``,
                        a generic tick ``value``, a string tick ``text`` (`Rows.texts` reads it) and, if it is a
                        number, ``value``. ``attr_mask``: 1 can auto-execute, 2 past limit, 4 pre-open.
``last``      `LAST`    Tick by tick Last and AllLast: ``time price size exchange special_conditions``, ``tick_type`` 1
                        or 2, ``attr_mask``: 1 past limit, 2 unreported. `EXCHANGES` and `CONDITIONS` name the codes.
``bid_ask``   `BID_ASK` Tick by tick BidAsk: ``time bid_price ask_price bid_size ask_size``, ``attr_mask``: 1 bid past
                        low, 2 ask past high.
``mid_point``           Tick by tick MidPoint: ``time mid_point``. Dtype `MID_POINT`.
``bar``       `BAR`     Historical bars, no ``recv_ns`` or ``seq``: ``time_ns`` (UTC; daily and longer bars: midnight
                        UTC of their date), ``open high low close volume wap bar_count``.
======================  ============================================================================================
"""

import numpy as np

from ibfast._codec import BID_ASK, CONDITIONS, DTYPES, EXCHANGES, LAST, MID_POINT, TICK, Codes, Rows

__all__ = ["BAR", "BID_ASK", "CONDITIONS", "DTYPES", "EXCHANGES", "LAST", "MID_POINT", "TICK", "Codes", "Rows"]

BAR = np.dtype(
    {
        "names": ["time_ns", "open", "high", "low", "close", "volume", "wap", "bar_count"],
        "formats": ["<i8", "<f8", "<f8", "<f8", "<f8", "<f8", "<f8", "<i4"],
        "itemsize": 64,
    }
)
