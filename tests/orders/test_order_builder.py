"""Orders in a sentence, and what is wrong with the incomplete ones; nothing is sent."""

import asyncio
from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest
from support.attributes import ATTRIBUTES, EVENING, MORNING, WINDOW

from ibfast import Action, ComboLeg, Contract, OcaType, Order, OrderBuilder, OrderType, TimeInForce, wire
from ibfast.orders.trade import Trade
from ibfast.orders.validation import TYPES as TYPE_RULES
from ibfast.orders.validation import check_order
from ibfast.schema import PlaceOrderRequest

AAPL = Contract.stock("AAPL")


def builder():
    """An order about to be described, and the list of those that were placed."""
    placed = []

    def place(contract, order, attached):
        placed.append(order)
        return Trade(contract, order, len(placed), 1, attached=attached)

    return OrderBuilder(AAPL, Order(), place, None), placed


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (lambda b: b.submit(), "action"),
        (lambda b: b.buy(1).submit(), "order_type"),
        (lambda b: b.buy(1).set(order_type="LMT").submit(), "lmt_price"),
        (lambda b: b.buy(1).limit(float("nan")), "^price: "),
        (lambda b: b.buy(1).stop(float("inf")), "^price: "),
        (lambda b: b.buy(1).set(order_type="STP LMT", lmt_price=1.0).submit(), "aux_price"),
        (lambda b: b.buy(0), "quantity"),
        (lambda b: b.buy(-1), "quantity"),
        (lambda b: b.buy("many"), "quantity"),
        (lambda b: b.sell(float("inf")), "quantity"),
        (lambda b: b.sell(float("nan")), "quantity"),
        (lambda b: b.sell(1).trailing_stop(), "amount"),
        (lambda b: b.sell(1).trailing_stop(amount=1, percent=1), "amount"),
        (lambda b: b.sell(1).trailing_stop_limit(amount=1, stop=9), "limit"),
        (lambda b: b.sell(1).set(order_type="TRAIL").submit(), "aux_price, trailing_percent"),
        (lambda b: b.sell(1).trailing_stop(amount=float("nan")), "^amount: "),
        (lambda b: b.buy().market().submit(), "total_quantity"),
        (lambda b: b.buy(1).limit(10).market().submit(), "lmt_price: 10 makes no sense with order type MKT"),
        (lambda b: b.buy(1).market().set(volatility=20).submit(), "volatility"),
        (lambda b: b.buy(1).market().set(discretionary_amt=0.1).submit(), "discretionary_amt"),
        (lambda b: b.buy(1).market().set(tif="GTD").submit(), "good_till_date"),
        (lambda b: b.buy(1).market().set(good_till_date="20260826-15:00:00").submit(), "tif"),
        (lambda b: b.buy(1).market().set(algo_params={"a": "b"}).submit(), "algo_strategy"),
        (lambda b: b.buy(1).market().set(hedge_type="P").submit(), "hedge_param"),
        (lambda b: b.buy(1).stop(9).set(adjusted_order_type="TRAIL").submit(), "trigger_price"),
        (lambda b: b.buy(1).set(order_type="PEG BENCH", starting_price=1.0).submit(), "reference_contract_id"),
        (
            lambda b: b.buy(1).pegged_to_benchmark(AAPL, starting_price=1, change=1, reference_change=1),
            "con_id",
        ),
        (lambda b: b.buy(1).pegged_to_best(0.1, offset_at_whole=0.1, offset_at_half=0.2), "offset"),
        (lambda b: b.buy(1).relative(), "offset, percent"),
        (lambda b: b.buy(1).volatility(20, "weekly"), "kind"),
        (lambda b: b.buy(1).market().vwap(max_share=0.9), "max_share"),
        (lambda b: b.buy(1).limit(1).scale(initial_size=1, price_increment=0), "price_increment"),
        (lambda b: b.buy(1).limit(1).attach_preset(), "stop_loss, take_profit"),
        (lambda b: b.buy(1).limit_per_leg(1.0), "prices"),
        (lambda b: b.buy(1).good_till_date(datetime(2026, 8, 26)), "no time zone"),
        (lambda b: b.buy(1).bracket(entry=10, take_profit=9, stop_loss=8).submit(), "take_profit"),
        (lambda b: b.buy(1).bracket(entry=10, take_profit=12, stop_loss=11).submit(), "stop_loss"),
        (lambda b: b.buy(1).market().bracket(take_profit=11, stop_loss=12).submit(), "stop_loss"),
        (lambda b: b.buy(1).bracket(entry=10), "take_profit, stop_loss"),
        (lambda b: b.buy(1).attach_preset(stop_loss=True).bracket(entry=10, stop_loss=9), "attach_preset"),
        (lambda b: b.buy(1).bracket(entry=10, stop_limit=9), "stop_limit"),
        (lambda b: b.buy(1).bracket(entry=10, stop_loss=9, trailing_amount=1), "give one of them"),
        (lambda b: b.buy(10).bracket(entry=10, take_profit=[11, 12, 13]).submit(), "divided among 3"),
        (lambda b: b.buy(10).bracket(entry=10, take_profit=[(5, 11), (4, 12)]).submit(), "add up to 10"),
        (lambda b: b.buy(10).bracket(entry=10, take_profit=[(5, 11), 12]).submit(), "not both"),
        (lambda b: b.buy().cash_quantity(9).bracket(entry=10, take_profit=11).submit(), "total_quantity"),
        (lambda b: b.buy(1).bracket(entry=float("nan"), take_profit=11, stop_loss=8), "^entry: "),
    ],
)
def test_incomplete_orders_are_refused_by_name(build, named):
    order, placed = builder()
    with pytest.raises(ValueError, match=named):
        asyncio.run(build(order))
    assert placed == []


def test_a_sentence_is_an_order():
    order, placed = builder()
    asyncio.run(order.buy("0.5").limit(150).good_till_cancel().outside_rth().submit())
    assert placed == [
        Order(
            action="BUY", total_quantity=Decimal("0.5"), order_type="LMT", lmt_price=150, tif="GTC", outside_rth=True
        )
    ]  # fmt: skip


def test_the_children_of_a_bracket_are_held_back_until_the_last():
    order, placed = builder()
    trades = asyncio.run(order.sell(10).bracket(entry=150, take_profit=140, stop_loss=160).submit())
    assert [(item.action, item.order_type, item.transmit) for item in placed] == [
        ("SELL", "LMT", False),
        ("BUY", "LMT", False),
        ("BUY", "STP", None),  # which a request carries as True
    ]
    assert [item.parent_id for item in placed] == [None, trades[0].order_id, trades[0].order_id]


TYPES = {
    "market": (lambda b: b.market(), "MKT", {}),
    "limit": (lambda b: b.limit(150), "LMT", {"lmt_price": 150}),
    "stop": (lambda b: b.stop(150), "STP", {"aux_price": 150}),
    "stop_limit": (lambda b: b.stop_limit(stop=150, limit=151), "STP LMT", {"aux_price": 150, "lmt_price": 151}),
    "trailing amount": (lambda b: b.trailing_stop(amount=2), "TRAIL", {"aux_price": 2}),
    "trailing percent": (
        lambda b: b.trailing_stop(percent=5, stop=95), "TRAIL", {"trailing_percent": 5, "trail_stop_price": 95},
    ),
    "trailing limit": (
        lambda b: b.trailing_stop_limit(percent=5, stop=95, limit_offset=0.5), "TRAIL LIMIT",
        {"trailing_percent": 5, "trail_stop_price": 95, "lmt_price_offset": 0.5},
    ),
    "trailing limit at a price": (
        lambda b: b.trailing_stop_limit(amount=2, stop=95, limit=94), "TRAIL LIMIT",
        {"aux_price": 2, "trail_stop_price": 95, "lmt_price": 94},
    ),
    "market_if_touched": (lambda b: b.market_if_touched(145), "MIT", {"aux_price": 145}),
    "limit_if_touched": (
        lambda b: b.limit_if_touched(touch=145, limit=144), "LIT", {"aux_price": 145, "lmt_price": 144},
    ),
    "market_to_limit": (lambda b: b.market_to_limit(), "MTL", {}),
    "market_with_protection": (lambda b: b.market_with_protection(), "MKT PRT", {}),
    "stop_with_protection": (lambda b: b.stop_with_protection(148), "STP PRT", {"aux_price": 148}),
    "market_on_close": (lambda b: b.market_on_close(), "MOC", {}),
    "limit_on_close": (lambda b: b.limit_on_close(150), "LOC", {"lmt_price": 150}),
    "market_on_open": (lambda b: b.market_on_open(), "MKT", {"tif": "OPG"}),
    "limit_on_open": (lambda b: b.limit_on_open(150), "LMT", {"tif": "OPG", "lmt_price": 150}),
    "at_auction": (lambda b: b.at_auction(150), "MTL", {"tif": "AUC", "lmt_price": 150}),
    "box_top": (lambda b: b.box_top(), "BOX TOP", {}),
    "midprice": (lambda b: b.midprice(), "MIDPRICE", {}),
    "midprice with a cap": (lambda b: b.midprice(151), "MIDPRICE", {"lmt_price": 151}),
    "relative": (lambda b: b.relative(0.05, cap=150.5), "REL", {"aux_price": 0.05, "lmt_price": 150.5}),
    "relative percent": (lambda b: b.relative(percent=0.01), "REL", {"percent_offset": 0.01}),
    "pegged_to_primary": (lambda b: b.pegged_to_primary(0.05), "REL", {"aux_price": 0.05}),
    "passive_relative": (lambda b: b.passive_relative(0.05), "PASSV REL", {"aux_price": 0.05}),
    "pegged_to_market": (lambda b: b.pegged_to_market(0.05), "PEG MKT", {"aux_price": 0.05}),
    "pegged_to_midpoint": (
        lambda b: b.pegged_to_midpoint(0.01, cap=150), "PEG MID", {"aux_price": 0.01, "lmt_price": 150},
    ),
    "pegged_to_midpoint on IBKRATS": (
        lambda b: b.pegged_to_midpoint(cap=150, offset_at_whole=0.02, offset_at_half=0.025).not_held(), "PEG MID",
        {"lmt_price": 150, "mid_offset_at_whole": 0.02, "mid_offset_at_half": 0.025, "not_held": True},
    ),
    "pegged_to_best": (
        lambda b: b.pegged_to_best(0.01, limit=150, min_compete_size=200), "PEG BEST",
        {"lmt_price": 150, "compete_against_best_offset": 0.01, "min_compete_size": 200},
    ),
    "pegged_to_best up to the midpoint": (
        lambda b: b.pegged_to_best(offset_at_whole=0.02, offset_at_half=0.025), "PEG BEST",
        {
            "compete_against_best_offset": float("inf"), "mid_offset_at_whole": 0.02, "mid_offset_at_half": 0.025,
        },
    ),
    "pegged_to_stock": (
        lambda b: b.pegged_to_stock(delta=0.5, starting_price=2.1, stock_ref_price=150, stock_range=(140, 160)),
        "PEG STK",
        {
            "delta": 0.5, "starting_price": 2.1, "stock_ref_price": 150, "stock_range_lower": 140,
            "stock_range_upper": 160,
        },
    ),
    "pegged_to_benchmark": (
        lambda b: b.pegged_to_benchmark(
            Contract.by_id(12345, exchange="ARCA"), starting_price=50, change=0.02, reference_change=0.01, opposite=True
        ),
        "PEG BENCH",
        {
            "starting_price": 50, "reference_contract_id": 12345, "reference_exchange_id": "ARCA",
            "pegged_change_amount": 0.02, "reference_change_amount": 0.01, "is_pegged_change_amount_decrease": True,
        },
    ),
    "snap_to_market": (lambda b: b.snap_to_market(0.01), "SNAP MKT", {"aux_price": 0.01}),
    "snap_to_midpoint": (lambda b: b.snap_to_midpoint(), "SNAP MID", {}),
    "snap_to_primary": (lambda b: b.snap_to_primary(0.01), "SNAP PRIM", {"aux_price": 0.01}),
    "discretionary": (
        lambda b: b.discretionary(50, amount=0.1), "LMT", {"lmt_price": 50, "discretionary_amt": 0.1},
    ),
    "sweep_to_fill": (lambda b: b.limit(50).sweep_to_fill(), "LMT", {"lmt_price": 50, "sweep_to_fill": True}),
    "block": (lambda b: b.limit(2.5).block(), "LMT", {"lmt_price": 2.5, "block_order": True}),
    "volatility": (lambda b: b.volatility(40), "VOL", {"volatility": 40, "volatility_type": 2}),
    "volatility with a hedge": (
        lambda b: b.volatility(2, "daily", reference_price_type=1, continuous_update=True).delta_neutral("MKT"),
        "VOL",
        {
            "volatility": 2, "volatility_type": 1, "reference_price_type": 1, "continuous_update": True,
            "delta_neutral_order_type": "MKT",
        },
    ),
    "relative_plus_limit": (lambda b: b.relative_plus_limit(2), "REL + LMT", {"lmt_price": 2}),
    "relative_plus_market": (
        lambda b: b.relative_plus_market().non_guaranteed(), "REL + MKT",
        {"smart_combo_routing_params": {"NonGuaranteed": "1"}},
    ),
    "adjusted to a stop": (
        lambda b: b.stop(29).adjust_stop(trigger=32, stop=31), "STP",
        {"aux_price": 29, "adjusted_order_type": "STP", "trigger_price": 32, "adjusted_stop_price": 31},
    ),
    "adjusted to a stop limit": (
        lambda b: b.stop(29).adjust_stop(trigger=32, stop=31, limit=30.5), "STP",
        {
            "aux_price": 29, "adjusted_order_type": "STP LMT", "trigger_price": 32, "adjusted_stop_price": 31,
            "adjusted_stop_limit_price": 30.5,
        },
    ),
    "adjusted to a trail": (
        lambda b: b.stop(29).adjust_stop(trigger=32, stop=31, percent=1), "STP",
        {
            "aux_price": 29, "adjusted_order_type": "TRAIL", "trigger_price": 32, "adjusted_stop_price": 31,
            "adjusted_trailing_amount": 1, "adjustable_trailing_unit": 100,
        },
    ),
    "scale": (
        lambda b: b.limit(50).scale(initial_size=100, next_size=50, price_increment=0.1, profit_offset=0.2), "LMT",
        {
            "lmt_price": 50, "scale_init_level_size": 100, "scale_subs_level_size": 50, "scale_price_increment": 0.1,
            "scale_profit_offset": 0.2,
        },
    ),
}  # fmt: skip
ALGOS = {
    "vwap": (
        lambda b: b.vwap(max_share=0.2, start=MORNING, end=EVENING, allow_past_end=True, no_take_liquidity=True),
        "Vwap", {"maxPctVol": "0.2", **WINDOW, "allowPastEndTime": "1", "noTakeLiq": "1"},
    ),
    "twap": (
        lambda b: b.twap(style="Matching Midpoint", start="09:30:00 US/Eastern"), "Twap",
        {"strategyType": "Matching Midpoint", "startTime": "09:30:00 US/Eastern"},
    ),
    "percent_of_volume": (
        lambda b: b.percent_of_volume(0.1, no_take_liquidity=False), "PctVol", {"pctVol": "0.1", "noTakeLiq": "0"},
    ),
    "percent_of_volume_by_price": (
        lambda b: b.percent_of_volume_by_price(0.2, change=0.1, min_share=0.1, max_share=0.4), "PctVolPx",
        {"pctVol": "0.2", "deltaPctVol": "0.1", "minPctVol4Px": "0.1", "maxPctVol4Px": "0.4"},
    ),
    "percent_of_volume_by_size": (
        lambda b: b.percent_of_volume_by_size(start_share=0.1, end_share=0.4), "PctVolSz",
        {"startPctVol": "0.1", "endPctVol": "0.4"},
    ),
    "percent_of_volume_by_time": (
        lambda b: b.percent_of_volume_by_time(start_share=0.1, end_share=0.4, start=MORNING, end=EVENING),
        "PctVolTm", {"startPctVol": "0.1", "endPctVol": "0.4", **WINDOW},
    ),
    "arrival_price": (
        lambda b: b.arrival_price(max_share=0.1, risk_aversion="Get Done", force_completion=True), "ArrivalPx",
        {"maxPctVol": "0.1", "riskAversion": "Get Done", "forceCompletion": "1"},
    ),
    "adaptive": (lambda b: b.adaptive("Urgent"), "Adaptive", {"adaptivePriority": "Urgent"}),
    "close_price": (
        lambda b: b.close_price(max_share=0.2, risk_aversion="Neutral"), "ClosePx",
        {"maxPctVol": "0.2", "riskAversion": "Neutral"},
    ),
    "dark_ice": (lambda b: b.dark_ice(100, start=MORNING, end=EVENING), "DarkIce", {"displaySize": "100", **WINDOW}),
    "accumulate_distribute": (
        lambda b: b.accumulate_distribute(100, seconds_between=60, randomize_time=True, wait_for_fill=True), "AD",
        {"componentSize": "100", "timeBetweenOrders": "60", "randomizeTime20": "1", "waitForFill": "1"},
    ),
    "balance_impact_risk": (
        lambda b: b.balance_impact_risk(max_share=0.2, risk_aversion="Passive"), "BalanceImpactRisk",
        {"maxPctVol": "0.2", "riskAversion": "Passive"},
    ),
    "minimize_impact": (lambda b: b.minimize_impact(max_share=0.2), "MinImpact", {"maxPctVol": "0.2"}),
    "any other": (
        lambda b: b.algo("AccuDistr", componentSize=100, activeTimeTz="GMT"), "AccuDistr",
        {"componentSize": "100", "activeTimeTz": "GMT"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("build", "kind", "fields"), TYPES.values(), ids=TYPES)
def test_each_type_has_its_fields_and_no_others(build, kind, fields):
    order, _ = builder()
    expected = Order(action="SELL", total_quantity=Decimal(100), order_type=kind, **fields)
    assert build(order.sell(100)).build() == expected


@pytest.mark.parametrize(("build", "strategy", "params"), ALGOS.values(), ids=ALGOS)
def test_each_algo_has_its_parameters(build, strategy, params):
    order, _ = builder()
    expected = Order(
        action="BUY", total_quantity=Decimal(100), order_type="MKT", algo_strategy=strategy, algo_params=params
    )
    assert build(order.buy(100).market()).build() == expected


@pytest.mark.parametrize(("build", "fields"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_each_attribute_sets_its_fields(build, fields):
    order, _ = builder()
    plain = Order(action="BUY", total_quantity=Decimal(100), order_type="LMT", lmt_price=150)
    assert build(order.buy(100).limit(150)).build() == plain.replace(**fields)


@pytest.mark.parametrize("kind", sorted(TYPE_RULES))
def test_every_type_that_has_rules_has_a_word(kind):
    assert kind in {kind for _, kind, _ in TYPES.values()}


def test_of_an_order_read_back_only_the_changes_must_make_sense():
    """TWS fills in a trail for a limit order, and both the limit and its offset for a trailing one."""
    fields = {"action": "BUY", "total_quantity": Decimal(1), "lmt_price": 9.0, "trail_stop_price": 10.0}
    limit = Order(order_type="LMT", perm_id=70, min_compete_size=100, **fields)
    check_order(AAPL, limit)
    check_order(AAPL, limit.replace(lmt_price=8.0), ["lmt_price"])
    check_order(AAPL, Order(order_type="TRAIL LIMIT", perm_id=70, aux_price=1.0, lmt_price_offset=0.5, **fields))
    with pytest.raises(ValueError, match="volatility: 20 makes no sense with order type LMT"):
        check_order(AAPL, limit.replace(volatility=20), ["volatility"])
    with pytest.raises(ValueError, match="lmt_price: order type LMT needs one"):
        check_order(AAPL, limit.replace(lmt_price=None), ["lmt_price"])
    with pytest.raises(ValueError, match="trail_stop_price"):
        check_order(AAPL, limit.replace(perm_id=None))


def test_legs_have_prices_of_their_own():
    legs = [ComboLeg(con_id=1, ratio=1, action="BUY"), ComboLeg(con_id=2, ratio=1, action="SELL")]
    combo = Contract(symbol="A,B", sec_type="BAG", currency="USD", exchange="SMART", combo_legs=legs)
    order = OrderBuilder(combo, Order(), None, None).buy(1).limit_per_leg(10, -2).non_guaranteed()
    assert order.build().lmt_price is None
    assert [leg.per_leg_price for leg in order.contract.combo_legs] == [10, -2]
    assert [leg.per_leg_price for leg in combo.combo_legs] == [None, None]


def test_presets_are_asked_for():
    order, _ = builder()
    trade = asyncio.run(order.buy(1).limit(1).attach_preset(stop_loss=True).submit())
    assert (trade.attached.sl_order_type, trade.attached.pt_order_type) == ("PRESET", None)


# ----------------------------------------------------------------------------------------------------- brackets


def bracket(*, quantity=100, describe=lambda order: order, **exits):
    order, placed = builder()
    asyncio.run(describe(order.buy(quantity)).bracket(**exits).submit())
    return placed


def test_exits_have_from_the_entry_what_they_need():
    def describe(order):
        return order.account("DU1").good_till_date(EVENING).outside_rth().reference("mine").model("Core").hidden()

    entry, *exits = bracket(describe=describe, entry=150, take_profit=160, stop_loss=140)
    for order in exits:
        assert (order.account, order.tif, order.good_till_date) == ("DU1", "GTD", entry.good_till_date)
        assert (order.outside_rth, order.order_ref, order.model_code) == (True, "mine", "Core")
        assert (order.hidden, order.total_quantity, order.action) == (None, 100, "SELL")
        assert order.oca_group is None  # TWS makes one of those with the same parent


def test_exits_may_last_longer_than_the_entry():
    _, *exits = bracket(describe=lambda b: b.market_on_open(), take_profit=160, stop_loss=140)
    assert [order.tif for order in exits] == ["DAY", "DAY"]
    order, placed = builder()
    asyncio.run(order.buy(1).market().bracket(stop_loss=140).exits(tif="GTC", outside_rth=True).submit())
    assert (placed[1].order_type, placed[1].tif, placed[1].outside_rth) == ("STP", "GTC", True)


@pytest.mark.parametrize(
    ("exits", "fields"),
    [
        ({"stop_loss": 140}, {"order_type": "STP", "aux_price": 140}),
        ({"stop_loss": 140, "stop_limit": 139}, {"order_type": "STP LMT", "aux_price": 140, "lmt_price": 139}),
        ({"trailing_amount": 5}, {"order_type": "TRAIL", "aux_price": 5}),
        ({"trailing_percent": 2}, {"order_type": "TRAIL", "trailing_percent": 2}),
    ],
)
def test_a_bracket_may_have_any_kind_of_stop(exits, fields):
    _, target, stop = bracket(entry=150, take_profit=160, **exits)
    assert target.order_type == "LMT"
    assert stop == Order(action="SELL", total_quantity=Decimal(100), parent_id=1, **fields)


@pytest.mark.parametrize("targets", [[155, 160], [(50, 155), (50, 160)]])
def test_each_target_has_a_stop_of_its_own(targets):
    entry, *exits = bracket(entry=150, take_profit=targets, stop_loss=140)
    assert [(exit.order_type, exit.lmt_price or exit.aux_price, exit.total_quantity) for exit in exits] == [
        ("LMT", 155, 50),
        ("STP", 140, 50),
        ("LMT", 160, 50),
        ("STP", 140, 50),
    ]
    groups = [exit.oca_group for exit in exits]
    assert groups[0] == groups[1] != groups[2] == groups[3]
    assert [item.transmit for item in (entry, *exits)] == [False, False, False, False, None]
    assert {exit.parent_id for exit in exits} == {1}


def test_prices_may_come_from_records():
    prices = np.array([150, 160, 140], dtype="f4")
    placed = bracket(entry=prices[0], take_profit=prices[1], stop_loss=np.float64(140))
    assert [item.lmt_price or item.aux_price for item in placed] == [150, 160, 140]
    assert [item.lmt_price for item in bracket(entry=prices[0], take_profit=np.array([155.0, 160.0]))] == [
        150,
        155,
        160,
    ]


def test_a_bracket_may_have_no_stop():
    _, *exits = bracket(entry=150, take_profit=[(60, 155), (40, 160)])
    assert [(exit.lmt_price, exit.total_quantity) for exit in exits] == [(155, 60), (160, 40)]


# ------------------------------------------------------------------------------------------------- plain orders


@pytest.mark.parametrize("version", [176, 226])
def test_enums_are_texts_and_numbers_on_both_wires(version):
    said = Order(
        action=Action.BUY, order_type=OrderType.LIMIT, tif=TimeInForce.DAY, oca_group="a", oca_type=OcaType.REDUCE
    )
    request = wire.decode(
        wire.encode(PlaceOrderRequest(order_id=1, contract=AAPL, order=said), version), version, direction="outgoing"
    )
    got = request.order
    assert (got.action, got.order_type, got.tif, got.oca_type) == ("BUY", "LMT", "DAY", 3)


def test_the_plainest_orders_have_a_name():
    assert Order.market("BUY", 100) == Order(action="BUY", total_quantity=Decimal(100), order_type="MKT")
    limit = Order.limit(Action.SELL, "0.1", 150.5)
    assert (limit.action, limit.total_quantity, limit.order_type, limit.lmt_price) == (
        "SELL",
        Decimal("0.1"),
        "LMT",
        150.5,
    )
    stop = Order.stop("SELL", 1, 140.0)
    assert (stop.order_type, stop.aux_price, stop.lmt_price) == ("STP", 140.0, None)
    with pytest.raises(ValueError, match="quantity"):
        Order.market("BUY", 0)
