"""What a message keeps of a value: Python's own type, as a reader of the wire makes it; numbers of numpy too."""

import json
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction

import numpy as np
import pytest
from support.adverse import AAPL, BOTH_WIRES, until
from support.running import simulator

from ibfast import Client, Contract, Order


class Side(StrEnum):
    BUY = "BUY"


class Size(IntEnum):
    ROUND = 100


KEPT = [
    ("total_quantity", np.int64(5), Decimal(5)), ("total_quantity", np.uint8(5), Decimal(5)),
    ("total_quantity", np.float64(0.1), Decimal("0.1")), ("total_quantity", np.float32(0.1), Decimal("0.1")),
    ("total_quantity", np.longdouble(5), Decimal(5)), ("total_quantity", np.array(5), Decimal(5)),
    ("total_quantity", np.str_("5"), Decimal(5)), ("total_quantity", 0.1, Decimal("0.1")),
    ("total_quantity", 5, Decimal(5)), ("total_quantity", Size.ROUND, Decimal(100)),
    ("lmt_price", np.float64(50.25), 50.25), ("lmt_price", np.float32(50.1), 50.1), ("lmt_price", np.int64(50), 50.0),
    ("lmt_price", Decimal("50.1"), 50.1), ("lmt_price", np.longdouble("50.25"), 50.25),
    ("display_size", np.int16(3), 3), ("display_size", Size.ROUND, 100), ("perm_id", np.int64(2**40), 2**40),
    ("outside_rth", np.bool_(True), True), ("outside_rth", np.bool_(False), False),
    ("order_ref", np.str_("mine"), "mine"), ("action", Side.BUY, "BUY"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "kept"), KEPT, ids=str)
def test_values_are_kept_as_pythons_own(name, given, kept):
    changed = Order()
    setattr(changed, name, given)
    for order in (Order(**{name: given}), Order().replace(**{name: given}), changed):
        value = getattr(order, name)
        assert (value, type(value)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("total_quantity", True), ("total_quantity", np.bool_(True)), ("total_quantity", float("nan")),
        ("total_quantity", float("inf")), ("total_quantity", Decimal("sNaN")), ("total_quantity", "many"),
        ("total_quantity", Fraction(1, 3)), ("total_quantity", np.array([1, 2])), ("lmt_price", "50"),
        ("lmt_price", np.bool_(True)), ("lmt_price", b"50"), ("display_size", np.bool_(True)), ("display_size", "3"),
        ("outside_rth", "False"), ("order_ref", 5),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_of_no_use_is_kept_for_the_encoder_to_refuse(name, given):
    assert getattr(Order(**{name: given}), name) is given


def test_nested_messages_and_contracts_too():
    contract = Contract(con_id=np.int64(265598), strike=np.float32(0.1), symbol=np.str_("AAPL"))
    assert [type(value) for value in (contract.con_id, contract.strike, contract.symbol)] == [int, float, str]
    assert contract.strike == 0.1


@BOTH_WIRES
def test_an_order_in_numbers_of_numpy_from_submit_to_modify(run, version, tmp_path):
    """It fails without the conversion: a decimal of TWS cannot be compared with an integer of numpy."""

    async def main():
        path = tmp_path / "orders.jsonl"
        async with (
            simulator(server_version=version) as sim,
            await Client.connect(sim.host, sim.port, journal=path) as ib,
        ):
            order = Order(action="BUY", order_type="LMT", total_quantity=np.int64(5), lmt_price=np.float64(50))
            trade = await ib.place_order(AAPL, order)
            await until(lambda: trade.status == "Submitted")
            for change in (
                {"total_quantity": np.int64(7)}, {"lmt_price": np.float32(49.1)}, {"total_quantity": np.float64(8)},
                {"outside_rth": np.bool_(True)},
            ):  # fmt: skip
                await ib.modify_order(trade, **change)
                await until(lambda: not trade._changes.are_in_flight)
            assert trade.rejection is None
            assert trade.order.total_quantity == 8
            assert trade.reported_order.lmt_price == trade.order.lmt_price == 49.1
            built = await ib.order(AAPL).buy(np.float32(2)).limit(np.float32(50.1)).submit()
            await until(lambda: built.status == "Submitted")
            lines = [json.loads(line) for line in path.read_text().splitlines()[1:]]
            sent = [line["order"] for line in lines if line.get("intent") == "place"]
            assert [str(order["total_quantity"]) for order in sent] == ["5", "7", "7", "8.0", "8.0", "2.0"]
            assert [order["lmt_price"] for order in sent] == [50.0, 50.0, 49.1, 49.1, 49.1, 50.1]
            assert sent[4]["outside_rth"] is True
            assert [error for error in (trade.rejection, built.rejection) if error] == []

    run(main)


def test_a_float_of_a_quantity_is_the_decimal_that_tws_reports():
    assert Order(total_quantity=0.1).differences(Order(total_quantity=Decimal("0.1"))) == []
