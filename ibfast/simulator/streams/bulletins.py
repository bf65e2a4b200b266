"""IB's bulletins: a few a day, the same for everyone."""

from __future__ import annotations

from zlib import crc32

from ibfast.schema import NewsBulletin
from ibfast.schema.declare import Message
from ibfast.simulator.market.market import Market
from ibfast.simulator.market.price_path import DAY_S
from ibfast.simulator.streams.ticks import Subscription

SLOT_S = 2 * 3600
NO_ID = -(2**30)  # bulletins have no request id: their place among the streams of a session
TOLD = (
    (1, "The nightly restart begins at 23:45 US/Eastern.", ""),
    (1, "Margin requirements of equity index futures change on Monday.", ""),
    (2, "Trading on PHLX is not available.", "PHLX"),
    (3, "Trading on PHLX is available again.", "PHLX"),
)


class BulletinStream(Subscription):
    """Every bulletin as it comes; with ``earlier`` those of today first."""

    def __init__(self, market: Market, earlier: bool) -> None:
        super().__init__(NO_ID)
        self._market = market
        now_s = market.now_s()
        self._told_s = now_s // DAY_S * DAY_S - 1 if earlier else now_s

    def notes(self) -> list[Message]:
        now_s = self._market.now_s()
        slots = range(self._told_s // SLOT_S + 1, now_s // SLOT_S + 1)
        self._told_s = now_s
        return [_bulletin(slot) for slot in slots]


def _bulletin(slot: int) -> NewsBulletin:
    kind, text, exchange = TOLD[crc32(b"%d" % slot) % len(TOLD)]
    return NewsBulletin(news_msg_id=slot, news_msg_type=kind, news_message=text, originating_exch=exchange)
