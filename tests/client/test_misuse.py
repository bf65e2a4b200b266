"""The likeliest mistakes, and what ibfast says to each: tests/golden/misuse.txt holds the texts.

Each mistake is made for real, against a simulator. ``python tests/test_misuse.py --write`` writes the file anew; read
the difference before it is committed: a text names the argument and the reason.
"""

import ast
import asyncio
import inspect
import socket
import sys
import textwrap
from datetime import datetime
from pathlib import Path

import pytest
from support.running import simulator

import ibfast

GOLDEN = Path(__file__).parents[1] / "golden" / "misuse.txt"

# Names: ib is a client, old one of a server 176, stream a stream of ticks, trade a working order; host and port are the
# gateway's, and at free_port nobody listens. Empty lines stand between mistakes.
MISTAKES = """
Contract.option("AAPL", expiry="20270115", strike=250, right="X")

Contract.call("AAPL", expiry="20270115", strike=-250)

await ib.qualify(Contract.call("AAPL", expiry="20270115", strike=0))

Contract.call("AAPL", expiry="15/01/2027", strike=250)

Contract.future("ES", month="Mar27", exchange="CME")

Contract.stock("")

Contract.stock("AAPL", currency="usd")

Contract.forex("EURO")

Contract.bond(isin="US037833AT78")

Contract(symbol="AAPL", secType="STK")

await ib.contract_details(Contract(symbol="AAPL"))

await ib.contract_details("AAPL")

await ib.contract_details(Contract.stock("APPL"))

await ib.qualify(Contract.stock("AAPL"), Contract.future("CL", exchange="NYMEX", month="202612"))

await ib.historical_data(aapl, duration="1 D", bar_size="1 minute")

await ib.historical_data(aapl, duration="1 day")

await ib.historical_data(aapl, duration="1 D", what_to_show="TRADE")

await ib.historical_data(aapl, duration="1 D", end=datetime(2026, 8, 24))

await ib.historical_data(aapl, duration="1 D", end="20260824 16:00:00")

await ib.historical_data(aapl, duration="1 D", barSize="1 min")

await ib.historical_ticks(aapl)

await ib.historical_news(265598, "BRFG", start=datetime(2026, 8, 24))

ib.market_data(aapl, generic_ticks=["RTVOLUME"])

ib.market_data(aapl, policy="newest")

ib.market_data(aapl, capacity=0)

ib.depth(aapl, rows=0)

ib.tick_by_tick(aapl, "Trades")

ib.real_time_bars(aapl, what_to_show="LAST")

await ib.market_data_type("LIVE")

await asyncio.gather(stream.next(), stream.next())

stream.close()
while stream.try_next() is not None:
    pass
await stream.next()

for symbol in ["AAPL", "MSFT", "IBM", "TSLA", "SPY", "QQQ"]:
    ib.tick_by_tick(Contract.stock(symbol)).open()

await ib.market_data(Contract.index("SPX", exchange="NYSE")).next()

await ib.order(aapl).buy(-100).market().submit()

await ib.order(aapl).buy("many").market().submit()

await ib.order(aapl).limit(150).submit()

await ib.order(aapl).buy(100).submit()

await ib.order("AAPL").buy(100).market().submit()

await ib.order(aapl).buy(100).limit(float("nan")).submit()

await ib.order(aapl).buy(100).limit("150").submit()

await ib.place_order(aapl, Order(action="BUY", total_quantity=100, order_type="LMT"))

await ib.place_order(aapl, Order(action="BUY", total_quantity=100, order_type="MKT", lmt_price=150))

await ib.place_order(aapl, Order(action="BUY", totalQuantity=100))

await ib.order(aapl).buy(100).bracket(entry=150, take_profit=160, stop_loss=155).submit()

await ib.order(aapl).buy(100).bracket(entry=150).submit()

await ib.order(aapl).buy(100).limit(150).good_till_date(datetime(2026, 9, 1)).submit()

ib.order(aapl).buy(100).trailing_stop(amount=1, percent=1)

ib.order(aapl).buy(100).market().vwap(max_share=10)

ib.order(aapl).buy(100).market().oca("group", 4)

price_condition(Contract.stock("AAPL"), ">=", 150)

price_condition(265598, ">", 150)

(one | other) & third

await ib.modify_order(trade, limit=151)

await ib.cancel_order(trade.order_id)

await old.place_order(aapl, Order.market("BUY", 1).replace(post_only=True))

await old.current_time_in_ms()

await (await ib.order(Contract.index("SPX", exchange="CBOE")).buy(1).market().submit()).filled()

async with await ibfast.Client.connect(host, port, client_id=5, read_only=True) as watcher:
    await watcher.order(aapl).buy(1).market().submit()

await ib.auto_open_orders()

await ib.set_server_log_level(9)

await ib.historical_data(aapl, duration=5)

await ib.historical_data(aapl, duration="1 D", bar_size="1min")

await ib.historical_data(aapl, "1 D")

ib.reqHistoricalData(1, aapl)

ib.placeOrder(aapl, Order())

trade.order.lmtPrice

trade.order.lmtPrice = 151

await ib.modify_order(trade, lmtPrice=151)

await ib.order(aapl).buy(True).market().submit()

await ib.place_order(aapl, Order(action="BUY", total_quantity=100, order_type="MKT", outside_rth="False"))

await ib.account_summary(["NetLiquidation", 5])

await ib.historical_ticks(aapl, end=datetime(2026, 8, 24), number_of_ticks=5000)

await ib.pnl("DU1234567", "265598").next("soon")

await ib.exercise_options(aapl, 0, account="DU1234567")

for group in range(3):
    ib.account_summary_updates().open()

await ib.contract_details(Contract(issuer_id="e1"))

await ibfast.Client.connect(host, 70_000)

await ibfast.Client.connect(host, port, client_id="1")

await ibfast.Client.connect(host, port, client_id=5, idle_s=0)

await ibfast.Client.connect(host, port, clientId=5)

await ib.wsh_event_data(WshFilter())

await ibfast.Client.connect(host, free_port)

await ibfast.Client.connect(host, port, client_id=1)

await ibfast.Client.connect(host, port, client_id=5, versions=(150, 226))

await ibfast.Client.connect(host, port, client_id=5, lines=0)

await ib.close()
await ib.current_time()

await ib.close()
ib.market_data(aapl).open()
"""

CASES = [case.strip() for case in MISTAKES.split("\n\n")]


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


async def said(code):
    """What is raised, without what differs from day to day."""
    async with (
        simulator() as sim,
        simulator(server_version=176) as aged,
        await ibfast.Client.connect(sim.host, sim.port, client_id=1) as ib,
        await ibfast.Client.connect(aged.host, aged.port, client_id=1) as old,
    ):
        aapl = ibfast.Contract.stock("AAPL")
        one, other, third = (ibfast.price_condition(265598, ">=", price) for price in (1, 2, 3))
        names = {name: getattr(ibfast, name) for name in ibfast.__all__} | {
            "ibfast": ibfast, "asyncio": asyncio, "datetime": datetime, "ib": ib, "old": old, "aapl": aapl,
            "stream": ib.market_data(aapl), "trade": await ib.order(aapl).buy(1).limit(1).submit(),
            "one": one, "other": other, "third": third, "host": sim.host, "port": sim.port, "free_port": free_port(),
        }  # fmt: skip
        compiled = compile(code, "<mistake>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        try:
            result = eval(compiled, names)
            if inspect.iscoroutine(result):
                await result
        except Exception as error:
            text = str(error).replace(str(names["free_port"]), "PORT")
            return "\n".join([f"{type(error).__name__}: {text}", *getattr(error, "__notes__", ())])
    raise AssertionError(f"no error: {code}")


def entry(code, text):
    return f"{code}\n{textwrap.indent(text, '# ')}\n"


def golden():
    """The texts by mistake."""
    parts = (part.strip().partition("\n# ") for part in GOLDEN.read_text().split("\n\n"))
    return {code: text.replace("\n# ", "\n") for code, _, text in parts}


@pytest.mark.filterwarnings("ignore:the stream of:ResourceWarning")  # mistakes open streams that nobody keeps
@pytest.mark.parametrize("code", CASES)
def test_a_mistake_is_named(code, run):
    assert run(lambda: said(code)) == golden()[code]


def test_nobody_listens_at_any_address_of_a_name(monkeypatch):
    port = free_port()

    def addresses(host, *arguments, **options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (item, port)) for item in ("127.0.0.1", "127.0.0.2")]

    monkeypatch.setattr(socket, "getaddrinfo", addresses)
    with pytest.raises(ibfast.ConnectionFailed, match=f"gateway.example:{port}: nobody listens"):
        asyncio.run(ibfast.Client.connect("gateway.example", port))


def test_the_file_has_these_mistakes_and_no_others():
    assert list(golden()) == CASES
    assert len(CASES) >= 30


if __name__ == "__main__":
    assert sys.argv[1:] == ["--write"], "python tests/test_misuse.py --write"
    GOLDEN.write_text("\n".join(entry(code, asyncio.run(said(code))) for code in CASES))
