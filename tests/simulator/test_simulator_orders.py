"""The matching engine, without sockets: what is sent, in which order, and what orders trade for."""

import pytest
from support.exchange import AAPL, NOON, Desk, short

from ibfast.schema import (
    CommissionAndFeesReport,
    Contract,
    ExecutionDetails,
    OpenOrder,
)
from ibfast.simulator.orders.exercise import EXERCISE, Exercise


@pytest.fixture
def desk():
    return Desk()


# ----------------------------------------------------------------------------------------------------- fills


def test_a_market_order_is_told_as_gateways_tell_it(desk):
    desk.place(7, order_type="MKT")
    assert desk.heard() == ["openOrder 7 PreSubmitted", "orderStatus 7 PreSubmitted"]
    ask = desk.ask
    desk.now_ns += 1
    desk.engine.step(desk.now_ns)
    details = next(message for _, message in desk.told if isinstance(message, ExecutionDetails))
    assert details.req_id == -1
    assert details.execution.price == ask
    assert details.execution.exec_id.endswith(".01")
    assert details.execution.time == "20260826 12:00:07 US/Eastern"
    filled = [message for _, message in desk.told if isinstance(message, OpenOrder)]
    assert [message.order_state.commission_and_fees for message in filled] == [None, 1.0]
    assert filled[0].order_state.completed_status == "Filled Size: 100"
    assert desk.heard() == [
        "execDetails 7 BOT 100",
        "openOrder 7 Filled", "orderStatus 7 Filled",
        "openOrder 7 Filled", "orderStatus 7 Filled",
        "commissionReport",
    ]  # fmt: skip


def test_the_echo_fills_in_what_the_client_left_out(desk):
    desk.place(1, lmt_price=10.0)
    order = desk.told[0][1].order
    contract = desk.told[0][1].contract
    assert (order.client_id, order.order_id, order.perm_id > 0, order.account) == (1, 1, True, "DU1234567")
    assert (order.tif, order.oca_type, order.trail_stop_price, order.clearing_intent) == ("DAY", 3, 11.0, "IB")
    assert (contract.con_id, contract.local_symbol, contract.trading_class) == (265598, "AAPL", "NMS")


def test_a_limit_order_rests_until_its_price_is_there(desk):
    desk.place(1, lmt_price=round(desk.bid - 0.05, 2))
    desk.step()
    assert desk.heard()[2:] == ["openOrder 1 Submitted", "orderStatus 1 Submitted"] * 2
    desk.run(lambda: desk.status(1) == "Filled")
    working = desk.engine.orders[1, 1]
    assert working.average_price <= working.order.lmt_price
    assert working.executions[0].last_liquidity == 1


def test_a_limit_order_never_gets_a_worse_price_than_the_market(desk):
    desk.place(1, lmt_price=round(desk.ask + 50, 2))
    desk.step()
    assert desk.engine.orders[1, 1].average_price == pytest.approx(desk.ask, abs=0.2)


@pytest.mark.parametrize("action", ["BUY", "SELL"])
def test_a_stop_waits_for_its_trigger_and_then_takes_the_market(desk, action):
    away = 0.10 if action == "BUY" else -0.10
    stop = round((desk.ask if action == "BUY" else desk.bid) + away, 2)
    desk.place(1, action=action, order_type="STP", aux_price=stop)
    desk.step()
    assert desk.heard() == ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted trigger"]
    desk.run(lambda: desk.status(1) == "Filled")
    assert desk.engine.orders[1, 1].average_price == pytest.approx(stop, abs=0.15)


def test_a_stop_limit_becomes_a_limit_order(desk):
    stop = round(desk.ask + 0.05, 2)
    desk.place(1, order_type="STP LMT", aux_price=stop, lmt_price=round(stop - 0.5, 2))
    desk.run(lambda: desk.engine.orders[1, 1].triggered)
    assert desk.status(1) in ("Submitted", "PreSubmitted")
    desk.run(lambda: desk.status(1) == "Filled")
    assert desk.engine.orders[1, 1].average_price <= round(stop - 0.5, 2)


def test_a_trailing_stop_follows_the_market_and_never_backs_off(desk):
    desk.place(1, action="SELL", order_type="TRAIL", aux_price=0.30)
    stops = []
    while desk.status(1) != "Filled":
        desk.step()
        stops.append(desk.engine.orders[1, 1].stop_ticks)
    assert stops == sorted(stops)
    assert stops[-1] > stops[0]


def test_a_large_order_fills_in_pieces_that_add_up(desk):
    desk.place(1, quantity=10_000, order_type="MKT")
    desk.run(lambda: desk.status(1) == "Filled")
    working = desk.engine.orders[1, 1]
    assert 1 < len(working.executions) <= 5
    assert sum(execution.shares for execution in working.executions) == 10_000
    assert working.executions[-1].cum_qty == 10_000
    assert [item for item in desk.heard() if item.startswith("orderStatus")].count("orderStatus 1 Filled") == 2


def test_immediate_or_cancel_and_fill_or_kill(desk):
    desk.place(1, quantity=10_000, order_type="MKT", tif="IOC")
    desk.place(2, quantity=10_000, order_type="MKT", tif="FOK")
    desk.place(3, lmt_price=1.0, tif="IOC")
    desk.step()
    assert [desk.status(order_id) for order_id in (1, 2, 3)] == ["Cancelled"] * 3
    assert [bool(desk.engine.orders[1, order_id].filled) for order_id in (1, 2, 3)] == [True, False, False]


def test_the_same_seed_gives_the_same_fills():
    def fills(seed):
        desk = Desk(seed)
        desk.place(1, quantity=5000, order_type="MKT")
        desk.step(10)
        return [(execution.price, execution.shares) for execution in desk.engine.orders[1, 1].executions]

    assert fills(3) == fills(3) != fills(4)


# -------------------------------------------------------------------------------------------------- brackets


def bracket(desk, *, quantity=100, entry=None, profit=0.08, loss=0.08):
    desk.place(1, quantity=quantity, lmt_price=entry or round(desk.ask + 1, 2), transmit=False)
    sell = {"quantity": quantity, "action": "SELL", "parent_id": 1}
    desk.place(2, lmt_price=round(desk.ask + profit, 2), transmit=False, **sell)
    assert desk.told == [], "nothing is said before the order that transmits"
    desk.place(3, order_type="STP", aux_price=round(desk.bid - loss, 2), transmit=True, **sell)


def test_a_bracket_is_held_released_and_ended_by_its_first_exit(desk):
    bracket(desk)
    parent = desk.engine.orders[1, 1]
    assert desk.heard() == [
        "openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted",
        "openOrder 2 PreSubmitted", "orderStatus 2 PreSubmitted child",
        "openOrder 3 PreSubmitted", "orderStatus 3 PreSubmitted child,trigger",
    ]  # fmt: skip
    for order_id in (2, 3):
        order = desk.engine.orders[1, order_id].order
        assert (order.oca_group, order.oca_type, order.parent_perm_id) == (str(parent.perm_id), 3, parent.perm_id)
    desk.step()
    told = desk.heard()
    assert told.index("commissionReport") < told.index("openOrder 2 Submitted")
    assert told[-1] == "orderStatus 3 PreSubmitted trigger"
    desk.run(lambda: not desk.engine.live())
    assert sorted((desk.status(2), desk.status(3))) == ["Cancelled", "Filled"]
    errors = [item for item in desk.heard() if item.startswith("error")]
    assert [error[-3:] for error in errors] == ["202"]
    assert desk.account.holdings[desk.aapl].position == 0


def test_children_wait_for_a_parent_that_rests(desk):
    bracket(desk, entry=1.0)
    desk.step(200)
    assert [desk.status(order_id) for order_id in (1, 2, 3)] == ["Submitted", "PreSubmitted", "PreSubmitted"]


def test_cancelling_the_parent_cancels_its_children(desk):
    bracket(desk, entry=1.0)
    desk.engine.cancel(1, 1)
    assert [desk.status(order_id) for order_id in (1, 2, 3)] == ["Cancelled"] * 3


def test_a_partial_exit_shrinks_the_other_exit(desk):
    bracket(desk, quantity=10_000, profit=0.01, loss=1)
    desk.run(lambda: desk.engine.orders[1, 2].filled > 0)
    assert desk.engine.orders[1, 3].quantity == 10_000 - desk.engine.orders[1, 2].filled


def test_transmitting_the_second_time(desk):
    desk.place(1, lmt_price=1.0, transmit=False)
    assert (desk.told, desk.engine.live()) == ([], [])
    desk.place(1, lmt_price=1.0, transmit=True)
    assert desk.heard() == ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted"]


def test_one_cancels_the_other(desk):
    desk.place(1, lmt_price=1.0, oca_group="pair", oca_type=1)
    desk.place(2, order_type="MKT", oca_group="pair", oca_type=1)
    desk.step()
    assert (desk.status(1), desk.status(2)) == ("Cancelled", "Filled")


# -------------------------------------------------------------------------------- changing, ending, refusing


def test_placing_the_same_id_again_changes_the_order(desk):
    desk.place(1, lmt_price=1.0)
    desk.step()
    perm_id = desk.engine.orders[1, 1].perm_id
    desk.heard()
    desk.place(1, lmt_price=2.0, quantity=50)
    assert desk.heard() == ["openOrder 1 Submitted", "orderStatus 1 Submitted"]
    working = desk.engine.orders[1, 1]
    assert (working.perm_id, working.order.lmt_price, working.quantity) == (perm_id, 2.0, 50)
    desk.place(1, lmt_price=round(desk.ask + 1, 2), quantity=50)
    desk.step()
    assert desk.status(1) == "Filled"


def test_an_order_cannot_change_sides(desk):
    desk.place(1, lmt_price=1.0)
    desk.heard()
    desk.place(1, lmt_price=1.0, action="SELL")
    assert desk.heard() == ["error 1 105"]


def test_cancelling(desk):
    desk.place(1, lmt_price=1.0)
    desk.step()
    desk.heard()
    desk.engine.cancel(1, 1)
    assert desk.heard() == ["orderStatus 1 Cancelled", "error 1 202"]
    desk.engine.cancel(1, 1)
    desk.engine.cancel(1, 99)
    desk.engine.cancel(2, 1)
    texts = [message.error_msg for _, message in desk.told]
    assert texts[0] == "OrderId 1 that needs to be cancelled cannot be cancelled, state: Cancelled."
    assert [short(message) for _, message in desk.told] == ["error 1 10148", "error 99 10147", "error 1 10147"]


def test_a_used_id_cannot_be_used_again(desk):
    desk.place(1, order_type="MKT")
    desk.place(2, lmt_price=1.0)
    desk.step()
    desk.engine.cancel(1, 2)
    desk.heard()
    desk.place(1, lmt_price=1.0)
    desk.place(2, lmt_price=1.0)
    assert desk.heard() == ["error 1 104", "error 2 103"]
    assert desk.engine.next_order_id(1) == 3
    assert desk.engine.next_order_id(2) == 1


def test_order_ids_only_rise(desk):
    desk.place(5, lmt_price=1.0)
    desk.heard()
    desk.place(4, lmt_price=1.0)
    assert desk.heard() == ["error 4 103"]
    desk.place(4, client_id=2, lmt_price=1.0)
    assert desk.status(4, client_id=2) == "PreSubmitted"


def test_ids_of_exercises_only_rise_as_those_of_orders(desk):
    """One that was refused may be sent again under its id, as orders may."""
    asked = Exercise(AAPL, EXERCISE, 1, "", override=False)
    desk.place(5, lmt_price=1.0)
    desk.heard()
    desk.engine.exercise(1, 5, asked)
    desk.engine.exercise(1, 4, asked)
    assert desk.heard() == ["error 5 103", "error 4 103"]
    desk.engine.exercise(1, 6, asked)
    desk.engine.exercise(1, 6, asked)
    assert not {"error 6 103"} & set(desk.heard())
    desk.place(6, lmt_price=1.0)
    assert desk.status(6) == "PreSubmitted"
    assert desk.engine.next_order_id(1) == 7


def test_a_global_cancel_reaches_every_client_and_reports_the_dead(desk):
    desk.place(1, order_type="MKT")
    desk.place(5, client_id=2, lmt_price=1.0)
    desk.step()
    desk.heard()
    desk.heard(2)
    desk.engine.cancel_all(1)
    assert desk.heard() == ["error 1 161"]
    assert desk.heard(2) == ["orderStatus 5 Cancelled", "error 5 202"]
    assert desk.engine.live() == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"order_type": "w"}, 321),
        ({"order_type": "VOL", "volatility": 20.0, "volatility_type": 2}, 387),
        ({"action": "HOLD", "order_type": "MKT"}, 321),
        ({"quantity": 0, "order_type": "MKT"}, 434),
        ({"quantity": -5, "order_type": "MKT"}, 434),
        ({"lmt_price": 100.005}, 110),
        ({"order_type": "STP", "aux_price": 100.005}, 110),
        ({"order_type": "LMT"}, 321),
        ({"order_type": "STP"}, 321),
        ({"order_type": "TRAIL"}, 321),
        ({"order_type": "MKT", "tif": "SOON"}, 10052),
        ({"order_type": "MKT", "parent_id": 77}, 135),
        ({"order_type": "MKT", "contract": Contract(symbol="XXX", sec_type="STK")}, 200),
        ({"order_type": "MKT", "contract": Contract(symbol="ES", sec_type="FUT")}, 200),
        ({"order_type": "MKT", "contract": Contract(symbol="ES", sec_type="what")}, 321),
        ({"order_type": "MKT", "contract": Contract(symbol="SPX", sec_type="IND")}, 201),
    ],
)
def test_refusals_have_ibs_codes_and_leave_nothing_behind(desk, fields, code):
    desk.place(1, **fields)
    assert desk.heard() == [f"error 1 {code}"]
    assert desk.engine.live() == []
    assert desk.engine.completed == []


def test_order_errors_have_no_milliseconds(desk):
    desk.now_ns += 123_456_789
    desk.engine.cancel(1, 5)
    assert desk.told[0][1].error_time == NOON * 1000


def test_a_what_if_is_answered_and_forgotten(desk):
    desk.place(1, order_type="MKT", what_if=True)
    ((_, answer),) = desk.told
    state = answer.order_state
    assert answer.order.what_if
    assert state.init_margin_after == pytest.approx(state.init_margin_before + state.init_margin_change)
    assert (state.status, state.commission_and_fees) == ("PreSubmitted", 1.0)
    assert desk.engine.orders == {}


# --------------------------------------------------------------------------------------------------- account


def test_a_round_trip_leaves_what_it_earned(desk):
    start = desk.account.cash
    desk.place(1, order_type="MKT")
    desk.step()
    desk.step(20)
    desk.place(2, action="SELL", order_type="MKT")
    desk.step()
    bought, sold = (desk.engine.orders[1, order_id].average_price for order_id in (1, 2))
    reports = [message for _, message in desk.told if isinstance(message, CommissionAndFeesReport)]
    assert [report.realized_pnl is None for report in reports] == [True, False]
    assert reports[1].realized_pnl == pytest.approx((sold - bought) * 100 - 2.0)
    assert desk.account.cash == pytest.approx(start + (sold - bought) * 100 - 2.0)
    assert desk.account.values()["NetLiquidation"] == (f"{desk.account.cash:.2f}", "USD")


def test_multipliers_count(desk):
    future = Contract(symbol="ES", sec_type="FUT", exchange="CME", last_trade_date_or_contract_month="202612")
    desk.place(1, contract=future, quantity=1, order_type="MKT")
    desk.step()
    holding = next(iter(desk.account.holdings.values()))
    assert holding.average_cost == pytest.approx(desk.engine.orders[1, 1].average_price * 50 + 2.25)


def test_turning_a_position_around_starts_a_new_cost(desk):
    desk.place(1, order_type="MKT")
    desk.step()
    desk.place(2, action="SELL", quantity=300, order_type="MKT")
    desk.run(lambda: desk.status(2) == "Filled")
    holding = desk.account.holdings[desk.aapl]
    assert holding.position == -200
    assert holding.average_cost == pytest.approx(desk.engine.orders[1, 2].average_price, rel=1e-3)
