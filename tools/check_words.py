"""Words that the field's terms have replaced must not come back: in names that code binds, and in prose.

The first table is of names: of classes, functions, arguments, attributes and variables. The second is of phrases, in
docstrings, comments and pages. What stands beside each is what to write instead.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
GENERATED = {"ibfast/blocking.py", "tools/check_words.py"}

NAMES = {
    "Conversation": "Session", "talk": "session", "Link": "Transport", "Answer": "PendingRequest",
    "Receiver": "MessageHandler", "Durable": "Resumable", "greeted": "on_server_hello", "unclaimed": "unmatched",
    "on_left": "on_sent", "WRITES": "ORDER_REQUESTS", "SharedAnswer": "SharedRequest", "stray": "orphaned",
    "give_up": "expire", "withdraw": "remove_waiter", "_come_back": "_reconnect", "_turn": "_wait_until_connected",
    "on_back": "on_reconnected", "_pump_soon": "_schedule_release", "_watch_silence": "_monitor_idle",
    "reconciling": "reconciliation", "Spin": "BusyPoller", "Watch": "HealthMonitor",
    "unreadable": "report_decode_error", "is_free": "try_acquire", "took": "record_sent", "holds": "is_queued",
    "complained": "on_pacing_violation", "Share": "Charge", "LiveStream": "Subscription",
    "Feed": "SharedSubscription, RowEncoder", "followers": "subscribers", "aim": "retarget", "takes": "accepts",
    "picture": "snapshot", "Bell": "Waiter", "ring": "notify", "Channel": "Broadcast", "second_rows": "option_rows",
    "Words": "OrderFields", "SENSELESS": "INAPPLICABLE", "PARTNERS": "REQUIRES", "_SUSPECTS": "_CHECKED_FIELDS",
    "Trades": "TradeRegistry", "tell": "emit", "intend": "log_intent", "RESPELLED": "REFORMATTED",
    "says_the_same": "confirms", "Turns": "SharedLock", "_taken": "_drain", "_itself": "_identity",
    "OneAccount": "AccountSource", "face": "proxy", "faced": "wrap_callback", "bare": "unwrap",
    "next_cold": "decode_hot", "Reading": "DecodeContext", "REST": "PARTIAL", "spelling": "text_format",
    "blanks": "unset_runs", "Script": "FaultSchedule", "Armed": "ArmedFault", "struck": "applied",
    "Line": "FaultyTransport", "hears": "accepts_request", "Enforcer": "RateLimiter", "Ledger": "ConnectionUsage",
    "Recent": "SlidingWindow", "Intake": "OrderIntake", "Judge": "ConditionEvaluator", "Deal": "Match",
    "why_not": "modification_refusal", "told_id": "reported_order_id", "told": "messages", "heard": "on_…, messages",
    "it": "the thing's name", "found": "a noun", "given": "a noun", "wanted": "a noun", "asked": "a noun",
}  # fmt: skip

PHRASES = {
    r"\bfor ever\b": "indefinitely, always",
    r"\b(made|asked for|begun?|begins?|opened|sent|set) anew\b|\banew\b": "again, reconnects, resubscribed",
    r"\bgoes on behind a gap\b": "resumes after a gap",
    r"\b(listener|reader)s? that sleeps?\b": "a slow reader",
    r"\badmit(s|ting)? (its|their) losses\b": "counts what it dropped",
    r"\bWho want the same\b": "callers with the same key",
}


def main() -> int:
    complaints = [complaint for path in sources() for complaint in complaints_about(path)]
    print(*complaints, sep="\n", end="\n" if complaints else "")
    return bool(complaints)


def sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.pyx", "*.pxd", "*.pyi", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.splitlines() if name not in GENERATED | {"CHANGELOG.md"}]
    return [ROOT / name for name in names]


def complaints_about(path: Path) -> Iterator[str]:
    text, place = path.read_text(encoding="utf-8"), path.relative_to(ROOT)
    if path.suffix in (".py", ".pyi"):
        for line, name in bound_names(ast.parse(text)):
            if name in NAMES:
                yield f"{place}:{line}: {name}: write {NAMES[name]}"
    elif path.suffix in (".pyx", ".pxd"):
        for line, name in cython_names(text):
            if name in NAMES:
                yield f"{place}:{line}: {name}: write {NAMES[name]}"
    for line, prose in prose_of(path, text):
        for phrase, instead in PHRASES.items():
            if match := re.search(phrase, prose):
                yield f"{place}:{line}: {match[0]!r}: write {instead}"


def bound_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Names that the code gives, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr


def cython_names(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if definition := re.match(r"\s*(?:cdef|cpdef|def|ctypedef|class)\b(.*)", line.partition("#")[0]):
            for name in re.findall(r"\b[A-Za-z_]\w*\b", definition[1]):
                yield number, name


def prose_of(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """Lines of prose: all of a page, comments and strings of code."""
    if path.suffix == ".md":
        yield from enumerate(text.splitlines(), 1)
        return
    if path.suffix in (".pyx", ".pxd"):
        yield from ((number, line) for number, line in enumerate(text.splitlines(), 1) if "#" in line or '"' in line)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            for offset, line in enumerate(token.string.splitlines()):
                yield token.start[0] + offset, line


if __name__ == "__main__":
    sys.exit(main())
