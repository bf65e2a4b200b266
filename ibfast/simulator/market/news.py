"""Headlines and articles: pure functions of seed, contract and time, so that what was told can be asked for again."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zlib import crc32

from ibfast.simulator.market.universe import Instrument

PROVIDERS = {
    "BRFG": "Briefing.com General Market Columns",
    "BRFUPDN": "Briefing.com Analyst Actions",
    "DJNL": "Dow Jones Newsletters",
    "BZ": "Benzinga Pro",
    "FLY": "Fly on the Wall",
}
PDF_PROVIDER = "FLY"  # its articles are documents
SLOT_S = 5400  # a contract has one headline in each
TAPE_SLOT_S = 60  # and the tape of a provider one in each of these
OLDEST_S = 1_262_304_000  # 2010
EVENTS = (
    "rises on heavy volume", "falls after guidance is withdrawn", "upgraded to Buy", "downgraded to Hold",
    "names a new chief financial officer", "announces a buyback", "beats estimates", "misses estimates",
    "in talks over a joint venture", "raises its dividend",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Headline:
    """One story; ``at_s`` is in seconds since 1970."""

    at_s: int
    provider: str
    article_id: str
    text: str


class News:
    """All stories of a seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def newest_first(self, con_id: int, name: str, before_s: int, tape: str = "") -> Iterator[Headline]:
        """The headlines of a contract up to ``before_s``; a tape has those of its one provider, and more of them."""
        slot_s = TAPE_SLOT_S if tape else SLOT_S
        slot = before_s // slot_s
        while slot * slot_s >= OLDEST_S:
            told = self._headline(con_id, name, slot, slot_s, tape)
            if told.at_s <= before_s:
                yield told
            slot -= 1

    def between(self, con_id: int, name: str, after_s: int, before_s: int, tape: str = "") -> list[Headline]:
        """The headlines of (after, before], oldest first."""
        found: list[Headline] = []
        for told in self.newest_first(con_id, name, before_s, tape):
            if told.at_s <= after_s:
                break
            found.append(told)
        return found[::-1]

    def _headline(self, con_id: int, name: str, slot: int, slot_s: int, tape: str) -> Headline:
        noise = crc32(f"{self._seed} {con_id} {slot}".encode())
        provider = tape or tuple(PROVIDERS)[noise % len(PROVIDERS)]
        event = EVENTS[(noise >> 8) % len(EVENTS)]
        mood = (noise >> 16) % 200 / 100 - 1
        text = f"{{A:{con_id}:L:en:K:{mood:.2f}:C:{abs(mood):.4f}}}{name} {event}"
        return Headline(slot * slot_s + noise % slot_s, provider, f"{provider}${con_id:x}-{slot:x}", text)


def name_of(instrument: Instrument) -> str:
    """What headlines call it."""
    return str(instrument.details.get("long_name") or instrument.contract.get("symbol") or instrument.con_id)


def tape_of(instrument: Instrument) -> str:
    """The provider of a news contract, empty for any other."""
    return str(instrument.contract["exchange"]) if instrument.contract["sec_type"] == "NEWS" else ""


def con_id_of(article_id: str) -> tuple[str, int] | None:
    """The provider and the contract of an article, None if the id is not one of ours."""
    provider, _, rest = article_id.partition("$")
    con_id, _, slot = rest.partition("-")
    try:
        return (provider, int(con_id, 16)) if provider in PROVIDERS and int(slot, 16) else None
    except ValueError:
        return None


def article(article_id: str, name: str) -> str:
    """HTML, as most providers write."""
    return (
        f"<html><body><h1>{name}</h1><p>{name} is in the news today, in a market that nobody has to believe in.</p>"
        f"<p>Story {article_id}, written by the simulator.</p></body></html>"
    )


def pdf_article(article_id: str) -> str:
    """A document of one empty page, in base64."""
    parts = [
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n",
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n",
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\n",
    ]
    data, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3 " + article_id.encode() + b"\n", []
    for part in parts:
        places.append(len(data))
        data += part
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    data += b"xref\n0 4\n0000000000 65535 f \n" + table
    data += b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    return base64.b64encode(data).decode()


def time_text(at_s: int) -> str:
    """As historical news have it: ``2026-08-25 14:03:07.0``, in UTC."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S}.0"
