"""Write ibfast/blocking.py: the async classes, method by method, seen through a thread. ``--check`` only compares."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import ibfast
from ibfast.streams.ticks import Computations

PACKAGE = Path(ibfast.__file__).parent
TARGET = PACKAGE / "blocking.py"
CLASSES = [  # what users meet, base classes before what is made of them
    ibfast.MessageStream, ibfast.Updates, Computations, ibfast.Ticks, ibfast.BarUpdates, ibfast.Quote, ibfast.OrderBook,
    ibfast.Trade, ibfast.Portfolio, ibfast.BracketBuilder, ibfast.OrderBuilder, ibfast.Client,
]  # fmt: skip
OURS = {cls.__name__ for cls in CLASSES}
INTERNAL = {  # for the conversation, not for users
    "put", "fail", "open", "received", "noticed", "failed", "rows", "option_rows",
    "on_open_order", "on_status", "on_execution", "on_commission", "on_error", "connection_lost",
    "listeners", "replaying", "on_refusal", "on_completed", "interrupted", "resumed", "resume",
    "on_disconnected", "on_lost", "on_unacknowledged", "reported", "sent_again",
}  # fmt: skip
HEADER = '''"""The blocking client: `ibfast.Client`, method by method, seen through a thread.

Any number of threads may use one client. Streams are plain iterators and context managers.

Written by tools/generate_blocking.py from the async classes; never edited.
"""

from __future__ import annotations

{imports}

T = TypeVar("T")
'''


def main() -> int:
    trees = {module: ast.parse(Path(sys.modules[module].__file__).read_text()) for module in modules()}
    imports = dict.fromkeys(["from itertools import chain", "import ibfast.client"])
    imports["from ibfast._blocking.proxy import Facade, bare, register"] = None
    for module, tree in trees.items():
        imports |= dict.fromkeys(
            ast.unparse(node) for node in tree.body if isinstance(node, ast.ImportFrom | ast.Import)
        )
        if names := public_names(tree):
            imports[f"from {module} import {', '.join(names)}"] = None
    imports |= dict.fromkeys(f"import {cls.__module__}" for cls in CLASSES)
    classes = [render(cls, lineage(cls, trees)) for cls in CLASSES]
    text = (
        HEADER.format(imports="\n".join(without_ours(line) for line in imports))
        + "\n\n"
        + "\n\n\n".join(classes)
        + "\n"
    )
    if "--check" in sys.argv:
        if not TARGET.exists() or code_of(TARGET.read_text()) != code_of(text):
            print("ibfast/blocking.py is stale: run make generate")
            return 1
        return 0
    TARGET.write_text(tidy(text))
    return 0


def code_of(text: str) -> list[str]:
    """What a module defines, whatever its formatting: neither ruff nor its version matters to a check."""
    return [ast.dump(node) for node in ast.parse(text).body if not isinstance(node, ast.Import | ast.ImportFrom)]


def bases_of(cls: type) -> list[type]:
    """A class of ibfast and its bases of ibfast, the farthest first; one that two bases share comes once."""
    if not cls.__module__.startswith("ibfast."):
        return []
    return list(dict.fromkeys([*(far for base in cls.__bases__ for far in bases_of(base)), cls]))


def modules() -> list[str]:
    """The modules of these classes and of their bases."""
    return sorted({base.__module__ for cls in CLASSES for base in bases_of(cls)})


def lineage(cls: type, trees: dict[str, ast.Module]) -> list[ast.ClassDef]:
    """The source of a class and of its bases, the farthest first."""
    return [
        node
        for base in bases_of(cls)
        for node in trees[base.__module__].body
        if isinstance(node, ast.ClassDef) and node.name == base.__name__
    ]


def without_ours(line: str) -> str:
    """An import without the async classes that have a face here."""
    start, imports, names = line.partition(" import ")
    if not start.startswith("from ibfast."):
        return line
    kept = [name for name in names.split(", ") if name not in OURS]
    return f"{start}{imports}{', '.join(kept)}" if kept else ""


def public_names(tree: ast.Module) -> list[str]:
    """What a module defines beside the classes that are rewritten; unused ones are removed later."""
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    assigned = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    assigned += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    names += [target.id for target in assigned if isinstance(target, ast.Name)]
    return [name for name in names if is_public(name) and name not in OURS and name != "T"]


def tidy(text: str) -> str:
    """Drop unused imports, sort the rest, format."""
    ruff = [sys.executable, "-m", "ruff"]
    name = ["--no-cache", "--stdin-filename", str(PACKAGE / "unformatted.py"), "-"]
    for command in (["check", "--fix", "--exit-zero", "--quiet", "--select", "F401,F811,I"], ["format", "--quiet"]):
        text = subprocess.run([*ruff, *command, *name], input=text, capture_output=True, text=True, check=True).stdout
    return text


def render(cls: type, parts: list[ast.ClassDef]) -> str:
    name = cls.__name__
    lines = [f"@register({cls.__module__}.{name})", f"class {name}({bases(parts[-1])}):", docstring(parts[-1], 1)]
    members: dict[str, str] = {}
    explained: dict[str, ast.stmt] = {}  # by a base, for a method that says nothing itself
    for part in parts:
        for node in part.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_public(node.name):
                if ast.get_docstring(node) is not None:
                    explained[node.name] = node.body[0]
                elif node.name in explained:
                    node.body.insert(0, explained[node.name])
                members[node.name] = method(node)
            elif isinstance(node, ast.AnnAssign) and is_public(name_of(node)):
                members[name_of(node)] = attribute(node)
    text = "\n\n".join(["\n".join(lines), *members.values(), *special(parts)])
    return re.sub(r"\bT\b", item_of(parts), text)


def item_of(parts: list[ast.ClassDef]) -> str:
    """What iterating over a class gives, T if it is generic in that."""
    item = "T"
    for base in (ast.unparse(base) for part in parts for base in part.bases):
        if match := re.fullmatch(r"\w*Stream\[(.*)\]", base):
            item = match[1]
    return item


def bases(node: ast.ClassDef) -> str:
    """A class that is generic in T stays so."""
    return "Facade, Generic[T]" if any(ast.unparse(base).endswith("[T]") for base in node.bases) else "Facade"


def is_public(name: str) -> bool:
    return not name.startswith("_") and name not in INTERNAL


def name_of(node: ast.AnnAssign) -> str:
    return ast.unparse(node.target)


def attribute(node: ast.AnnAssign) -> str:
    name, kind = name_of(node), ast.unparse(node.annotation)
    return f"    @property\n    def {name}(self) -> {kind}:\n        return self._read({name!r})"


def method(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
    if "property" in decorators:
        returns = ast.unparse(node.returns)
        head = f"    @property\n    def {node.name}(self) -> {returns}:"
        return "\n".join([head, docstring(node, 2), f"        return self._read({node.name!r})"])
    returns = ast.unparse(node.returns) if node.returns else "None"
    iterates = returns.startswith("AsyncIterator")
    returns = returns.replace("AsyncIterator", "Iterator")
    arguments = node.args
    passed = [unwrapped(argument) for argument in arguments.args[1:]]
    passed += [f"*{unwrapped(arguments.vararg)}"] if arguments.vararg else []
    passed += [f"{argument.arg}={unwrapped(argument)}" for argument in arguments.kwonlyargs]
    passed += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    call_arguments = ", ".join(passed)
    lines = [f"    def {node.name}({ast.unparse(arguments)}) -> {returns}:"]
    lines += [text] if (text := docstring(node, 2)) else []
    if "classmethod" in decorators:
        lines.insert(0, "    @classmethod")
        lines.append(f"        return cls._open(lambda: ibfast.client.Client.{node.name}({call_arguments}))")
    elif "self._next_event" in ast.unparse(node):  # one visit to the loop a batch, not one an event
        lines.append("        return chain.from_iterable(self._iterate(self._async._event_batches()))")
    elif iterates:
        lines.append(f"        return self._iterate(self._async.{node.name}({call_arguments}))")
    elif isinstance(node, ast.AsyncFunctionDef):
        is_end = node.name == "close"  # of the client, which takes the loop and its thread with it
        lines.append(
            "        return self._close()"
            if is_end
            else f"        return self._run(self._async.{node.name}({call_arguments}))"
        )
    else:
        lines.append(f"        return self._call(self._async.{node.name}, {call_arguments})".replace(", )", ")"))
    return "\n".join(lines)


def unwrapped(argument: ast.arg) -> str:
    """How an argument is passed on: a blocking face as what is behind it, a callback so that it is given faces.

    A ``Callable[..., object]`` is given nothing that has a face.
    """
    if argument.annotation is not None and "Callable[[" in ast.unparse(argument.annotation):
        return f"self._faced({argument.arg})"
    is_face = argument.annotation is not None and OURS & set(re.findall(r"\w+", ast.unparse(argument.annotation)))
    return f"bare({argument.arg})" if is_face else argument.arg


def special(parts: list[ast.ClassDef]) -> list[str]:
    """Iteration and context management, where the async class has them."""
    defined = {node.name: node for part in parts for node in part.body if hasattr(node, "name")}
    methods = []
    if "__aiter__" in defined:
        returns = ast.unparse(defined["__aiter__"].returns)
        item = returns[len("AsyncIterator[") : -1] if returns.startswith("AsyncIterator") else item_of(parts)
        methods.append(f"    def __iter__(self) -> Iterator[{item}]:\n        return self._iterate(self._async)")
    if "__aenter__" in defined:
        methods.append(
            "    def __enter__(self) -> Self:\n        self._run(self._async.__aenter__())\n        return self\n\n"
            "    def __exit__(self, *error: object) -> None:\n        self.close()"
        )
    return methods


def docstring(node: ast.AST, depth: int) -> str:
    text = ast.get_docstring(node)
    if text is None:
        return ""
    text = re.sub(r"\b(async (?=with|for)|await )", "", text).replace("StopAsyncIteration", "StopIteration")
    indent = "    " * depth
    end = "\n" if "\n" in text else ""
    return "\n".join(f"{indent}{line}".rstrip() for line in f'"""{text}{end}"""'.splitlines())


if __name__ == "__main__":
    sys.exit(main())
