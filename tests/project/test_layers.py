"""The plan of the house, held over the imports: layers only look down, nothing imports in a circle."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "ibfast"

LAYERS = [  # lowest first; a module may import from its own layer and from those before it
    {"_codec", "arguments", "other_names", "listeners", "enums", "times"},
    {"schema"},
    {
        "error_codes",
        "errors",
        "limits",
        "request_kinds",
        "wire",
        "records",
        "events",
        "tick_types",
        "bars",
        "stats",
        "table",
    },
    {"streams"},
    {"orders", "contracts"},
    {"session"},
    {"requests", "accounts", "history", "news", "scanner", "wsh"},
    {"client"},
    {"_blocking", "blocking", "simulator", "testing", "prometheus", "demo", "terminal", "__main__"},
]
LAYER_OF = {room: layer for layer, rooms in enumerate(LAYERS) for room in rooms}

SIMULATOR_MAY_USE = {
    "schema", "wire", "limits", "records", "errors", "simulator",
    "error_codes", "request_kinds", "tick_types", "arguments",
}  # fmt: skip
"""What describes the protocol; nothing that a client does with it."""

SIMULATOR_USES = {
    ("simulator.messages", "_codec"),
    ("simulator.orders.working_order", "_codec"),
    ("simulator.session", "_codec"),
    ("simulator.session", "session.session"),
    ("simulator.streams.ticks", "_codec"),
    ("simulator.thread", "_blocking.portal"),  # the event loop thread that it runs in
}
"""What it uses besides; the list may only shrink."""

UPWARD: set[tuple[str, str]] = set()
"""Imports that look up; the list may only shrink."""

CIRCLES = [
    [
        "simulator.faults", "simulator.faults.schedule", "simulator.faults.transport", "simulator.gateway",
        "simulator.handlers.registry", "simulator.rate_limiter", "simulator.session",
    ],
]  # fmt: skip
"""Modules that import each other; the list may only shrink."""


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name below `ibfast`; the package itself is left out."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


MODULES = modules()


def imports_of(name: str) -> set[str]:
    """The modules that one imports, those for the type checker too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.removeprefix("ibfast.") for alias in node.names if alias.name.startswith("ibfast.")}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ibfast":
            base = (node.module or "").removeprefix("ibfast").removeprefix(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}".removeprefix(".")
                found.add(inner if inner in MODULES or inner == "_codec" else base)
    return {module for module in found if module}


IMPORTS = {name: imports_of(name) for name in MODULES}
ARROWS = sorted((name, target) for name, targets in IMPORTS.items() for target in targets)


def room(module: str) -> str:
    return module.split(".")[0]


def test_every_module_has_a_layer() -> None:
    assert {room(module) for module in MODULES} <= set(LAYER_OF)


def test_layers_look_down_only() -> None:
    upward = {(name, target) for name, target in ARROWS if LAYER_OF[room(target)] > LAYER_OF[room(name)]}
    assert upward <= UPWARD


def test_nothing_imports_in_a_circle() -> None:
    assert all(any(set(circle) <= set(known) for known in CIRCLES) for circle in circles()), circles()


def circles() -> list[list[str]]:
    """Groups of modules that import each other, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in sorted(IMPORTS.get(name, ())):
            if target not in MODULES:
                continue
            if target not in index:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], index[target])
        if low[name] == index[name]:
            at = stack.index(name)
            group = stack[at:]
            del stack[at:]
            if len(group) > 1:
                groups.append(sorted(group))

    for name in sorted(MODULES):
        if name not in index:
            visit(name)
    return groups


def test_the_simulator_sees_the_protocol_only() -> None:
    used = {
        (name, target) for name, target in ARROWS if room(name) == "simulator" and room(target) not in SIMULATOR_MAY_USE
    }
    assert used <= SIMULATOR_USES


def test_the_session_core_imports_no_event_loop() -> None:
    tree = ast.parse(MODULES["session.session"].read_text())
    names = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names
    }
    assert "asyncio" not in names


def test_folders_stay_small() -> None:
    sizes = {folder: len(list(folder.glob("*.py"))) for folder in {path.parent for path in MODULES.values()}}
    large = {
        str(folder.relative_to(PACKAGE)): size for folder, size in sizes.items() if size > 22 and folder != PACKAGE
    }
    assert large == {}
