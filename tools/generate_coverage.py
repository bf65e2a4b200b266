"""Write docs/coverage.md: for every message, order field, order type and algo, what of the public API reaches it.

It is read from the source: which public methods lead to a message class, which methods of an order set a field.
``--check`` only compares. A row that nothing reaches is an error.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import ibfast
import ibfast.wire  # fills the registries
from ibfast import Order
from ibfast.enums import OrderType
from ibfast.orders.brackets import BracketBuilder
from ibfast.schema.declare import INCOMING, OUTGOING, Form

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ibfast"
TARGET = ROOT / "docs" / "coverage.md"
LEFT_OUT = {"schema", "simulator", "blocking", "blocking_base", "demo", "testing", "__main__", "__init__", "wire"}
STOPS = {
    "Client",
    "Pacing",
    "Connection",
    "Conversation",
    "Link",
    "Trade",
    "Trades",
    "MessageStream",
    "Stream",
    "OrderBuilder",
}
"""Classes that everything leads to, and that lead everywhere."""

ALGO_CALLS = ("self.algo", "self._between")
"""Calls whose first argument is the name of an algo."""

MOST = 8
"""Names in a row at most."""

BY_HAND = {
    "StartApiRequest": "Client.connect",
    "IdsRequest": "not needed: order ids begin at the gateway's greeting and only rise",
    "NextValidId": "Client.connect, Trade.order_id",
    "ManagedAccounts": "Client.accounts",
    "ErrorMessage": "RequestError, Client.notices, Trade.warnings, Trade.rejection",
    "OpenOrder": "Client.trades, Client.open_orders, Trade.order_state",
    "OrderStatus": "Trade.status",
    "ExecutionDetails": "Trade.fills, Client.executions",
    "CommissionAndFeesReport": "Trade.fills",
    "PositionsRequest": "Client.positions, Client.position_updates",
    "CancelPositions": "Client.position_updates",
    "DisplayGroupList": "Client.display_groups",
    "SoftDollarTiers": "Client.soft_dollar_tiers",
    "ReplaceFAEnd": "Client.replace_fa",
    "UserInfo": "Client.user_info",
    "OrderBound": "Client.auto_open_orders, Client.notices",
    "TickPrice": "Client.market_data, Client.quote",
    "TickSize": "Client.market_data, Client.quote",
    "TickString": "Client.market_data, Client.quote",
    "TickGeneric": "Client.market_data, Client.quote",
    "TickOptionComputation": "Ticks.computations, Client.calculate_option_price",
    "TickEfp": "Ticks.notices",
    "DeltaNeutralValidation": "Ticks.notices",
    "SymbolSamples": "Client.matching_symbols",
    "SmartComponents": "Client.smart_components",
    "HistoricalTicks": "Client.historical_ticks, Client.historical_ticks_between",
    "HistoricalTicksBidAsk": "Client.historical_ticks, Client.historical_ticks_between",
    "HistoricalTicksLast": "Client.historical_ticks, Client.historical_ticks_between",
    "TickNews": "Ticks.notices, Client.broad_tape",
    "TickByTickData": "Client.tick_by_tick",
    "MarketDepth": "Client.depth, Client.book",
    "MarketDepthL2": "Client.depth, Client.book",
    "RealTimeBarTick": "Client.real_time_bars",
    "HistoricalData": "Client.historical_data",
    "RerouteMarketDataRequest": "Ticks.notices",
    "RerouteMarketDepthRequest": "Ticks.notices",
}
LOGIN = "left out: login verification, which IB offers to its own programs only"
RETIRED = "left out: IB has retired it"


def main() -> int:
    text = "\n".join(document())
    check_names(text)
    if "--check" in sys.argv:
        if not TARGET.exists() or TARGET.read_text() != text:
            print("docs/coverage.md is stale: run make generate")
            return 1
        return 0
    TARGET.write_text(text)
    return 0


# ------------------------------------------------------------------------------------------------------ the source


class Source:
    """The classes and functions of the package, and what each mentions."""

    def __init__(self) -> None:
        self.classes: dict[str, ast.ClassDef] = {}
        self.functions: dict[str, ast.AST] = {}
        self.values: dict[str, ast.AST] = {}
        for path in sorted(PACKAGE.rglob("*.py")):
            if not LEFT_OUT & set(path.relative_to(PACKAGE).with_suffix("").parts):
                self._read(ast.parse(path.read_text()))

    def _read(self, tree: ast.Module) -> None:
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                self.classes[node.name] = node
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    self.values[ast.unparse(target)] = node.value

    def lineage(self, name: str) -> list[ast.ClassDef]:
        """A class and its bases, as far as they are ours."""
        if name not in self.classes:
            return []
        node = self.classes[name]
        bases = (ast.unparse(base).partition("[")[0] for base in node.bases)
        return [node, *(item for base in bases for item in self.lineage(base))]

    def methods(self, name: str) -> dict[str, ast.AST]:
        members: dict[str, ast.AST] = {}
        for node in reversed(self.lineage(name)):
            members |= {
                item.name: item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
            }
        return members

    def mentioned(self, start: ast.AST, methods: dict[str, ast.AST]) -> set[str]:
        """All names that a method leads to, through the helpers and classes of the package."""
        names: set[str] = set()
        rest = [(start, methods)]
        while rest:
            node, own = rest.pop()
            for part in ast.walk(node):
                if isinstance(part, ast.Attribute) and ast.unparse(part.value) in ("self", "cls"):
                    name, key = part.attr, f"{id(own)}.{part.attr}"
                    if name.startswith("_") and name in own and key not in names:
                        names.add(key)
                        rest.append((own[name], own))
                elif isinstance(part, ast.Name) and part.id not in names:
                    names.add(part.id)
                    rest += [(definition, own) for definition in self._behind(part.id)]
                    if part.id in self.classes and part.id not in STOPS:
                        inner = self.methods(part.id)
                        rest += [(item, inner) for item in inner.values()]
        return names

    def _behind(self, name: str) -> Iterator[ast.AST]:
        for table in (self.functions, self.values):
            if name in table:
                yield table[name]


SOURCE = Source()


def public(methods: dict[str, ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    return ((name, node) for name, node in methods.items() if not name.startswith("_"))


def reached() -> dict[str, list[str]]:
    """The public methods of the client that lead to each message class."""
    methods_of: dict[str, list[str]] = {}
    methods = SOURCE.methods("Client")
    for name, node in public(methods):
        for mentioned in SOURCE.mentioned(node, methods):
            methods_of.setdefault(mentioned, []).append(f"Client.{name}")
    return methods_of


def words() -> dict[str, list[str]]:
    """The methods of an order chain that set each field, name each order type or algo."""
    methods_of: dict[str, list[str]] = {}
    methods = SOURCE.methods("OrderBuilder") | SOURCE.methods("BracketBuilder")
    for name, node in public(methods):
        for part in with_helpers(node, methods):
            for key in keys_of(part):
                if f"order.{name}" not in methods_of.setdefault(key, []):
                    methods_of[key].append(f"order.{name}")
    return methods_of


def with_helpers(node: ast.AST, methods: dict[str, ast.AST]) -> Iterator[ast.AST]:
    """What is in a method, and in the private ones it calls."""
    for part in ast.walk(node):
        yield part
        if isinstance(part, ast.Attribute) and part.attr.startswith("_") and part.attr in methods:
            yield from ast.walk(methods[part.attr])


def keys_of(part: ast.AST) -> Iterable[str]:
    if isinstance(part, ast.keyword) and part.arg:
        return [part.arg]
    if isinstance(part, ast.Attribute) and ast.unparse(part.value) == "OrderType":
        return [f"OrderType.{part.attr}"]
    if isinstance(part, ast.Call) and ast.unparse(part.func) in ALGO_CALLS and isinstance(part.args[0], ast.Constant):
        return [f"algo {part.args[0].value}"]
    return []


# ---------------------------------------------------------------------------------------------------- the document


def document() -> Iterator[str]:
    yield "# What reaches what\n"
    yield "Made from the source by `make generate`; do not edit. Everything is also on the blocking client.\n"
    methods, by_word = reached(), words()
    for title, table in (("Requests", OUTGOING), ("Messages from the gateway", INCOMING)):
        yield from section(
            title, ("id", "message", "reached by"), (row(table[item], methods) for item in sorted(table))
        )
    fields = ((f"`{name}`", reach_of_field(name, by_word)) for name in Order.__fields__)
    yield from section("Order fields", ("field", "reached by"), fields)
    types = ((item.value, needed(item.value, by_word.get(f"OrderType.{item.name}"))) for item in OrderType)
    yield from section("Order types", ("type", "reached by"), types)
    algos = sorted(key for key in by_word if key.startswith("algo "))
    yield from section("Algos", ("algo", "reached by"), ((algo[5:], code(by_word[algo])) for algo in algos))


def section(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for cells in rows:
        yield f"| {' | '.join(cells)} |"
    yield ""


def row(form: Form, methods: dict[str, list[str]]) -> tuple[str, str, str]:
    name = form.cls.__name__
    return str(int(form.id)), f"[{name}](messages.md#{name.lower()})", reach_of(form, methods)


def check_names(text: str) -> None:
    """Every `Owner.name` in the document is public: of the client, a trade, a stream, an order chain."""
    classes = {"Client": [ibfast.Client], "Trade": [ibfast.Trade], "Ticks": [ibfast.Ticks]}
    classes[""] = [ibfast.OrderBuilder, BracketBuilder]
    for owner, name in re.findall(r"`(\w*)\.(\w+)`", text):
        lineages = [base for cls in classes.get(owner, []) for base in cls.__mro__]
        if lineages and not any(name in {**vars(base), **vars(base).get("__annotations__", {})} for base in lineages):
            raise SystemExit(f"docs/coverage.md: {owner}.{name} is no public name")


def reach_of(form: Form, methods: dict[str, list[str]]) -> str:
    name = form.cls.__name__
    if name.startswith("Verify"):
        return LOGIN
    if name in BY_HAND:
        by = BY_HAND[name]
        return by if ":" in by else code(by.split(", "))
    if not methods.get(name) and form.retired:
        return RETIRED
    return needed(name, methods.get(name))


def reach_of_field(name: str, by_word: dict[str, list[str]]) -> str:
    if Order.__fields__[name].reported:
        return f"`Trade.order_state`, as TWS reports it: `{name}` of the order in an open order's event"
    return code([*by_word.get(name, []), f"Order({name}=)"])


def needed(name: str, by: list[str] | None) -> str:
    if not by:
        raise SystemExit(f"docs/coverage.md: nothing reaches {name}")
    return code(by)


def code(names: Iterable[str]) -> str:
    """The names, or the first of them where they are many."""
    texts = [f"`{re.sub(r'^order[.]', '.', name)}`" for name in dict.fromkeys(names)]
    return ", ".join(texts) if len(texts) <= MOST else f"{', '.join(texts[:MOST])} and {len(texts) - MOST} more"


if __name__ == "__main__":
    sys.exit(main())
