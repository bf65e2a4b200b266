"""Orders that a real gateway takes: what is sent where the user says nothing, and what the simulator makes of it."""

import copy
import json
import pickle
from decimal import Decimal
from pathlib import Path

import pytest
from support.calling import VERSIONS, Caller, converse, kinds, place, until
from support.running import simulator

from ibfast import Client, Contract, Order, wire
from ibfast._codec import ProtobufPlan
from ibfast.requests.orders import place_request
from ibfast.schema import (
    CancelOrderRequest,
    ContractDataEnd,
    ContractDataRequest,
    CurrentTime,
    CurrentTimeRequest,
    MarketDataRequest,
    OpenOrder,
    OrderStatus,
    PlaceOrderRequest,
    SoftDollarTier,
)
from ibfast.schema.declare import OUTGOING
from ibfast.schema.versions import PROTOBUF_OFFSET

GOLDEN = Path(__file__).parents[1] / "golden" / "gateway_protobuf.jsonl"
AAPL = Contract.stock("AAPL")
BOTH_WIRES = pytest.mark.parametrize("version", [200, 226])
PROTOBUF = pytest.mark.parametrize("version", [203, 210, 213, 219, 226])
ON_PROTOBUF = pytest.mark.parametrize("version", [203, 226])


def sent(order, version, contract=AAPL):
    """What a gateway reads of an order."""
    return wire.decode(wire.encode(place_request(7, contract, order), version), version, direction="outgoing")


def as_others_send_it(request, version):
    """The payload of a request with what is set in it and nothing else."""
    form = next(form for form in OUTGOING.values() if isinstance(request, form.cls))
    head = (form.id + PROTOBUF_OFFSET).to_bytes(4, "big")
    return wire.frame(ProtobufPlan(form.cls, head, False, (), version).encode(request))


# ---------------------------------------------------------------------------------------------------- what is sent


@PROTOBUF
def test_an_order_carries_what_every_recorded_order_carries(version):
    request = sent(Order(action="BUY", order_type="MKT", total_quantity=Decimal(1)), version)
    order = request.order
    zeros = (order.parent_id, order.display_size, order.oca_type, order.trigger_method, order.origin)
    assert (zeros, order.adjustable_trailing_unit) == ((0, 0, 0, 0, 0), 0)
    assert (order.tif, order.exempt_code, order.transmit) == ("DAY", -1, True)
    assert order.soft_dollar_tier == SoftDollarTier()
    assert request.attached_orders is not None
    assert request.contract.con_id == 0


@pytest.mark.parametrize("version", [157, 200, 203, 226])
@pytest.mark.parametrize(
    "order",
    [
        Order(action="BUY", order_type="MKT", total_quantity=1),
        Order.market("BUY", 1),
        Order.limit("BUY", 1, 2.5),
        Order.stop("BUY", 1, 2.5),
        Order.market("BUY", 1).replace(tif=None),
        Order.market("BUY", 1).replace(tif=""),
    ],
)
def test_an_order_without_a_time_in_force_is_a_day_order(order, version):
    assert sent(order, version).order.tif == "DAY"


def test_the_default_time_in_force_is_there_to_be_seen():
    assert Order().tif == "DAY"
    assert Order.limit("BUY", 1, 2.5).replace(lmt_price=3.0).tif == "DAY"
    assert Order(tif="GTC").replace(lmt_price=3.0).tif == "GTC"


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda item: pickle.loads(pickle.dumps(item)), lambda item: item.replace()]
)
def test_what_was_read_is_not_filled_in(copied):
    """An order that was reported without a time in force still has none, in every copy of it."""
    read = wire.decode(wire.encode(OpenOrder(order_id=1, order=Order(action="BUY", tif=None)), 226), 226).order
    assert read.tif is None
    assert copied(read) == read
    assert copied(read).tif is None


@PROTOBUF
def test_an_order_goes_out_at_once_only_where_it_says_so(version):
    held = wire.encode(place_request(7, AAPL, Order.market("BUY", 1).replace(transmit=False)), version)
    assert b"\x90\x04" not in held  # field 66: absent means False
    assert wire.decode(held, version, direction="outgoing").order.transmit is False
    assert sent(Order.market("BUY", 1), version).order.transmit is True


@pytest.mark.parametrize("version", [200, 203, 226])
def test_a_strike_of_zero_and_a_last_trade_date_are_never_sent(version):
    """Contracts as TWS reports them: the first of them makes contract details wait for ever."""
    contract = AAPL.replace(strike=0.0, multiplier=0.0, last_trade_date="20261218")
    requests = [ContractDataRequest(req_id=1, contract=contract), MarketDataRequest(req_id=1, contract=contract)]
    for request in (*requests, place_request(7, contract, Order.market("BUY", 1))):
        read = wire.decode(wire.encode(request, version), version, direction="outgoing").contract
        assert (read.strike, read.multiplier, read.last_trade_date) == (None, None, None)
    option = contract.replace(strike=0.5, multiplier=100.0)
    read = wire.decode(
        wire.encode(ContractDataRequest(req_id=1, contract=option), version), version, direction="outgoing"
    )
    assert (read.contract.strike, read.contract.multiplier) == (0.5, 100.0)


@PROTOBUF
def test_what_tws_says_of_an_order_is_not_said_to_it(version):
    reported = Order(client_id=3, order_id=9, perm_id=10, parent_perm_id=11, filled_quantity=Decimal(1), action="BUY")
    order = sent(reported, version).order
    assert (order.client_id, order.perm_id) == (0, 0)
    assert (order.order_id, order.parent_perm_id, order.filled_quantity) == (None, None, None)


# --------------------------------------------------------------------------------------- every way to make an order


@BOTH_WIRES
def test_wherever_an_order_is_made_it_is_taken(run, version):
    async def main():
        async with simulator(server_version=version) as sim, await Client.connect(sim.host, sim.port) as ib:
            [aapl] = await ib.qualify(AAPL)
            quiet = {"action": "BUY", "order_type": "LMT", "total_quantity": Decimal(1), "lmt_price": 1.0}
            trades = [
                await ib.order(aapl).buy(1).limit(1).submit(),
                await ib.place_order(aapl, Order(**quiet)),
                await ib.place_order(aapl, Order(**quiet, tif=None)),
                await ib.place_order(aapl, Order(**quiet, tif="")),
                await ib.order(aapl).buy(1).limit(1).adaptive().submit(),
                *await ib.order(aapl).buy(2).bracket(entry=1, take_profit=[2, 3], stop_loss=0.5).submit(),
                *await ib.oca("either", ib.order(aapl).buy(1).limit(1), ib.order(aapl).buy(1).limit(1)),
                await ib.order(await ib.straddle("AAPL", expiry="20260918", strike=320)).buy(1).limit(0.01).submit(),
            ]
            if version >= 218:
                trades.append(await ib.order(aapl).buy(1).limit(1).attach_preset(stop_loss=True).submit())
            for trade in trades:
                await until_reported(trade)
                assert (trade.rejection, trade.warnings) == (None, [])
            engine = sim.gateway.engine
            assert {working.order.tif for working in engine.orders.values()} == {"DAY"}
            assert (await ib.order(aapl).buy(1).market().what_if()).margin_currency

    run(main)


async def until_reported(trade):
    await until(lambda: trade.perm_id or trade.rejection)


@BOTH_WIRES
def test_a_change_keeps_the_time_in_force(run, version):
    async def main():
        async with simulator(server_version=version) as sim, await Client.connect(sim.host, sim.port) as ib:
            trade = await ib.order(AAPL).buy(1).limit(1).good_till_cancel().submit()
            await until_reported(trade)
            await ib.modify_order(trade, lmt_price=1.01)
            working = sim.gateway.engine.orders[trade.client_id, trade.order_id]
            await until(lambda: working.order.lmt_price == 1.01)
            assert (working.order.tif, trade.rejection) == ("GTC", None)

    run(main)


# ------------------------------------------------------------------------------------- the simulator is as strict


@ON_PROTOBUF
@pytest.mark.parametrize(("tif", "said"), [(None, "Empty"), ("", "Empty"), ("SOON", "SOON")])
def test_an_order_without_a_time_in_force_is_refused(version, tif, said):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        order = Order(action="BUY", total_quantity=1, order_type="MKT", transmit=True, tif=tif)
        caller.writer.write(as_others_send_it(PlaceOrderRequest(order_id=1, contract=AAPL, order=order), version))
        error = await caller.message()
        assert (error.id, error.error_code, error.error_msg) == (1, 10052, f"Invalid time in force:{said}")

    converse(conversation, server_version=version)


def test_on_the_text_wire_an_empty_time_in_force_is_day():
    """Other clients have always sent it empty there."""

    async def conversation(sim):
        caller = await Caller.log_in(sim)
        payload = wire.encode(place(1), 200).replace(b"\0DAY\0", b"\0\0")
        caller.writer.write(wire.frame(payload))
        assert (await caller.message()).order.tif == "DAY"

    converse(conversation, server_version=200)


@ON_PROTOBUF
def test_an_order_that_does_not_say_transmit_stays_held(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        order = Order(action="BUY", total_quantity=1, order_type="LMT", lmt_price=1.0)
        request = PlaceOrderRequest(order_id=1, contract=AAPL, order=order)
        caller.writer.write(as_others_send_it(request, version))
        assert kinds(await caller.ask(CurrentTimeRequest(), CurrentTime)) == ["CurrentTime"]  # a held order is not told
        assert sim.gateway.engine.orders == {}
        caller.writer.write(as_others_send_it(request.replace(order=order.replace(transmit=True)), version))
        assert kinds([await caller.message(), await caller.message()]) == ["OpenOrder", "OrderStatus"]

    converse(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        (
            {"algo_strategy": "Twap", "algo_params": {"strategyType": "Marketable"}},
            443, "Order processing failed. Unknown algo attribute:strategyType",
        ),
        (
            {"algo_strategy": "DarkIce", "algo_params": {"displaySize": "10"}, "display_size": 10},
            10255, "The 'Display Size' order attribute may not be specified for this order.",
        ),
        (
            {"algo_strategy": "DarkIce", "display_size": 1, "what_if": True},
            10255, "The 'Display Size' order attribute may not be specified for this order.",
        ),
        (
            {"hidden": True, "display_size": 10},
            10255, "The 'Display Size' order attribute may not be specified for this order.",
        ),
    ],
)  # fmt: skip
def test_attributes_that_gateways_refuse(version, fields, code, text):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert await caller.error(place(1, "LMT", lmt_price=1.0, **fields)) == (code, text)
        assert sim.gateway.engine.orders == {}

    converse(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "fields",
    [
        {"algo_strategy": "Twap", "algo_params": {"allowPastEndTime": "1"}},
        {"algo_strategy": "DarkIce", "algo_params": {"displaySize": "10"}},
        {"display_size": 10},
    ],
)
def test_attributes_that_gateways_take(version, fields):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        told = await caller.ask(place(1, "LMT", lmt_price=1.0, **fields), OrderStatus)
        assert kinds(told) == ["OpenOrder", "OrderStatus"]

    converse(conversation, server_version=version)


@pytest.mark.parametrize("version", [205, 226])
def test_contract_details_with_a_strike_of_zero_are_never_answered(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        request = ContractDataRequest(req_id=1, contract=AAPL.replace(strike=0.0))
        caller.writer.write(as_others_send_it(request, version))
        assert kinds(await caller.ask(CurrentTimeRequest(), CurrentTime)) == ["CurrentTime"]
        await caller.ask(request, ContractDataEnd)  # as ibfast sends it

    converse(conversation, server_version=version)


def recorded(number):
    rows = map(json.loads, GOLDEN.read_text().splitlines())
    row = next(row for row in rows if row["id"] == number)
    return wire.decode(bytes.fromhex(row["hex"]), row["server_version"])


@ON_PROTOBUF
def test_an_accepted_order_is_repeated_as_gateways_repeat_it(version):
    """Field by field like a recorded report of a limit order: zeros that are said, and what is left out."""

    async def conversation(sim):
        caller = await Caller.log_in(sim)
        [told, _] = await caller.ask(place(1, "LMT", lmt_price=15.53, order_ref="mine"), OrderStatus)
        seen = recorded("m0659")
        assert told.order.to_dict().keys() == seen.order.to_dict().keys()
        same = seen.order.to_dict().keys() - {
            "order_id", "perm_id", "total_quantity", "account", "order_ref", "submitter",
        }  # fmt: skip
        assert {name: getattr(told.order, name) for name in same} == {name: getattr(seen.order, name) for name in same}
        assert told.contract.strike in (None, 0.0)

    converse(conversation, server_version=version)


@ON_PROTOBUF
def test_a_cancel_is_what_recorded_cancels_are(version):
    """The order cancel is there, and empty."""
    assert wire.encode(CancelOrderRequest(order_id=684), version)[4:] == bytes.fromhex("08ac051200")
