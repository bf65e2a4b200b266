"""Who types a name of ibapi or ib_async is told the name here."""

import dataclasses
import inspect
import re

import pytest

import ibfast
import ibfast.blocking
from ibfast import Client, Contract, Order, OrderBuilder
from ibfast.other_names import CLIENT, FIELDS
from ibfast.schema import ContractDetails, Execution, OrderState

INSIDE = {  # what their clients keep for themselves
    "checkConnected", "clientId", "connState", "decoder", "keyboardInterrupt", "keyboardInterruptHard", "logRequest",
    "msgLoopRec", "msgLoopTmo", "reset", "sendMsg", "sendMsgProtoBuf", "validateInvalidSymbols", "wrapper", "client",
    "useProtoBuf", "events", "defaults",
}  # fmt: skip


def names_of_clients():
    ibapi = pytest.importorskip("ibapi.client")
    ib_async = pytest.importorskip("ib_async")
    theirs = {name for name, member in vars(ibapi.EClient).items() if inspect.isfunction(member)}
    theirs |= {*dir(ib_async.IB), *ib_async.IB.events}
    return sorted(name for name in theirs - INSIDE if not name.startswith(("_", "validate", "verify")))


@pytest.fixture(params=[Client, ibfast.blocking.Client], ids=["async", "blocking"])
def client(request):
    return request.param.__new__(request.param)


def test_every_name_of_the_other_clients_is_here_or_is_explained(client):
    unexplained = []
    for name in names_of_clients():
        if not hasattr(type(client), name):
            with pytest.raises(AttributeError) as missing:
                getattr(client, name)
            if "; here it is " not in str(missing.value):
                unexplained.append(name)
    assert unexplained == []


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("reqHistoricalData", "historical_data"),
        ("reqHistoricalDataAsync", "historical_data"),
        ("reqHistoricalDataProtoBuf", "historical_data"),
        ("reqMktData", "market_data() or quote()"),
        ("qualifyContractsAsync", "qualify()"),
        ("cancelMktData", "close() of the stream; a request is cancelled with its task"),
        ("isConnected", "is_connected"),
        ("orderStatusEvent", "order_updates()"),
        ("disconnect", "close()"),
    ],
)
def test_a_method_by_its_other_name_says_the_name_here(client, name, here):
    with pytest.raises(AttributeError, match=r"^'Client' object has no attribute") as missing:
        getattr(client, name)
    assert str(missing.value).endswith(f"; here it is {here}")


def test_what_the_table_says_is_here():
    for here in CLIENT.values():
        name = here.split("(")[0].split(" ")[0].split(",")[0]
        known = hasattr(Client, name) or name.split(".")[0] in ("Client", "asyncio", "ibfast")
        assert known or " " in here, here


def test_a_name_that_nobody_has_is_an_ordinary_error(client):
    with pytest.raises(AttributeError, match=r"^'Client' object has no attribute 'frobnicate'$"):
        client.frobnicate  # noqa: B018
    assert not hasattr(client, "_frobnicate")
    assert not hasattr(client, "__array_interface__")


def fields_of_theirs(ours, *theirs):
    for cls in theirs:
        names = [field.name for field in dataclasses.fields(cls)] if dataclasses.is_dataclass(cls) else vars(cls())
        yield from ((ours, name) for name in names if not name.startswith("_"))


def test_every_field_of_their_orders_and_contracts_says_its_name_here():
    """Read, written, given as a keyword: a limit price by another name is never lost in silence."""
    ib_async = pytest.importorskip("ib_async")
    order, contract = pytest.importorskip("ibapi.order"), pytest.importorskip("ibapi.contract")
    execution, state = pytest.importorskip("ibapi.execution"), pytest.importorskip("ibapi.order_state")
    pairs = {
        *fields_of_theirs(Order, order.Order, ib_async.Order),
        *fields_of_theirs(Contract, contract.Contract, ib_async.Contract),
        *fields_of_theirs(ContractDetails, contract.ContractDetails, ib_async.ContractDetails),
        *fields_of_theirs(Execution, execution.Execution, ib_async.Execution),
        *fields_of_theirs(OrderState, state.OrderState, ib_async.OrderState),
    }
    camel = [(cls, name) for cls, name in sorted(pairs, key=str) if name != name.lower()]
    assert len(camel) > 200
    unexplained = set()
    for cls, name in camel:
        message = cls()
        assert not hasattr(message, name)
        for attempt in (
            lambda: getattr(message, name),  # noqa: B023
            lambda: setattr(message, name, 1),  # noqa: B023
            lambda: cls(**{name: 1}),  # noqa: B023
            lambda: message.replace(**{name: 1}),  # noqa: B023
        ):
            with pytest.raises((AttributeError, TypeError)) as missing:
                attempt()
            if not re.search("; (did you mean|here it is) ", str(missing.value)):
                unexplained.add((cls.__name__, name))
    assert sorted(unexplained) == []


def test_a_field_by_its_other_name_says_the_name_here():
    order = Order()
    with pytest.raises(AttributeError, match=r"^Order has no field 'lmtPrice'; did you mean 'lmt_price'\?$"):
        order.lmtPrice  # noqa: B018
    with pytest.raises(AttributeError, match=r"^Order has no field 'lmtPrice'; did you mean 'lmt_price'\?$"):
        order.lmtPrice = 150.0
    with pytest.raises(AttributeError, match=r"^Contract has no field 'primaryExchange'; did you mean 'primary_exch'"):
        Contract().primaryExchange = "NASDAQ"
    builder = OrderBuilder(Contract.stock("AAPL"), order, None, None)
    with pytest.raises(TypeError, match=r"^Order has no field 'lmtPrice'; did you mean 'lmt_price'\?$"):
        builder.set(lmtPrice=150.0)
    assert FIELDS["primaryexchange"] in Contract.__fields__


def test_reading_what_is_not_there_with_a_default_is_quiet():
    assert getattr(Order(), "contract", None) is None
    assert not hasattr(Order(), "__array__")
    assert inspect.getattr_static(Order, "lmtPrice", None) is None
