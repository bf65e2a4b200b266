"""What docs/ shows runs as it is shown.

The blocks of a page run in order and share their names; in each of them ``ib`` is a client of a simulator: the blocking
one in blocking.md, on all other pages the async one, where ``await`` stands outside of functions. 4002 is the port of
that simulator. A block with tests runs under pytest. "python no-run" marks what cannot run here.
"""

import ast
import asyncio
import inspect
import re
import time
from pathlib import Path

import pytest
from support.running import WEDNESDAY_NS

import ibfast
from ibfast import blocking, limits
from ibfast.simulator import SimulatorThread

pytest_plugins = ["pytester"]

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.glob("*.md"))
GENERATED = {"coverage.md", "messages.md"}
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
RUNNING = [page for page in PAGES if BLOCK.search(page.read_text())]


def blocks(page, port):
    """The code of a page, each block on its own lines of the file, so that tracebacks point there."""
    text = page.read_text()
    for found in BLOCK.finditer(text):
        before = text.count("\n", 0, found.start(1))
        yield "\n" * before + found[1].replace("4002", str(port))


def run_block(code, page, names, runner):
    compiled = compile(code, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(compiled, names)
    if inspect.iscoroutine(result):
        runner.run(asyncio.wait_for(result, 30))


@pytest.mark.parametrize("page", RUNNING, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page, pytester):
    began = time.monotonic_ns()
    clock = lambda: WEDNESDAY_NS + time.monotonic_ns() - began  # noqa: E731
    with SimulatorThread(rate=500.0, clock=clock) as simulator, asyncio.Runner() as runner:
        where = simulator.host, simulator.port
        if page.stem == "blocking":
            ib, close = (item := blocking.Client.connect(*where, client_id=99)), item.close
        else:
            ib = runner.run(ibfast.Client.connect(*where, client_id=99))
            close = lambda: runner.run(ib.close())  # noqa: E731
        names = {"__name__": page.stem}
        try:
            for code in blocks(page, simulator.port):
                names["ib"] = ib
                if re.search(r"^(async )?def test_", code, re.MULTILINE):
                    pytester.makepyfile(code.lstrip("\n"))
                    outcome = pytester.runpytest_inprocess("-p", "no:cacheprovider")
                    outcome.assert_outcomes(passed=len(re.findall(r"^(?:async )?def test_", code, re.MULTILINE)))
                else:
                    run_block(code, page.name, names, runner)
        finally:
            close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        assert "://" in target or (page.parent / target).exists(), target


def test_every_public_name_is_in_the_docs():
    words = set()
    for page in PAGES:
        if page.name not in GENERATED:
            words.update(re.findall(r"\w+", page.read_text()))
    assert sorted(set(ibfast.__all__) - words) == []


def test_every_method_of_an_order_is_in_its_table():
    text = (DOCS / "orders.md").read_text().partition("## The methods")[2].partition("## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    told = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    there = {name for name in dir(ibfast.OrderBuilder) if not name.startswith("_")}
    assert sorted(told ^ there) == ["set"]  # it stands above the table


def limits_table():
    """IB's limits, as docs/reliability.md shows them: as they are, for a login with the default lines."""
    lines = limits.DEFAULT_LINES
    rows = [f"| all messages | {limits.messages_per_second(lines)} a second, with {lines} market data lines | waits |"]
    rows += [f"| {rate.name} | {rate.most} | waits |" for rate in limits.RATES]
    for quota in limits.QUOTAS:
        most, of_more = quota.most(lines), quota.most(10 * lines)
        more = f", {of_more} with {10 * lines} lines" if of_more != most else ""
        rows.append(f"| {quota.name}, open at once | {most}{more} | {'waits' if quota.waits else '`PacingError`'} |")
    return "\n".join(["| limit | at most | what comes on top |", "|---|---|---|", *rows])


def test_the_table_of_limits_is_that_of_the_code():
    text = (DOCS / "reliability.md").read_text()
    assert re.findall(r"<!-- limits -->\n(.*?)\n<!-- /limits -->", text, re.DOTALL) == [limits_table()]


def test_each_promise_has_a_test_that_there_is():
    named = {name for page in PAGES for name in re.findall(r"`(test_\w+)`", page.read_text())}
    tests = "".join(path.read_text() for path in (DOCS.parent / "tests").rglob("test_*.py"))
    there = set(re.findall(r"def (\w+)", tests))
    assert named
    assert sorted(named - there) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_calls_is_there(page):
    text = page.read_text()
    if page.stem.startswith("migrating"):
        text = "\n".join(line.partition(" | ")[2] for line in text.splitlines() if line.startswith("| "))
    called = set(re.findall(r"\bib\.(\w+)\(", text))
    assert sorted(name for name in called if not hasattr(ibfast.Client, name)) == []


def names_of_theirs(page):
    """The code in the left column of the tables of a page, as far as it is a name."""
    lines = (DOCS / page).read_text().splitlines()
    cells = "".join(line.partition(" | ")[0] for line in lines if line.startswith("| `"))
    return set(re.findall(r"`(\w+(?:\.\w+)?)", cells))


def test_the_official_client_has_the_names_on_its_page():
    client, wrapper = (pytest.importorskip(f"ibapi.{name}") for name in ("client", "wrapper"))
    order = pytest.importorskip("ibapi.order").Order()
    has = {*dir(client.EClient), *dir(wrapper.EWrapper), *vars(order), "EClient.connect", "Contract", "TickTypeEnum"}
    assert sorted(names_of_theirs("migrating-from-ibapi.md") - has) == []


def test_ib_async_has_the_names_on_its_page():
    theirs = pytest.importorskip("ib_async").IB()
    named = names_of_theirs("migrating-from-ib_async.md")
    methods = [name.removeprefix("ib.") for name in named if name.startswith("ib.")]
    assert methods
    assert sorted(name for name in methods if not hasattr(theirs, name)) == []


def test_every_logger_is_documented():
    package = Path(ibfast.__file__).parent
    named = {
        name for source in package.rglob("*.py") for name in re.findall(r'getLogger\("([\w.]+)"\)', source.read_text())
    }
    told = set(re.findall(r"^\| `(ibfast\.\w+)` \|", (DOCS / "logging.md").read_text(), re.MULTILINE))
    assert sorted(named) == sorted(told)
