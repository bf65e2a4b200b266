"""``ibfast demo``: the main job, shown."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotext
from numpy.typing import NDArray
from rich.box import ASCII2, SIMPLE, Box
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ibfast.bars import Bars
from ibfast.client import Client
from ibfast.errors import IbfastError, RequestError
from ibfast.orders.brackets import BracketBuilder
from ibfast.orders.trade import Trade, TradeEvent
from ibfast.schema import ContractData, ContractDetails
from ibfast.schema.contract import Contract
from ibfast.session.event_loop import run
from ibfast.simulator import Simulator
from ibfast.streams.ticks import Ticks
from ibfast.terminal import PrintableFormatter, Terminal, printable

SIMULATED_RATE = 2_000.0  # ticks a second of each stream
REFRESHES_PER_SECOND = 4
SPARKS = "▁▂▃▄▅▆▇█"
PLAIN_SPARKS = "_.-=+*#@"
ORDER_PATIENCE_S = 8.0
FAR = 0.8
"""Where a real gateway gets its order to buy: this part of the bid, so that nobody sells."""

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
    console = Terminal(plain=settings.plain)
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(PrintableFormatter("%(name)s: %(message)s"))
    logging.getLogger(__package__).addHandler(handler)
    try:
        run(Demo(settings, console).show())
    except IbfastError as error:
        console.print(f"ibfast demo: {error}")
        return 1
    except KeyboardInterrupt:
        console.print("ibfast demo: interrupted")
        return 130
    finally:
        logging.getLogger(__package__).removeHandler(handler)
    return 0


class Demo:
    def __init__(self, settings: Settings, console: Terminal) -> None:
        self.settings = settings
        self.console = console
        self.box: Box = ASCII2 if settings.plain else SIMPLE
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
        self.console.print()
        self.console.print(Text(printable(text, plain=self.settings.plain), style="bold"))

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
        table = Table("symbol", "con_id", "name", "price step", "hours in", box=self.box)
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
        table = Table(box=self.box, collapse_padding=True, pad_edge=False)
        table.add_column("symbol", no_wrap=True, min_width=7)
        for name in ("bid", "ask", "last", "ticks/s", "records", "dropped"):
            table.add_column(name, justify="right", no_wrap=True, min_width=7)
        table.add_column("last prices", no_wrap=True, overflow="crop")
        for one in watched:
            received = one.ticks.total if one.ticks is not None else 0
            dropped = one.ticks.dropped if one.ticks is not None else 0
            prices = [_price(price) for price in (one.bid, one.ask, one.last)]
            trail = sparkline(one.trail, blocks=PLAIN_SPARKS if self.settings.plain else SPARKS)
            rate = f"{received / max(passed, 0.1):,.0f}"
            table.add_row(one.name, *prices, rate, f"{one.held:,}", f"{dropped:,}", one.trouble or trail)
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
        self.console.picture(picture)

    # -------------------------------------------------------------------------------------------------- orders

    async def _order(self, client: Client, one: Watched) -> list[Trade]:
        """A bracket, followed to the fill of its entry; whatever happens, nothing of it is left to work."""
        if not self.settings.simulated and not self.settings.allow_orders:
            self._heading("No order: this is a real gateway, and --allow-orders was not given")
            return []
        bracket = await self._bracket(client, one)
        if bracket is None:
            return []
        before = set(map(id, client.trades))
        try:
            trades = await bracket.submit()
            await self._follow(trades[0])
        finally:
            ours = [trade for trade in client.trades if id(trade) not in before and trade.client_id == client.client_id]
            await self._cancel_rest(client, ours)
        return trades

    async def _bracket(self, client: Client, one: Watched) -> BracketBuilder | None:
        """Around the market in the simulator; on a real gateway one share, far below it."""
        if self.settings.simulated:
            price, quantity = one.ask if one.ask == one.ask else one.last, 100
            entry, target, stop = round(price * 1.001, 2), round(price * 1.02, 2), round(price * 0.98, 2)
        else:
            price, quantity = one.bid if one.bid == one.bid else one.last, 1
        if not price > 0:
            self._heading("No order: there is no price to put a bracket around")
            return None
        if not self.settings.simulated:
            grid = await client.price_grid(one.contract)
            levels = (price * FAR, price * FAR * 1.02, price * FAR * 0.98)
            entry, target, stop = (float(grid.snap(level, "BUY")) for level in levels)
        self._heading(f"Bracket: buy {quantity} {one.name} at {entry}, take profit at {target}, stop loss at {stop}")
        return client.order(one.contract).buy(quantity).bracket(entry=entry, take_profit=target, stop_loss=stop)

    async def _follow(self, entry: Trade) -> None:
        patience_s = ORDER_PATIENCE_S if self.settings.simulated else ORDER_PATIENCE_S / 2
        try:
            async with asyncio.timeout(patience_s):
                async for event in entry:
                    self.console.print(f"  {_describe(event)}")
        except TimeoutError:
            self.console.print(f"  still {entry.status} after {patience_s:g} s; cancelling")

    async def _cancel_rest(self, client: Client, trades: list[Trade]) -> None:
        """Cancel what works, and say what stays: an order that TWS did not confirm to be cancelled, a position."""
        for trade in trades:
            if not trade.is_done:
                with contextlib.suppress(IbfastError, ValueError):  # what came of it is said below
                    await client.cancel_order(trade)
        with contextlib.suppress(TimeoutError, IbfastError):
            async with asyncio.timeout(ORDER_PATIENCE_S / 2):
                for trade in trades:
                    await trade.done()
        for trade in trades:
            if not trade.is_done:
                self.console.print(
                    f"  order {trade.order_id} ({trade.order.action} {trade.order.order_type}) may still work, it is "
                    f"{trade.status}: look at it in TWS, and cancel it there"
                )
            if trade.filled_quantity and not self.settings.simulated:
                side = "bought" if trade.order.action == "BUY" else "sold"
                self.console.print(f"  {trade.filled_quantity} {side}: the position stays")

    # ------------------------------------------------------------------------------------------------- summary

    def _summary(self, client: Client, watched: list[Watched], trades: list[Trade]) -> None:
        table = Table(title="Summary", title_justify="left", title_style="bold", show_header=False, box=self.box)
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
    return f"{value:,.5g}" if value == value and value < 10 else f"{value:,.2f}" if value == value else "-"


def _describe(event: TradeEvent) -> str:
    what: Any = event.detail
    if event.kind == "fill":
        return f"filled {what.execution.shares} at {what.execution.price} on {what.execution.exchange}"
    if event.kind == "commission":
        return f"commission {what.commission.commission_and_fees} {what.commission.currency}"
    if event.kind in ("warning", "rejection"):
        return f"{event.kind.value}: {what}"
    return f"{event.kind.value}: {event.status}, {event.filled} filled, {event.remaining} remaining"


def sparkline(values: Any, width: int = 18, blocks: str = SPARKS) -> str:
    """The last ``width`` numbers as little blocks; unknown ones are blank."""
    numbers = np.array(values, dtype=float)[-width:]
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return ""
    low, span = known.min(), np.ptp(known) or 1.0
    return "".join(" " if n != n else blocks[int((n - low) / span * (len(blocks) - 1))] for n in numbers)


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
