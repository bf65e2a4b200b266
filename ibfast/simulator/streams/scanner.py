"""Market scanners: what they can look for, as XML, and what they find."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from ibfast.schema import ScannerData, ScannerDataElement, ScannerSubscription
from ibfast.schema.declare import Message
from ibfast.simulator.market.market import DayStats, Market
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.messages import contract_of
from ibfast.simulator.streams.ticks import Subscription

EVERY_S = 30
MOST_ROWS = 50
INSTRUMENTS = {"STK": "US Stocks", "IND.US": "US Indices", "FUT.US": "US Futures", "ETF.EQ.US": "US Equity ETFs"}
LOCATIONS = {
    "STK.US": ("US Stocks", "STK"), "STK.US.MAJOR": ("Listed/NASDAQ", "STK"), "STK.NYSE": ("NYSE", "STK"),
    "STK.NASDAQ": ("NASDAQ", "STK"), "STK.ARCA": ("ARCA", "STK"), "IND.US": ("US Indices", "IND.US"),
    "FUT.US": ("US Futures", "FUT.US"), "FUT.CME": ("CME", "FUT.US"), "ETF.EQ.US": ("US Equity ETFs", "ETF.EQ.US"),
}  # fmt: skip
SEC_TYPES = {"STK": "STK", "IND.US": "IND", "FUT.US": "FUT", "ETF.EQ.US": "STK"}

Rank = Callable[[DayStats, float, float], float]  # of a day, its last price and its volume a usual day has
SCANS: dict[str, tuple[str, Rank]] = {
    "TOP_PERC_GAIN": ("Top % Gainers", lambda day, last, usual: last / day.close),
    "TOP_PERC_LOSE": ("Top % Losers", lambda day, last, usual: -last / day.close),
    "MOST_ACTIVE": ("Most Active", lambda day, last, usual: day.volume),
    "MOST_ACTIVE_USD": ("Most Active ($)", lambda day, last, usual: day.turnover),
    "HOT_BY_VOLUME": ("Hot Contracts by Volume", lambda day, last, usual: day.volume / max(usual, 1)),
    "HOT_BY_PRICE": ("Hot Contracts by Price", lambda day, last, usual: abs(last / day.close - 1)),
    "TOP_OPEN_PERC_GAIN": ("Top % Gainers Since Open", lambda day, last, usual: last / day.open),
    "TOP_OPEN_PERC_LOSE": ("Top % Losers Since Open", lambda day, last, usual: -last / day.open),
    "HIGH_OPEN_GAP": ("High Opening Gap", lambda day, last, usual: day.open / day.close),
    "LOW_OPEN_GAP": ("Low Opening Gap", lambda day, last, usual: -day.open / day.close),
}
FILTERS = {
    "priceAbove": ("Price Above", "double"), "priceBelow": ("Price Below", "double"),
    "volumeAbove": ("Volume Above", "int"), "usdVolumeAbove": ("Volume (USD) Above", "double"),
    "changePercAbove": ("Change % Above", "double"), "changePercBelow": ("Change % Below", "double"),
}  # fmt: skip


class UnknownScanError(ValueError):
    """A scanner asks for what it cannot look for."""


class ScannerStream(Subscription):
    """A scanner that looks again every half minute."""

    def __init__(self, req_id: int, market: Market, asked: ScannerSubscription) -> None:
        super().__init__(req_id)
        self._market = market
        self._asked = asked
        self._looked_s = 0
        self.found = 0  # before the number of rows was limited
        _check(asked)

    def look(self) -> ScannerData:
        """What it finds now, best first."""
        self._looked_s = self._market.now_s()
        found = sorted(self._found(), key=lambda item: (-item[0], item[1].con_id))
        self.found = len(found)
        asked = self._asked.number_of_rows if self._asked.number_of_rows is not None else -1
        rows = [
            ScannerDataElement(
                rank=rank, contract=contract_of(instrument), market_name=instrument.details.get("market_name", ""),
                distance="", benchmark="", projection="", combo_key="",
            )
            for rank, (_, instrument) in enumerate(found[: asked if 0 < asked < MOST_ROWS else MOST_ROWS])
        ]  # fmt: skip
        return ScannerData(req_id=self.req_id, scanner_data_element=rows)

    def notes(self) -> list[Message]:
        return [self.look()] if self._market.now_s() - self._looked_s >= EVERY_S else []

    def _found(self) -> list[tuple[float, Instrument]]:
        rank = SCANS[self._asked.scan_code or ""][1]
        found = []
        for instrument in self._market.universe.instruments():
            if not _is_in(instrument, self._asked):
                continue
            day, quote = self._market.stats(instrument), self._market.quote(instrument)
            last = float(quote.bid[0] + quote.ask[0]) / 2
            if self._passes(instrument, day, last):
                found.append((rank(day, last, instrument.model.daily_volume), instrument))
        return found

    def _passes(self, instrument: Instrument, day: DayStats, last: float) -> bool:
        asked, unit = self._asked, float(instrument.tick)
        options = asked.scanner_subscription_filter_options or {}
        price, change = last * unit, (last / day.close - 1) * 100

        def bound(own: float | None, tag: str, otherwise: float) -> float:
            return own if own is not None else float(options.get(tag, otherwise))

        return (
            bound(asked.above_price, "priceAbove", 0.0) <= price <= bound(asked.below_price, "priceBelow", inf)
            and day.volume >= bound(asked.above_volume, "volumeAbove", 0.0)
            and day.turnover * unit >= bound(None, "usdVolumeAbove", 0.0)
            and bound(None, "changePercAbove", -inf) <= change <= bound(None, "changePercBelow", inf)
        )


def parameters() -> str:
    """The XML of everything that a scanner can be asked."""
    instruments = "".join(
        f"<Instrument><name>{name}</name><type>{code}</type><secType>{SEC_TYPES[code]}</secType>"
        f"<filters>{','.join(FILTERS)}</filters></Instrument>"
        for code, name in INSTRUMENTS.items()
    )
    locations = "".join(
        f"<Location><displayName>{name}</displayName><locationCode>{code}</locationCode>"
        f"<instruments>{instrument}</instruments></Location>"
        for code, (name, instrument) in LOCATIONS.items()
    )
    scans = "".join(
        f"<ScanType><displayName>{name}</displayName><scanCode>{code}</scanCode>"
        f"<instruments>{','.join(INSTRUMENTS)}</instruments></ScanType>"
        for code, (name, _) in SCANS.items()
    )
    filters = "".join(
        f'<RangeFilter><id>{code}</id><category>Market</category><AbstractField type="scanner.filter.{kind}">'
        f"<code>{code}</code><displayName>{name}</displayName></AbstractField></RangeFilter>"
        for code, (name, kind) in FILTERS.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ScanParameterResponse>'
        f'<InstrumentList varName="instrumentList">{instruments}</InstrumentList>'
        f'<LocationTree varName="locationTree">{locations}</LocationTree>'
        f'<ScanTypeList varName="scanTypeList">{scans}</ScanTypeList>'
        f'<FilterList varName="filterList">{filters}</FilterList></ScanParameterResponse>'
    )


def _check(asked: ScannerSubscription) -> None:
    for what, value, known in (
        ("instrument", asked.instrument, INSTRUMENTS), ("location", asked.location_code, LOCATIONS),
        ("scan code", asked.scan_code, SCANS),
    ):  # fmt: skip
        if value not in known:
            raise UnknownScanError(f"Unknown {what} {value}")
    options = asked.scanner_subscription_filter_options or {}
    for tag, text in options.items():
        if tag not in FILTERS:
            raise UnknownScanError(f"Unknown filter {tag}")
        try:
            float(text)
        except ValueError as error:
            raise UnknownScanError(f"Filter {tag} is not a number: {text}") from error


def _is_in(instrument: Instrument, asked: ScannerSubscription) -> bool:
    own, wanted = instrument.contract, asked.instrument or ""
    is_etf = instrument.details.get("stock_type") == "ETF"
    place = (asked.location_code or "").rsplit(".", 1)[-1]
    return (
        own["sec_type"] == SEC_TYPES[wanted]
        and instrument.live
        and (is_etf or wanted != "ETF.EQ.US")
        and (place in ("US", "MAJOR") or place in (own["exchange"], own.get("primary_exch")))
    )
