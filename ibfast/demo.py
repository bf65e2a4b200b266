"""``ibfast demo``: the main job, shown."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotext
from numpy.typing import NDArray
from rich.box import SIMPLE
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ibfast.bars import Bars
from ibfast.client import Client
from ibfast.contract import Contract
from ibfast.errors import IbfastError, RequestError
from ibfast.running import run
from ibfast.schema import ContractData, ContractDetails
from ibfast.simulator import Simulator
from ibfast.streams import Ticks
from ibfast.trade import Trade, TradeEvent

SIMULATED_RATE = 2_000.0  # ticks a second of each stream
REFRESHES_PER_SECOND = 4
SPARKS = "▁▂▃▄▅▆▇█"
ORDER_PATIENCE_S = 8.0

BIDS, ASKS, LASTS = (1, 66), (2, 67), (4, 68, 37)  # real-time and delayed tick types; an index has no trades


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says."""

    host: str
    port: int
    client_id: int
    allow_orders: bool
    seconds: float
    plain: bool

    @property
    def simulated(self) -> bool:
        return not self.host


@dataclass(slots=True)
class Watched:
    """One symbol on the screen."""

    name: str
    contract: Contract
    ticks: Ticks | None = None
    bid: float = np.nan
    ask: float = np.nan
    last: float = np.nan
    trail: deque[float] = field(default_factory=lambda: deque(maxlen=240))
    batches: list[NDArray[np.void]] = field(default_factory=list)
    trouble: str = ""

    def take(self, rows: NDArray[np.void]) -> None:
        """Keep a batch, and read the newest prices off it."""
        self.batches.append(rows)
        self.bid = _newest(rows, BIDS, self.bid)
        self.ask = _newest(rows, ASKS, self.ask)
        self.last = _newest(rows, LASTS, self.last)

    @property
    def held(self) -> int:
        return sum(len(batch) for batch in self.batches)


def _newest(rows: NDArray[np.void], tick_types: tuple[int, ...], before: float) -> float:
    prices = rows["price"][np.isin(rows["tick_type"], tick_types) & (rows["price"] > 0)]
    return float(prices[-1]) if len(prices) else before


def run_demo(settings: Settings) -> int:
    """Show everything; the exit code."""
    console = Console(no_color=settings.plain, force_terminal=False if settings.plain else None, highlight=False)
    try:
        run(Demo(settings, console).show())
    except IbfastError as error:
        console.print(f"ibfast demo: {error}")
        return 1
    return 0


class Demo:
    def __init__(self, settings: Settings, console: Console) -> None:
        self.settings = settings
        self.console = console
        self.began = time.monotonic()

    async def show(self) -> None:
        async with self._gateway() as (host, port), await Client.connect(host, port, self.settings.client_id) as client:
            where = "the built-in simulator" if self.settings.simulated else f"{host}:{port}"
            wire = "text" if client.server_version < 201 else "protobuf"
            self._heading(f"Connected to {where}: server version {client.server_version} ({wire})")
            watched = await self._choose(client)
            await self._stream(client, watched)
            await self._bars(client, watched[0].contract)
            trades = await self._order(client, watched[0])
            self._summary(client, watched, trades)

    @contextlib.asynccontextmanager
    async def _gateway(self) -> AsyncIterator[tuple[str, int]]:
        if not self.settings.simulated:
            yield self.settings.host, self.settings.port
            return
        async with Simulator(rate=SIMULATED_RATE) as simulator:
            yield simulator.host, simulator.port

    def _heading(self, text: str) -> None:
        self.console.print(Text(f"\n{text}", style="bold"))

    # ---------------------------------------------------------------------------------------------- contracts

    async def _choose(self, client: Client) -> list[Watched]:
        """A stock or two, a pair, an index and the nearest future of its chain, with what the gateway knows of them."""
        wanted = [
            Contract.stock("AAPL"),
            Contract.stock("SPY"),
            Contract.forex("EUR.USD"),
            Contract.index("SPX", exchange="CBOE"),
            Contract.future("ES", exchange="CME"),
        ]
        table = Table("symbol", "con_id", "name", "price step", "hours in", box=SIMPLE)
        watched = []
        for contract in wanted:
            try:
                found = await client.contract_details(contract)
            except RequestError as error:
                self.console.print(f"{contract.symbol}: {error}")
                continue
            nearest, details = min(map(_parts, found), key=lambda parts: _expiry(parts[0]))
            name = nearest.local_symbol or nearest.symbol or ""
            step = f"{details.min_tick:f}" if details.min_tick else ""
            table.add_row(name, str(nearest.con_id), details.long_name, step, details.time_zone_id)
            watched.append(Watched(name, nearest))
        self.console.print(table)
        return watched

    # -------------------------------------------------------------------------------------------------- ticks

    async def _stream(self, client: Client, watched: list[Watched]) -> None:
        """Every symbol into numpy for some seconds, with a table of what is going on."""
        self._heading(f"Streaming L1 ticks into numpy for {self.settings.seconds:g} s")
        tasks = [asyncio.create_task(self._collect(client, one)) for one in watched]
        began = time.monotonic()
        try:
            with self._live() as live:
                while (passed := time.monotonic() - began) < self.settings.seconds:
                    await asyncio.sleep(1 / REFRESHES_PER_SECOND)
                    for one in watched:
                        one.trail.append(one.last)
                    if live is not None:
                        live.update(self._ticks_table(watched, passed))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if live is None:
            self.console.print(self._ticks_table(watched, self.settings.seconds))

    @contextlib.contextmanager
    def _live(self) -> Any:
        if self.settings.plain or not self.console.is_terminal:
            yield None
            return
        with Live(console=self.console, refresh_per_second=REFRESHES_PER_SECOND) as live:
            yield live

    async def _collect(self, client: Client, one: Watched) -> None:
        try:
            async with client.market_data(one.contract) as one.ticks:
                async for rows in one.ticks:
                    one.take(rows)
        except RequestError as error:
            one.trouble = str(error)

    def _ticks_table(self, watched: list[Watched], passed: float) -> Table:
        table = Table(box=SIMPLE, collapse_padding=True, pad_edge=False)
        table.add_column("symbol", no_wrap=True, min_width=7)
        for name in ("bid", "ask", "last", "ticks/s", "records", "dropped"):
            table.add_column(name, justify="right", no_wrap=True, min_width=7)
        table.add_column("last prices", no_wrap=True, overflow="crop")
        for one in watched:
            received = one.ticks.total if one.ticks is not None else 0
            dropped = one.ticks.dropped if one.ticks is not None else 0
            prices = [_price(one.bid), _price(one.ask), _price(one.last)]
            rate = f"{received / max(passed, 0.1):,.0f}"
            table.add_row(one.name, *prices, rate, f"{one.held:,}", f"{dropped:,}", one.trouble or sparkline(one.trail))
        return table

    # --------------------------------------------------------------------------------------------------- bars

    async def _bars(self, client: Client, contract: Contract) -> None:
        """Two days of bars, as candles."""
        try:
            bars = await client.historical_data(contract, duration="2 D", bar_size="15 mins")
        except RequestError as error:
            self.console.print(f"no bars: {error}")
            return
        self._heading(f"{contract.symbol}: 15-minute bars, {bars!r}")
        picture = candles(bars, width=min(self.console.width, 110), plain=self.settings.plain)
        self.console.print(picture if self.settings.plain else Text.from_ansi(picture))

    # -------------------------------------------------------------------------------------------------- orders

    async def _order(self, client: Client, one: Watched) -> list[Trade]:
        """A bracket around the market, followed to the fill of its entry; the exits are cancelled then."""
        if not self.settings.simulated and not self.settings.allow_orders:
            self._heading("No order: this is a real gateway, and --allow-orders was not given")
            return []
        price = one.ask if one.ask == one.ask else one.last
        if price != price:
            self._heading("No order: there is no price to put a bracket around")
            return []
        entry, target, stop = round(price * 1.001, 2), round(price * 1.02, 2), round(price * 0.98, 2)
        self._heading(f"Bracket: buy 100 {one.name} at {entry}, take profit at {target}, stop loss at {stop}")
        bracket = client.order(one.contract).buy(100).bracket(entry=entry, take_profit=target, stop_loss=stop)
        trades = await bracket.submit()
        try:
            async with asyncio.timeout(ORDER_PATIENCE_S):
                async for event in trades[0]:
                    self.console.print(f"  {_describe(event)}")
        except TimeoutError:
            self.console.print(f"  still {trades[0].status} after {ORDER_PATIENCE_S:g} s; cancelling")
        await self._cancel_rest(client, trades)
        return trades

    async def _cancel_rest(self, client: Client, trades: list[Trade]) -> None:
        """Nothing of the demo stays behind."""
        for trade in trades:
            if not trade.is_done:
                await client.cancel_order(trade)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ORDER_PATIENCE_S / 2):
                for trade in trades:
                    await trade.done()

    # ------------------------------------------------------------------------------------------------- summary

    def _summary(self, client: Client, watched: list[Watched], trades: list[Trade]) -> None:
        table = Table(title="Summary", title_justify="left", title_style="bold", show_header=False, box=SIMPLE)
        held = sum(one.held for one in watched)
        size = sum(batch.nbytes for one in watched for batch in one.batches)
        batches = sum(len(one.batches) for one in watched)
        table.add_row("records in numpy", f"{held:,} in {batches:,} batches, {size / 1e6:.1f} MB")
        table.add_row("dropped", f"{sum(one.ticks.dropped for one in watched if one.ticks is not None):,}")
        for trade in trades:
            what = f"{trade.order.action} {trade.order.order_type}"
            table.add_row(f"order {trade.order_id}", f"{what}: {trade.status}, {trade.filled_quantity} filled")
        if trades and trades[0].fills:
            table.add_row("filled at", f"{trades[0].avg_fill_price:.2f}, commission {trades[0].commission:.2f}")
        stats = client.stats
        table.add_row("received", f"{stats['messages_received']:,} messages, {stats['bytes_received'] / 1e6:.1f} MB")
        table.add_row("could not be used", f"{stats['malformed'] + stats['unknown']:,}")
        table.add_row("took", f"{time.monotonic() - self.began:.1f} s")
        self.console.print(table)


def _parts(data: ContractData) -> tuple[Contract, ContractDetails]:
    return data.contract or Contract(), data.contract_details or ContractDetails()


def _expiry(contract: Contract) -> str:
    return contract.last_trade_date_or_contract_month or ""


def _price(value: float) -> str:
    return f"{value:,.5g}" if value == value and value < 10 else f"{value:,.2f}" if value == value else "–"


def _describe(event: TradeEvent) -> str:
    what: Any = event.detail
    if event.kind == "fill":
        return f"filled {what.execution.shares} at {what.execution.price} on {what.execution.exchange}"
    if event.kind == "commission":
        return f"commission {what.commission.commission_and_fees} {what.commission.currency}"
    if event.kind in ("warning", "rejection"):
        return f"{event.kind.value}: {what}"
    return f"{event.kind.value}: {event.status}, {event.filled} filled, {event.remaining} remaining"


def sparkline(values: Any, width: int = 18) -> str:
    """The last ``width`` numbers as little blocks; unknown ones are blank."""
    numbers = np.array(values, dtype=float)[-width:]
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return ""
    low, span = known.min(), np.ptp(known) or 1.0
    return "".join(" " if n != n else SPARKS[int((n - low) / span * (len(SPARKS) - 1))] for n in numbers)


def candles(bars: Bars, *, width: int, plain: bool) -> str:
    """Bars as a picture of characters, in UTC."""
    records = bars.records
    stamps = (records["time_ns"] // 1_000_000_000).astype("datetime64[s]")
    plotext.clear_figure()
    plotext.theme("clear" if plain else "dark")
    plotext.date_form("d/m H:M")
    plotext.plot_size(width, 18)
    columns = {name.title(): records[name].tolist() for name in ("open", "close", "high", "low")}
    plotext.candlestick([stamp.item().strftime("%d/%m %H:%M") for stamp in stamps], columns)
    picture: str = plotext.build()
    return plotext.uncolorize(picture) if plain else picture
