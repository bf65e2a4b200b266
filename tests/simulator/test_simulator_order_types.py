"""What the simulator makes of every order type, of algos, conditions, times, combinations, hedges and options."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from support.exchange import AAPL, NOON, SECOND, Desk
from support.simulated_contracts import CALL, PAIR

from ibfast.schema import ComboLeg, CommissionAndFeesReport, Contract, ErrorMessage, ExecutionDetails, OpenOrder, Order
from ibfast.schema.order import AttachedOrders, OrderCondition
from ibfast.simulator.orders.exercise import EXERCISE, LAPSE, Exercise
from ibfast.simulator.orders.order_types import ALGOS, NEEDS

FUTURE = Contract(symbol="ES", sec_type="FUT", exchange="CME", last_trade_date_or_contract_month="202612")
HOUR = 3600


@pytest.fixture
def desk():
    return Desk()


def later(desk, seconds):
    """Time passes, and the engine looks once."""
    desk.now_ns += seconds * SECOND
    desk.engine.step(desk.now_ns)


def utc(desk, seconds):
    """A moment from now, as IB writes it."""
    return f"{datetime.fromtimestamp(desk.now_ns // SECOND + seconds, UTC):%Y%m%d-%H:%M:%S}"


def codes(desk):
    return [notice.error_code for _, notice in desk.told if isinstance(notice, ErrorMessage)]


def adds_up(desk):
    """The account is what its fills made it."""
    cash, held = 1_000_000.0, {}
    for fill in desk.engine.executions:
        if fill.instrument.legs:
            continue
        sign = 1 if fill.execution.side == "BOT" else -1
        value = float(fill.execution.shares) * fill.execution.price * fill.instrument.multiplier
        cash -= sign * value + fill.report.commission_and_fees
        held[fill.instrument] = held.get(fill.instrument, 0) + sign * fill.execution.shares
    assert desk.account.cash == pytest.approx(cash)
    assert {item: holding.position for item, holding in desk.account.holdings.items()} == held
    for working in desk.engine.orders.values():
        assert working.filled + working.remaining == working.quantity
        own = [
            execution
            for execution in desk.engine.executions
            if execution.working is working and execution.instrument is working.instrument
        ]
        assert sum(item.execution.shares for item in own) == working.filled


# ------------------------------------------------------------------------------------------------ order types


def prices_of(kind, price):
    values = {
        "lmt_price": price, "aux_price": price, "starting_price": price, "delta": 0.5,
        "reference_contract_id": 272093, "pegged_change_amount": 0.1, "reference_change_amount": 0.5,
        "volatility": 30.0, "volatility_type": 2,
    }  # fmt: skip
    fields = {name: values[name] for name in NEEDS[kind]}
    if kind.startswith("TRAIL"):
        fields |= {"aux_price": 0.5} | ({"lmt_price_offset": 0.1} if kind in ("TRAIL LIMIT", "TRAIL LIT") else {})
    if kind in ("REL", "PASSV REL"):
        fields["aux_price"] = 0.02
    return fields


@pytest.mark.parametrize("action", ["BUY", "SELL"])
@pytest.mark.parametrize("kind", NEEDS)
def test_every_order_type_is_taken_works_and_can_be_cancelled(desk, kind, action):
    contract, price, quantity = AAPL, round(desk.bid, 2), 100
    if kind in ("VOL", "PEG STK", "BOX TOP"):
        contract, price, quantity = CALL, 5.0, 2
    elif kind in ("MKT PRT", "STP PRT"):
        contract, quantity = FUTURE, 1
        price = desk.market.mid(desk.market.universe.find(FUTURE)[0]) // 0.25 * 0.25
    elif " + " in kind:
        contract, price = PAIR, round(desk.market.mid(desk.market.universe.find(PAIR)[0]), 2)
    desk.place(1, contract=contract, order_type=kind, action=action, quantity=quantity, **prices_of(kind, price))
    assert codes(desk) == []
    desk.step(40)
    if desk.engine.orders[1, 1].alive:
        desk.engine.cancel(1, 1)
    assert desk.status(1) in ("Filled", "Cancelled")
    adds_up(desk)


@pytest.mark.parametrize("action", ["BUY", "SELL"])
@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({"order_type": "REL", "aux_price": 0.01}, lambda own, other, sign: own + 0.01 * sign),
        ({"order_type": "PASSV REL", "aux_price": 0.03}, lambda own, other, sign: own - 0.03 * sign),
        ({"order_type": "PEG MKT", "aux_price": 0.05}, lambda own, other, sign: other - 0.05 * sign),
        ({"order_type": "SNAP MKT", "aux_price": 0.04}, lambda own, other, sign: other - 0.04 * sign),
        ({"order_type": "SNAP PRIM", "aux_price": 0.04}, lambda own, other, sign: own - 0.04 * sign),
    ],
)
def test_pegs_fill_no_worse_than_their_peg(desk, fields, limit, action):
    sign = 1 if action == "BUY" else -1
    limits = []
    desk.place(1, action=action, **fields)
    for _ in range(4000):
        desk.step()
        own, other = (desk.bid, desk.ask) if action == "BUY" else (desk.ask, desk.bid)
        limits.append(limit(own, other, sign))
        if not desk.engine.live():
            break
    price = desk.engine.orders[1, 1].average_price
    reachable = limits[0] if fields["order_type"].startswith("SNAP") else max(limits, key=lambda item: item * sign)
    assert price * sign <= reachable * sign + 1e-6


def test_a_limit_caps_a_peg(desk):
    cap = round(desk.bid - 5, 2)
    desk.place(1, order_type="PEG MID", lmt_price=cap)
    desk.place(2, order_type="MIDPRICE", lmt_price=cap)
    desk.step(50)
    assert [desk.status(1), desk.status(2)] == ["Submitted", "Submitted"]


@pytest.mark.parametrize(("kind", "extra"), [("MIT", {}), ("LIT", {"lmt_price": 0.0})])
def test_what_is_touched_triggers_on_the_better_side(desk, kind, extra):
    touch = round(desk.ask - 0.05, 2)
    fields = {"aux_price": touch} | ({"lmt_price": round(touch + 1, 2)} if extra else {})
    desk.place(1, order_type=kind, **fields)
    desk.step()
    assert desk.status(1) == "PreSubmitted"
    assert desk.engine.orders[1, 1].why_held == "trigger"
    desk.run(lambda: desk.status(1) == "Filled")
    assert desk.engine.orders[1, 1].average_price == pytest.approx(touch, abs=0.15)


def test_market_to_limit_rests_at_the_price_of_its_first_fill(desk):
    desk.place(1, order_type="MTL", quantity=8000)
    desk.step()
    working = desk.engine.orders[1, 1]
    first = working.executions[0].price
    assert 0 < working.filled < 8000
    assert working.order.lmt_price == first
    desk.run(lambda: desk.status(1) == "Filled")
    assert all(execution.price <= first for execution in working.executions)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"order_type": "MOC"}, 4 * HOUR), ({"order_type": "LOC", "lmt_price": 9000.0}, 4 * HOUR),
        ({"order_type": "MKT", "tif": "OPG"}, 21 * HOUR + 1800),
        ({"order_type": "LMT", "lmt_price": 9000.0, "tif": "OPG"}, 21 * HOUR + 1800),
        ({"order_type": "MTL", "tif": "AUC"}, 21 * HOUR + 1800),
    ],
)  # fmt: skip
def test_auctions_come_when_they_come(desk, fields, at):
    desk.place(1, **fields)
    later(desk, at - 60)
    assert desk.status(1) == "PreSubmitted"
    later(desk, 60)
    assert desk.status(1) == "Filled"


def test_a_limit_at_the_close_that_is_not_met_is_cancelled(desk):
    desk.place(1, order_type="LOC", lmt_price=1.0)
    later(desk, 4 * HOUR)
    assert (desk.status(1), codes(desk)) == ("Cancelled", [202])


def test_a_stop_becomes_another_one_when_its_trigger_is_reached(desk):
    stop, trigger = round(desk.bid - 5, 2), round(desk.bid + 0.03, 2)
    desk.place(
        1, action="SELL", order_type="STP", aux_price=stop, adjusted_order_type="STP", trigger_price=trigger,
        adjusted_stop_price=round(stop + 1, 2),
    )  # fmt: skip
    before = desk.engine.orders[1, 1].stop_ticks
    desk.run(lambda: desk.engine.orders[1, 1].stop_ticks != before)
    assert desk.engine.orders[1, 1].stop_ticks == before + 100
    assert desk.status(1) == "PreSubmitted"


def test_how_much_is_traded_at_a_time(desk):
    desk.place(1, order_type="MKT", quantity=1000, all_or_none=True)
    desk.place(2, order_type="MKT", quantity=1000, display_size=100)
    desk.place(3, order_type="MKT", quantity=1000, min_qty=900)
    desk.place(4, order_type="LMT", lmt_price=round(desk.ask + 2, 2), quantity=1000, hidden=True, sweep_to_fill=True)
    desk.run(lambda: not desk.engine.live())
    sizes = {
        order_id: [execution.shares for execution in desk.engine.orders[1, order_id].executions]
        for order_id in (1, 2, 3, 4)
    }
    assert sizes[1] == [1000]
    assert sizes[2] == [100] * 10
    assert sizes[3][0] >= 900
    adds_up(desk)


def test_discretion_goes_beyond_the_limit_to_take_what_is_there(desk):
    limit = round(desk.ask - 0.5, 2)
    desk.place(1, lmt_price=limit, discretionary_amt=1.0)
    desk.step()
    assert desk.status(1) == "Filled"
    assert desk.engine.orders[1, 1].average_price > limit


def test_a_scale_order_works_level_by_level(desk):
    top = round(desk.ask + 0.01, 2)
    desk.place(
        1, lmt_price=top, quantity=300, scale_init_level_size=100, scale_subs_level_size=100,
        scale_price_increment=0.05,
    )  # fmt: skip
    desk.run(lambda: desk.status(1) == "Filled")
    working = desk.engine.orders[1, 1]
    assert [item.shares for item in working.executions] == [100, 100, 100]
    for level, execution in enumerate(working.executions):
        assert execution.price <= top - level * 0.05 + 1e-6


def test_an_amount_of_money_buys_what_it_can(desk):
    desk.place(1, order_type="MKT", quantity=0, cash_qty=1000.0)
    desk.step()
    working = desk.engine.orders[1, 1]
    assert working.status == "Filled"
    assert 990 < working.filled_value <= 1001
    adds_up(desk)


# ----------------------------------------------------------------------------------------------------- algos


@pytest.mark.parametrize("strategy", ALGOS)
def test_algos_are_taken(desk, strategy):
    desk.place(1, lmt_price=round(desk.ask + 1, 2), algo_strategy=strategy)
    desk.run(lambda: desk.status(1) == "Filled")


@pytest.mark.parametrize(
    ("strategy", "params", "kind", "code"),
    [
        ("Sorcery", {}, "MKT", 439), ("Vwap", {"magic": "1"}, "MKT", 443), ("Vwap", {"maxPctVol": "7"}, "MKT", 441),
        ("Vwap", {"maxPctVol": "much"}, "MKT", 441), ("Adaptive", {"adaptivePriority": "Now"}, "MKT", 441),
        ("Adaptive", {"adaptivePriority": "Urgent"}, "MOC", 442),
    ],
)  # fmt: skip
def test_algos_that_make_no_sense(desk, strategy, params, kind, code):
    desk.place(1, order_type=kind, algo_strategy=strategy, algo_params=params)
    assert (codes(desk), desk.engine.live()) == ([code], [])


# ------------------------------------------------------------------------------------------ conditions and times


def condition(kind, **fields):
    return OrderCondition(**{"type": kind, "is_conjunction_connection": True, "is_more": True} | fields)


NEVER = condition(1, con_id=265598, exchange="SMART", price=100_000.0)
ALWAYS = condition(1, con_id=265598, exchange="SMART", price=1.0)


@pytest.mark.parametrize(
    ("conditions", "held"),
    [
        ([ALWAYS], True), ([NEVER], False), ([ALWAYS, ALWAYS], True), ([ALWAYS, NEVER], False),
        ([NEVER.replace(is_conjunction_connection=False), ALWAYS], True),
        ([ALWAYS.replace(is_conjunction_connection=False), NEVER], True),
        ([NEVER.replace(is_conjunction_connection=False), NEVER], False),
        ([NEVER, ALWAYS.replace(is_conjunction_connection=False), ALWAYS], True),
        ([ALWAYS.replace(is_conjunction_connection=False), ALWAYS, NEVER], True),
        ([condition(4, percent=50)], True), ([condition(4, percent=50, is_more=False)], False),
        ([condition(6, con_id=265598, volume=1)], True), ([condition(6, con_id=265598, volume=2 * 10**9)], False),
        ([condition(7, con_id=265598, change_percent=-50.0)], True),
        ([condition(7, con_id=265598, change_percent=50.0)], False),
        ([ALWAYS.replace(is_conjunction_connection=False)], True),
        ([NEVER.replace(is_conjunction_connection=False)], False),
    ],
)  # fmt: skip
def test_an_order_waits_for_its_conditions(desk, conditions, held):
    desk.place(1, order_type="MKT", conditions=conditions)
    assert desk.status(1) == "PreSubmitted"
    desk.step(3)
    assert desk.status(1) == ("Filled" if held else "PreSubmitted")


def test_conditions_of_time_and_of_executions(desk):
    desk.place(1, order_type="MKT", conditions=[condition(3, time=utc(desk, 60))])
    desk.place(2, order_type="MKT", conditions=[condition(5, symbol="MSFT", sec_type="STK", exchange="SMART")])
    desk.step(3)
    assert [desk.status(1), desk.status(2)] == ["PreSubmitted"] * 2
    later(desk, 60)
    assert [desk.status(1), desk.status(2)] == ["Filled", "PreSubmitted"]
    desk.place(3, order_type="MKT", contract=Contract(symbol="MSFT", sec_type="STK", exchange="SMART"))
    desk.step(3)
    assert desk.status(2) == "Filled"


def test_a_condition_may_cancel_instead(desk):
    wanted = condition(3, time=utc(desk, 60))
    desk.place(1, lmt_price=1.0, conditions=[wanted], conditions_cancel_order=True)
    desk.step()
    assert desk.status(1) == "Submitted"
    later(desk, 60)
    assert (desk.status(1), codes(desk)) == ("Cancelled", [202])


@pytest.mark.parametrize(
    ("wrong", "kind", "code"),
    [
        (condition(1, con_id=1, price=1.0), "MKT", 147), (condition(5, symbol="AAPL"), "MKT", 147),
        (condition(1, con_id=265598, price=1.0, trigger_method=6), "MKT", 146), (condition(3, time="soon"), "MKT", 321),
        (condition(2), "MKT", 321), (ALWAYS, "MOC", 148),
    ],
)  # fmt: skip
def test_conditions_that_cannot_be_watched(desk, wrong, kind, code):
    desk.place(1, order_type=kind, conditions=[wrong])
    assert (codes(desk), desk.engine.live()) == ([code], [])


def test_orders_begin_and_end_when_they_say(desk):
    desk.place(1, order_type="MKT", good_after_time=utc(desk, 60))
    desk.place(2, lmt_price=1.0, tif="GTD", good_till_date=utc(desk, 30))
    desk.place(3, lmt_price=1.0)
    desk.place(4, lmt_price=1.0, tif="GTC")
    desk.step()
    assert [desk.status(item) for item in (1, 2, 3, 4)] == ["PreSubmitted", *["Submitted"] * 3]
    later(desk, 59)
    assert [desk.status(1), desk.status(2)] == ["PreSubmitted", "Cancelled"]
    later(desk, 1)
    assert desk.status(1) == "Filled"
    later(desk, 24 * HOUR)
    assert [desk.status(3), desk.status(4)] == ["Cancelled", "Submitted"]


# ----------------------------------------------------------------------------- combinations, hedges, families


def test_a_combination_fills_with_its_legs(desk):
    desk.place(1, contract=PAIR, order_type="MKT", quantity=10)
    desk.run(lambda: desk.status(1) == "Filled")
    told = [item for _, item in desk.told if isinstance(item, ExecutionDetails)]
    kinds = [item.contract.sec_type for item in told[:3]]
    assert kinds == ["BAG", "STK", "STK"]
    whole, first, second = (fill.execution for fill in told[:3])
    assert (first.side, second.side) == ("BOT", "SLD")
    assert (first.shares, second.shares) == (2 * whole.shares, whole.shares)
    assert whole.price == pytest.approx(2 * first.price - second.price)
    reports = {item.exec_id for _, item in desk.told if isinstance(item, CommissionAndFeesReport)}
    assert reports == {fill.execution.exec_id for fill in told}
    assert [holding.position for holding in desk.account.holdings.values()] == [20, -10]
    adds_up(desk)


def test_a_combination_of_unknown_legs_is_not_found(desk):
    legs = [ComboLeg(con_id=1, ratio=1, action="BUY", exchange="SMART")]
    desk.place(1, contract=PAIR.replace(combo_legs=legs), order_type="MKT")
    assert codes(desk) == [200]


@pytest.mark.parametrize(
    ("kind", "param", "contract", "expected"),
    [("P", "2", Contract(symbol="MSFT", sec_type="STK", exchange="SMART"), 200), ("D", "0.5", AAPL, 50)],
)
def test_a_hedge_trades_what_its_parent_has_filled(desk, kind, param, contract, expected):
    desk.place(1, order_type="MKT", transmit=False)
    desk.place(
        2, contract=contract, order_type="MKT", action="SELL", quantity=0, parent_id=1, hedge_type=kind,
        hedge_param=param,
    )  # fmt: skip
    desk.run(lambda: not desk.engine.live())
    assert (desk.status(1), desk.status(2), desk.engine.orders[1, 2].filled) == ("Filled", "Filled", expected)
    adds_up(desk)


def test_tws_attaches_a_stop_and_a_target(desk):
    extra = AttachedOrders(sl_order_id=2, sl_order_type="PRESET", pt_order_id=3, pt_order_type="PRESET")
    order = Order(action="BUY", order_type="MKT", total_quantity=Decimal(100))
    desk.engine.place(1, 1, AAPL, order, extra)
    kinds = [(item.order.order_type, item.order.parent_id) for item in desk.engine.live()]
    assert kinds == [("MKT", 0), ("STP", 1), ("LMT", 1)] or kinds == [("MKT", None), ("STP", 1), ("LMT", 1)]
    desk.step(3)
    assert desk.status(1) == "Filled"
    stop, target = (desk.engine.orders[1, item].order for item in (2, 3))
    assert stop.aux_price < desk.bid < target.lmt_price
    assert stop.oca_group == target.oca_group


@pytest.mark.parametrize("seed", range(6))
def test_a_bracket_never_fills_both_exits(seed):
    desk = Desk(seed)
    desk.place(1, lmt_price=round(desk.ask + 1, 2), quantity=2000, transmit=False)
    sell = {"quantity": 2000, "action": "SELL", "parent_id": 1}
    desk.place(2, lmt_price=round(desk.ask + 0.05, 2), transmit=False, **sell)
    desk.place(3, order_type="STP", aux_price=round(desk.bid - 0.05, 2), **sell)
    desk.run(lambda: not desk.engine.live())
    exits = [desk.engine.orders[1, item].filled for item in (2, 3)]
    assert sum(exits) == 2000
    assert desk.account.holdings[desk.aapl].position == 0
    adds_up(desk)


@pytest.mark.parametrize(("oca_type", "alive"), [(1, False), (2, True), (3, True)])
def test_what_a_partial_fill_does_to_its_group(desk, oca_type, alive):
    desk.place(1, order_type="LMT", lmt_price=round(desk.ask + 1, 2), quantity=3000, oca_group="g", oca_type=oca_type)
    desk.place(2, lmt_price=1.0, quantity=3000, tif="GTC", oca_group="g", oca_type=oca_type)
    desk.step()
    filled = desk.engine.orders[1, 1].filled
    assert 0 < filled < 3000
    other = desk.engine.orders[1, 2]
    assert other.alive is alive
    if alive:
        assert other.quantity == 3000 - filled


# ----------------------------------------------------------------------------------- margin, changes, corrections


def test_what_the_account_cannot_carry_is_rejected_with_the_numbers(desk):
    desk.place(1, order_type="MKT", quantity=1_000_000)
    (error,) = [item for _, item in desk.told]
    assert error.error_code == 201
    assert "MUST EXCEED THE INITIAL MARGIN" in error.error_msg
    assert desk.engine.orders == {}


def test_a_preview_of_closing_lessens_the_margin(desk):
    desk.place(1, order_type="MKT")
    desk.step(3)
    desk.heard()
    desk.place(2, action="SELL", order_type="MKT", what_if=True)
    ((_, answer),) = desk.told
    assert isinstance(answer, OpenOrder)
    state = answer.order_state
    assert state.init_margin_change < 0
    assert state.init_margin_after == pytest.approx(0, abs=0.01)
    assert 2 not in [order_id for _, order_id in desk.engine.orders]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"action": "SELL"}, 105), ({"contract": Contract(symbol="MSFT", sec_type="STK", exchange="SMART")}, 105),
        ({"contract": AAPL.replace(exchange="ARCA")}, 105), ({"tif": "FOK"}, 462), ({"tif": "OPG"}, 462),
        ({"tif": "GTD", "good_till_date": "20261231 23:59:59 UTC"}, 462),
        ({"oca_group": "other", "oca_type": 1}, 10326), ({"oca_group": "g", "oca_type": 2}, 10327),
        ({"algo_strategy": "Vwap"}, 440),
    ],
)  # fmt: skip
def test_what_cannot_be_changed(desk, fields, code):
    desk.place(1, lmt_price=1.0, oca_group="g", oca_type=1)
    desk.step()
    desk.place(1, **{"lmt_price": 1.0, "oca_group": "g", "oca_type": 1} | fields)
    assert codes(desk) == [code]
    assert (desk.status(1), desk.engine.orders[1, 1].order.action) == ("Submitted", "BUY")


@pytest.mark.parametrize("tifs", [("DAY", "GTC"), ("GTC", "DAY"), ("DAY", "IOC"), ("GTC", "IOC")], ids=" to ".join)
def test_a_time_in_force_that_may_be_changed(desk, tifs):
    """IB documents it of DAY to IOC, and GTC has been seen; with IOC what is not filled at once is cancelled."""
    before, after = tifs
    desk.place(1, lmt_price=1.0, tif=before)
    desk.step()
    desk.place(1, lmt_price=1.0, tif=after)
    working = desk.engine.orders[1, 1]
    assert working.order.tif == after
    assert (working.ends_ns == 0) == (after == "GTC")
    assert codes(desk) == []
    desk.step()
    assert desk.status(1) == ("Cancelled" if after == "IOC" else "Submitted")


def test_a_stop_that_has_triggered_stays_so_with_another_time_in_force(desk):
    desk.place(1, order_type="STP LMT", aux_price=1.0, lmt_price=0.5)
    desk.step()
    working = desk.engine.orders[1, 1]
    assert working.triggered
    desk.place(1, order_type="STP LMT", aux_price=1.0, lmt_price=0.5, tif="GTC")
    assert (working.triggered, working.status) == (True, "Submitted")


def test_a_change_keeps_what_is_filled(desk):
    desk.place(1, lmt_price=round(desk.ask + 1, 2), quantity=3000)
    desk.step()
    working = desk.engine.orders[1, 1]
    filled = working.filled
    assert 0 < filled < 3000
    desk.place(1, lmt_price=1.0, quantity=2900)
    assert (working.filled, working.remaining, working.order.filled_quantity) == (filled, 2900 - filled, filled)
    desk.place(1, lmt_price=1.0, quantity=int(filled) - 1)
    assert codes(desk) == [105]
    desk.place(1, lmt_price=1.0, quantity=int(filled))
    assert desk.status(1) == "Filled"
    adds_up(desk)


def test_a_correction_counts_the_id_up_and_the_books_follow(desk):
    desk.place(1, order_type="MKT")
    desk.step(3)
    execution = desk.engine.executions[0].execution
    desk.heard()
    desk.engine.correct(execution.exec_id, execution.price - 1)
    details, report = (item for _, item in desk.told)
    assert details.execution.exec_id == execution.exec_id[:-2] + "02"
    assert report.exec_id == details.execution.exec_id
    assert details.execution.price == execution.price - 1
    adds_up(desk)


@pytest.mark.parametrize(("right", "strike"), [("C", 250.0), ("P", 380.0)])
def test_options_are_exercised_into_their_stock(desk, right, strike):
    chain = [
        instrument for instrument in desk.market.universe.instruments() if instrument.contract["sec_type"] == "OPT"
    ]
    own = [item for item in chain if item.contract["symbol"] == "AAPL" and item.contract["right"] == right]
    deepest = (min if right == "C" else max)(own, key=lambda item: item.contract["strike"])
    contract = Contract(con_id=deepest.con_id, exchange="SMART")
    desk.place(1, contract=contract, order_type="MKT", quantity=2)
    desk.run(lambda: desk.status(1) == "Filled")
    desk.engine.exercise(1, 2, Exercise(contract, LAPSE, 1, "", override=False))
    desk.engine.exercise(1, 3, Exercise(contract, EXERCISE, 9, "", override=False))
    assert codes(desk) == [322, 322]
    desk.engine.exercise(1, 4, Exercise(contract, EXERCISE, 1, "", override=False))
    desk.engine.exercise(1, 5, Exercise(contract, LAPSE, 1, "", override=True))
    desk.step()
    assert [desk.status(4), desk.status(5)] == ["Filled", "Filled"]
    assert desk.account.holdings[deepest].position == 0
    stock = desk.account.holdings[desk.aapl]
    assert stock.position == (100 if right == "C" else -100)
    adds_up(desk)


def test_manual_orders_are_client_0s_once_it_binds_them(desk):
    order = Order(action="BUY", order_type="LMT", total_quantity=Decimal(1), lmt_price=1.0)
    working = desk.engine.place_manually(AAPL, order)
    assert (desk.told, working.open_order().order_id) == ([], 0)
    desk.engine.bind()
    bound, opened, _ = (message for _, message in desk.told)
    assert (bound.perm_id, bound.order_id) == (working.perm_id, opened.order_id) == (working.perm_id, -1)
    desk.engine.cancel(0, -1)
    assert working.status == "Cancelled"


def test_orders_wait_for_the_hours_of_their_exchange_if_they_are_to():
    desk = Desk()
    desk.engine._keeps_hours = True
    desk.now_ns = (NOON + 6 * HOUR) * SECOND
    desk.place(1, order_type="MKT")
    desk.place(2, order_type="MKT", outside_rth=True)
    warning = next(item for _, item in desk.told if isinstance(item, ErrorMessage))
    assert (warning.id, warning.error_code) == (1, 399)
    assert "will not be placed at the exchange until 2026-08-27 09:30:00 US/Eastern" in warning.error_msg
    desk.step(3)
    assert [desk.status(1), desk.status(2)] == ["PreSubmitted", "Filled"]
    later(desk, 16 * HOUR)
    assert desk.status(1) == "Filled"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"order_type": "MIDPRICE", "contract": CALL}, 387), ({"order_type": "MKT", "quantity": "0.00001"}, 10318),
        ({"order_type": "REL"}, 158), ({"order_type": "REL", "percent_offset": 2.0}, 159),
        ({"lmt_price": 100.0, "discretionary_amt": 0.1, "display_size": 10}, 157),
        ({"lmt_price": 100.0, "discretionary_amt": 50.0}, 201), ({"order_type": "MOC", "tif": "GTC"}, 201),
        ({"order_type": "MKT", "contract": CALL, "block_order": True, "quantity": 5}, 117),
        ({"order_type": "MKT", "contract": CALL, "cash_qty": 100.0}, 10244),
        ({"lmt_price": 1.0, "tif": "GTD"}, 321), ({"lmt_price": 1.0, "tif": "GTD", "good_till_date": "soon"}, 321),
        ({"order_type": "MKT", "account": "DU9"}, 321), ({"order_type": "MKT", "fa_group": "G"}, 321),
        ({"order_type": "REL + MKT"}, 387), ({"order_type": "VOL", "contract": CALL}, 321),
        ({"order_type": "PEG BENCH", "starting_price": 1.0}, 321),
    ],
)  # fmt: skip
def test_more_refusals(desk, fields, code):
    desk.place(1, **fields)
    assert (codes(desk), desk.engine.orders) == ([code], {})
