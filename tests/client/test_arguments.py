"""Every argument of every public method is checked where it is given; the error names it.

The walk reads signatures, so that a new method is tried as soon as it is written.
"""

import contextlib
import inspect
import math
import re
from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest
from support.running import simulator

import ibfast
import ibfast.blocking
from ibfast import BracketBuilder, Client, Contract, Order, OrderBuilder, Trade, wire
from ibfast._codec import Kind
from ibfast.arguments import checks_arguments
from ibfast.schema import PlaceOrderRequest
from ibfast.schema.contract import OWN_CHECKS
from ibfast.simulator import Simulator

NAN, INF = math.nan, math.inf
NAIVE = datetime(2026, 8, 24)
NEITHER = object()

WRONG = {  # by what a signature says
    "str": [5, 1.5, b"AAPL", True, [], NEITHER],
    "int": ["many", 1.5, NAN, INF, True, np.bool_(True), np.float64(2.0), 2**70, -(2**70), 10**5000, [], b"1"],
    "float": ["150", NAN, INF, -INF, True, np.float64(NAN), Decimal("NaN"), 10**400, 10**5000, [], b"1"],
    "bool": ["yes", 2, -1, 1.0, NAN, [], "False"],
    "datetime": [5, NAIVE, True],
    "Contract": [5, True, Order(), NEITHER],
    "Order": [5, True, Contract(), "LMT", NEITHER],
    "Trade": [5.0, True, Contract(), NEITHER],
    "Condition": [5, "AAPL", Contract()],
    "Iterable": [5, True],
    "Callable": [5, "print"],
}
OPEN = {"Any", "date", "Quantity", "Targets", "Moment", "Literal", "Self", "GenericTicks", "Updates", "PathLike"}
"""Kinds with a test of their own below, or that take anything."""
CLASSES = [Client, OrderBuilder, BracketBuilder, Contract, Order]


def walk():
    for cls in CLASSES:
        for name in dir(cls):
            member = inspect.getattr_static(cls, name)
            function = getattr(member, "__func__", member)
            if name.startswith("_") or not inspect.isfunction(function) or name in Contract.__fields__:
                continue
            for parameter in list(inspect.signature(function).parameters.values())[1:]:
                tested_elsewhere = cls is Contract and parameter.name in OWN_CHECKS  # in test_contract
                if parameter.kind is not parameter.VAR_KEYWORD and not tested_elsewhere:
                    yield pytest.param(cls, name, parameter, id=f"{cls.__name__}.{name}-{parameter.name}")


def wrong_values(parameter):
    hint = parameter.annotation
    hint = hint if isinstance(hint, str) else inspect.formatannotation(hint)
    words = set(re.findall(r"[A-Za-z_]\w*", hint)) - {"None"}
    kinds = words & set(WRONG)
    if "tuple" in words or words & OPEN:
        return [NEITHER] if "Any" not in words else []
    if "Iterable" in words:
        return WRONG["Iterable"]
    wrong = [value for kind in kinds for value in WRONG[kind]]
    if len(kinds) > 1:  # wrong for one may be right for another
        wrong = [NEITHER]
    return wrong if "None" in hint else [*wrong, None]


def call(method, /, *given, **named):
    """Call it, and let a coroutine or generator run to its first wait, which a wrong argument keeps it from."""
    result = method(*given, **named)
    if inspect.isasyncgen(result):
        anext(result).send(None)
    elif inspect.iscoroutine(result):
        with contextlib.closing(result):
            result.send(None)


def before(method, rest):
    """Texts for the arguments that come before the rest."""
    return ["text" for one in inspect.signature(method).parameters.values() if one.kind < rest.kind]


def bare(cls):
    """An object whose checks run before anything it is made of would be needed."""
    return cls.__new__(cls)


@pytest.mark.parametrize(("cls", "name", "parameter"), list(walk()))
def test_an_argument_of_a_wrong_kind_is_refused_by_name(cls, name, parameter):
    method = getattr(bare(cls) if cls not in (Contract, Order) else cls, name)
    values = wrong_values(parameter)
    for value in values:
        given, named = ([], {parameter.name: value})
        if parameter.kind is parameter.VAR_POSITIONAL:
            given, named = [*before(method, parameter), value], {}
        with pytest.raises((TypeError, ValueError)) as refused:
            call(method, *given, **named)
        said = str(refused.value)
        assert re.match(rf"{parameter.name}\b", said), (value, said)


@pytest.mark.parametrize("name", [name for name in dir(Client) if not name.startswith("_")])
def test_every_method_of_the_client_checks_its_arguments(name):
    member = inspect.getattr_static(Client, name)
    function = getattr(member, "__func__", member)
    if inspect.isfunction(function) and len(inspect.signature(function).parameters) > 1:
        assert hasattr(function, "checks_arguments")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"port": 0}, "port: 0 is not from 1 to 65535"),
        ({"port": 65536}, "port: 65536 is not from 1 to 65535"),
        ({"port": 65536 + 4002}, "port: 69538 is not from 1 to 65535"),
        ({"port": -1}, "port: -1 is not from 1 to 65535"),
        ({"port": "4002"}, "port: '4002' is not a whole number"),
        ({"port": 4002.0}, "port: 4002.0 is not a whole number"),
        ({"client_id": "1"}, "client_id: '1' is not a whole number"),
        ({"client_id": None}, "client_id: None is not a whole number"),
        ({"client_id": True}, "client_id: True is not a whole number"),
        ({"client_id": -1}, "client_id: -1 is not 0 or more"),
        ({"client_id": 2**31}, "client_id: 2147483648 is too large; 2147483647 is the most"),
        ({"host": None}, "host: None is not a text"),
        ({"host": b"127.0.0.1"}, "host: b'127.0.0.1' is not a text"),
        ({"timeout_s": 0}, "timeout_s: 0 is not a positive number"),
        ({"timeout_s": -5}, "timeout_s: -5 is not a positive number"),
        ({"timeout_s": "10"}, "timeout_s: '10' is not a number"),
        ({"timeout_s": NAN}, "timeout_s: nan is not a finite number"),
        ({"request_timeout_s": NAN}, "request_timeout_s: nan is not a finite number"),
        ({"request_timeout_s": 0}, "request_timeout_s: 0 is not a positive number"),
        ({"idle_s": 0}, "idle_s: 0 is not a positive number"),
        ({"idle_s": -1.0}, "idle_s: -1.0 is not a positive number"),
        ({"idle_s": NAN}, "idle_s: nan is not a finite number"),
        ({"idle_s": None}, "idle_s: None is not a number"),
        ({"idle_s": 1e12}, "idle_s: 1000000000000.0 is too large; 31622400 is the most"),
        ({"lines": "100"}, "lines: '100' is not a whole number"),
        ({"lines": 100.0}, "lines: 100.0 is not a whole number"),
        ({"versions": 176}, "versions: 176 is not 2 values"),
        ({"versions": ("157", "226")}, "versions[0]: '157' is not a whole number"),
        ({"read_only": "no"}, "read_only: 'no' is neither True nor False"),
        ({"reconnect": None}, "reconnect: None is neither True nor False"),
        ({"journal": 5}, "journal: 5 is neither a text nor a PathLike"),
        ({"clientId": 5}, "connect() has no argument 'clientId'; did you mean 'client_id'?"),
        ({"timeout": 5}, "connect() has no argument 'timeout'; did you mean 'timeout_s'?"),
        ({"readonly": True}, "connect() has no argument 'readonly'; did you mean 'read_only'?"),
    ],
    ids=str,
)
@pytest.mark.parametrize("connect", [Client.connect, ibfast.blocking.Client.connect], ids=["async", "blocking"])
def test_what_connect_cannot_use_is_said_before_a_socket_is_opened(options, said, connect, run):
    async def main():
        with pytest.raises((TypeError, ValueError), match=f"^{re.escape(said)}$"):
            await connect(**options)

    if connect.__module__ == "ibfast.blocking" and "has no argument" not in said:
        with pytest.raises((TypeError, ValueError), match=f"^{re.escape(said)}$"):
            connect(**options)
    elif connect.__module__ != "ibfast.blocking":
        run(main)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"port": 65536}, "port: 65536 is not from 0 to 65535"),
        ({"port": "0"}, "port: '0' is not a whole number"),
        ({"rate": -1}, "rate: -1 is not 0 or more"),
        ({"rate": NAN}, "rate: nan is not a finite number"),
        ({"rate": "fast"}, "rate: 'fast' is not a number"),
        ({"seed": "seven"}, "seed: 'seven' is not a whole number"),
        ({"seed": 1.5}, "seed: 1.5 is not a whole number"),
        ({"server_version": "226"}, "server_version: '226' is not a whole number"),
        ({"server_version": 156}, "server_version 156: the simulator speaks 157 to 226"),
        ({"lines": 0}, "lines: 0 is not 1 or more"),
        ({"faults": 5}, "faults: 5 is not a list"),
        ({"clock": 5}, "clock: 5 cannot be called"),
        ({"host": 5}, "host: 5 is not a text"),
        ({"fa": "yes"}, "fa: 'yes' is neither True nor False"),
        ({"enforce_limits": None}, "enforce_limits: None is neither True nor False"),
    ],
    ids=str,
)
def test_what_the_simulator_cannot_use_is_said_at_once(options, said):
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(said)}$"):
        Simulator(**options)


def test_a_rate_without_a_limit_is_infinite():
    assert Simulator(rate=INF).port == 0


def test_numbers_of_numpy_and_flags_of_others_are_taken(run):
    """What a user computes with is what he has at hand."""

    async def main():
        async with simulator() as sim, await Client.connect(sim.host, np.int64(sim.port), np.int32(3)) as ib:
            (aapl,) = await ib.qualify(Contract.stock("AAPL"))
            bars = await ib.historical_data(aapl, duration="1 D", bar_size="1 hour", use_rth=1)
            assert len(bars)
            ticks = await ib.historical_ticks(
                aapl, end=datetime.now().astimezone(), number_of_ticks=np.int64(5), use_rth=np.bool_(False)
            )
            assert len(ticks) >= 5
            async with ib.book(aapl.replace(exchange="NASDAQ"), rows=np.int16(3)) as book:
                await book.next(np.float32(10))
            trade = await ib.order(aapl).buy(np.float64(100)).limit(np.float64(bars["close"][-1]) * 0.5).submit()
            assert trade.order.total_quantity == 100
            assert type(trade.order.lmt_price) is float
            await ib.cancel_order(trade)
            await trade.done()

    run(main)


@pytest.mark.parametrize("timeout_s", ["5", NAN, -1, True, [], 1e300])
def test_a_stream_refuses_a_timeout_that_is_none(run, timeout_s):
    async def main():
        async with (
            simulator() as sim,
            await Client.connect(sim.host, sim.port) as ib,
            ib.market_data(Contract.stock("AAPL")) as stream,
        ):
            with pytest.raises((TypeError, ValueError), match=r"^timeout_s: "):
                await stream.next(timeout_s)
            with pytest.raises((TypeError, ValueError), match=r"^seconds: "):
                await stream.collect_for(timeout_s)
            assert len(await stream.next(10))

    run(main)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda ib, c: ib.historical_data(c, duration=5), "duration: 5 is not a text"),
        (
            lambda ib, c: ib.historical_data(c, duration="1 D", barSizeSetting="1 min"),
            "historical_data() has no argument 'barSizeSetting'; did you mean 'bar_size'?",
        ),
        (
            lambda ib, c: ib.historical_data(c, durationStr="1 D"),
            "historical_data() has no argument 'durationStr'; did you mean 'duration'?",
        ),
        (
            lambda ib, c: ib.market_data(c, genericTickList="233"),
            "market_data() has no argument 'genericTickList'; did you mean 'generic_ticks'?",
        ),
        (lambda ib, c: ib.book(c, numRows=5), "book() has no argument 'numRows'; did you mean 'rows'?"),
        (lambda ib, c: ib.account_summary(5), "tags: 5 is neither a text nor a list"),
        (lambda ib, c: ib.account_summary(["NetLiquidation", 5]), "tags[1]: 5 is not a text"),
        (lambda ib, c: ib.order(c).limit(lmtPrice=5), "limit() has no argument 'lmtPrice'; did you mean 'price'?"),
        (lambda ib, c: ib.order(c).buy(True), "quantity: True is none of a whole number, a number, a text, a Decimal"),
        (
            lambda ib, c: ib.order(c).bracket(take_profit=["160"]),
            "take_profit[0]: '160' is neither a number nor a tuple",
        ),
        (lambda ib, c: ib.combo((c, 1.5)), "legs[0][1]: 1.5 is not a whole number"),
        (lambda ib, c: ib.combo(c), "legs[0]: "),
        (lambda ib, c: ib.qualify(c, "MSFT"), "contracts[1]: 'MSFT' is not a Contract, such as Contract.stock('AAPL')"),
        (lambda ib, c: ib.order(c).adaptive("normal"), "did you mean 'Normal'?"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_user(mistake, said):
    client = bare(Client)
    client.order = lambda contract: OrderBuilder(contract, Order(), None, None)
    with pytest.raises((TypeError, ValueError), match=re.escape(said)):
        call(mistake, client, Contract.stock("AAPL"))


@pytest.mark.parametrize(
    ("bar_size", "meant"),
    [
        ("1min", "1 min"),
        ("5min", "5 mins"),
        ("1 minute", "1 min"),
        ("1hour", "1 hour"),
        ("1d", "1 day"),
        ("30s", "30 secs"),
    ],
)
def test_a_bar_size_that_is_nearly_one_of_ibs_is_recognised(run, bar_size, meant):
    async def main():
        async with simulator() as sim, await Client.connect(sim.host, sim.port) as ib:
            with pytest.raises(ValueError, match=rf"^bar_size: '{bar_size}' is none of .*; did you mean '{meant}'\?$"):
                await ib.historical_data(Contract.stock("AAPL"), duration="1 D", bar_size=bar_size)

    run(main)


@pytest.mark.parametrize("version", [200, 226])
def test_the_bonds_of_an_issuer_are_asked_for_by_the_issuer_alone(run, version):
    async def main():
        async with simulator(server_version=version) as sim, await Client.connect(sim.host, sim.port) as ib:
            (bond,) = await ib.contract_details(Contract(issuer_id="e1453318"))
            assert (bond.contract.con_id, bond.contract.sec_type) == (127128131, "BOND")
            with pytest.raises(ibfast.RequestError, match="200: No security definition"):
                await ib.contract_details(Contract(issuer_id="e1"))

    run(main)


def test_a_full_quota_is_no_reason_for_more_lines_where_lines_change_nothing(run):
    async def main():
        async with simulator() as sim, await Client.connect(sim.host, sim.port) as ib:
            streams = [ib.account_summary_updates(["BuyingPower"]) for _ in range(3)]
            for stream in streams[:2]:
                stream.open()
            with pytest.raises(ibfast.PacingError, match=r"2 of 2 are open; IB allows no more at a time; close one$"):
                streams[2].open()
            for stream in streams:
                stream.close()

    run(main)


def test_what_a_check_costs_nothing_of_is_the_function_itself():
    """A method without arguments is called as it is, and signatures stay what they were."""

    class Thing:
        @checks_arguments
        def method(self, rows: int, *, name: str = "") -> str:
            """Explained."""
            return f"{rows} {name}"

    assert str(inspect.signature(Thing.method)) == "(self, rows: int, *, name: str = '') -> str"
    assert Thing.method.__doc__ == "Explained."
    assert Thing().method(np.int8(3), name="x") == "3 x"
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'rows'"):
        Thing().method()


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (
            lambda: ibfast.price_condition("AAPL", ">=", 150),
            "contract: 'AAPL' is neither a Contract nor a whole number",
        ),
        (lambda: ibfast.price_condition(265598, ">=", NAN), "price: nan is not a finite number"),
        (lambda: ibfast.price_condition(265598, ">=", "150"), "price: '150' is not a number"),
        (lambda: ibfast.volume_condition(265598, ">=", 1.5), "volume: 1.5 is not a whole number"),
        (lambda: ibfast.volume_condition(265598, ">=", 2**40), "volume: 1099511627776 is too large"),
        (lambda: ibfast.margin_condition(">=", True), "percent: True is not a whole number"),
        (lambda: ibfast.time_condition(">=", NAIVE), "moment: 2026-08-24 00:00:00 has no time zone"),
        (lambda: ibfast.execution_condition(5), "symbol: 5 is not a text"),
        (lambda: ibfast.percent_change_condition(265598, ">=", INF), "percent: inf is not a finite number"),
        (lambda: ibfast.price_condition(265598, ">=", 1, triggerMethod=1), "did you mean 'trigger_method'?"),
    ],
)
def test_a_condition_checks_its_arguments(mistake, said):
    with pytest.raises((TypeError, ValueError), match=re.escape(said)):
        mistake()
    assert ibfast.price_condition(np.int64(265598), ">=", np.float64(150))


def test_the_blocking_client_knows_the_names_of_others_too():
    client = bare(ibfast.blocking.Client)
    with pytest.raises(
        TypeError, match=r"^historical_data\(\) has no argument 'durationStr'; did you mean 'duration'\?$"
    ):
        client.historical_data(Contract.stock("AAPL"), durationStr="1 D")
    with pytest.raises(TypeError, match=r"takes contract by position; the others by name, such as duration='1 D'$"):
        client.historical_data(Contract.stock("AAPL"), "1 D")


def test_a_callback_must_be_one():
    with pytest.raises(TypeError, match=r"^callback: 'print' cannot be called$"):
        Trade(Contract(), Order(), 1).on("print")


@pytest.mark.parametrize("version", [200, 226])
@pytest.mark.parametrize("value", ["False", "yes", 2, 0.5, NAN, b"1"])
def test_a_flag_of_an_order_is_no_text_and_no_other_number(version, value):
    """Whatever was true to Python went out as true, the text "False" among it."""
    for name in ("outside_rth", "all_or_none", "transmit", "what_if"):
        order = Order(action="BUY", total_quantity=1, order_type="MKT", **{name: value})
        with pytest.raises(ValueError, match=rf"\.{name}: neither True nor False: "):
            wire.encode(PlaceOrderRequest(order_id=1, contract=Contract(con_id=1), order=order), version)


@pytest.mark.parametrize("version", [200, 226])
def test_an_order_takes_the_numbers_of_numpy_in_every_field(version):
    values = {Kind.BOOL: np.bool_(True), Kind.INT: np.int32(3), Kind.FLOAT: np.float64(1.5), Kind.DECIMAL: np.int64(7)}
    plain = {Kind.BOOL: True, Kind.INT: 3, Kind.FLOAT: 1.5, Kind.DECIMAL: Decimal(7)}
    fields = {
        name: field.kind
        for name, field in Order.__fields__.items()
        if field.kind in values and not field.repeated and field.since <= version
    }
    orders = [Order(**{name: of[kind] for name, kind in fields.items()}) for of in (values, plain)]
    requests = [PlaceOrderRequest(order_id=1, contract=Contract(con_id=1), order=order) for order in orders]
    assert wire.encode(requests[0], version) == wire.encode(requests[1], version)


def test_a_flag_of_numpy_in_a_field_that_came_later_is_refused_as_any_other():
    order = Order(action="BUY", total_quantity=1, order_type="MKT", post_only=np.bool_(True))
    with pytest.raises(ibfast.VersionError, match="post_only needs server version"):
        wire.encode(PlaceOrderRequest(order_id=1, contract=Contract(con_id=1), order=order), 200)
