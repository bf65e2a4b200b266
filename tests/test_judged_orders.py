"""Judged by the official client: an order said in our words goes out as the same order built of its classes."""

import asyncio

import pytest

pytest.importorskip("ibapi", reason="the official client (interop group) is missing: nothing is judged by it")

from decimal import Decimal

from ibapi import order_condition
from ibapi.client import EClient
from ibapi.contract import ComboLeg as TheirLeg
from ibapi.contract import Contract as TheirContract
from ibapi.order import Order as TheirOrder
from ibapi.order import OrderComboLeg
from ibapi.tag_value import TagValue
from official_defects import spelled_alike
from official_requests import Sent, parsed, picture

from ibfast import (
    ComboLeg,
    Contract,
    Order,
    OrderBuilder,
    execution_condition,
    margin_condition,
    percent_change_condition,
    price_condition,
    time_condition,
    volume_condition,
    wire,
)
from ibfast.requests.orders import place_request
from ibfast.trade import Trade

AAPL = Contract.stock("AAPL").replace(con_id=265598)
LEGS = [
    ComboLeg(con_id=1, ratio=1, action="BUY", exchange="SMART"),
    ComboLeg(con_id=2, ratio=1, action="SELL", exchange="SMART"),
]
COMBO = Contract(symbol="A,B", sec_type="BAG", currency="USD", exchange="SMART", combo_legs=LEGS)
CHAIN = (
    price_condition(AAPL, ">=", 150, trigger_method=2) & time_condition("<=", "20260826 12:00:00 US/Eastern")
    | margin_condition("<=", 30)
    | execution_condition("MSFT") & volume_condition(AAPL, ">=", 5000) & percent_change_condition(AAPL, "<=", -3)
)


def theirs(kind, action="SELL", quantity=100, **fields):
    order = TheirOrder()
    order.orderType, order.action, order.totalQuantity = kind, action, Decimal(quantity)
    for name, value in fields.items():
        assert hasattr(order, name), name
        setattr(order, name, value)
    return order


def tags(**values):
    return [TagValue(tag, value) for tag, value in values.items()]


def chain():
    """The conditions of `CHAIN`, of their classes."""
    price = order_condition.PriceCondition(2, 265598, "SMART", True, 150)
    time = order_condition.TimeCondition(False, "20260826 12:00:00 US/Eastern")
    margin = order_condition.MarginCondition(False, 30)
    execution = order_condition.ExecutionCondition("STK", "SMART", "MSFT")
    volume = order_condition.VolumeCondition(265598, "SMART", True, 5000)
    percent = order_condition.PercentChangeCondition(265598, "SMART", False, -3)
    time.isConjunctionConnection = margin.isConjunctionConnection = False
    return [price, time, margin, execution, volume, percent]


CASES = {
    "market": (lambda it: it.market(), theirs("MKT")),
    "limit": (
        lambda it: it.limit(150.25).good_till_cancel().outside_rth().hidden().account("DU1").reference("mine"),
        theirs("LMT", lmtPrice=150.25, tif="GTC", outsideRth=True, hidden=True, account="DU1", orderRef="mine"),
    ),
    "stop_limit": (lambda it: it.stop_limit(stop=150, limit=149), theirs("STP LMT", auxPrice=150, lmtPrice=149)),
    "trailing stop": (
        lambda it: it.trailing_stop(percent=5, stop=95), theirs("TRAIL", trailingPercent=5, trailStopPrice=95),
    ),
    "trailing limit": (
        lambda it: it.trailing_stop_limit(amount=2, stop=95, limit_offset=0.5),
        theirs("TRAIL LIMIT", auxPrice=2, trailStopPrice=95, lmtPriceOffset=0.5),
    ),
    "market on open": (lambda it: it.market_on_open(), theirs("MKT", tif="OPG")),
    "at auction": (lambda it: it.at_auction(150), theirs("MTL", tif="AUC", lmtPrice=150)),
    "relative": (lambda it: it.relative(0.05, cap=150), theirs("REL", auxPrice=0.05, lmtPrice=150)),
    "pegged to a benchmark": (
        lambda it: it.pegged_to_benchmark(
            Contract.by_id(12345, exchange="ARCA"), starting_price=50, change=0.02, reference_change=0.01,
            opposite=True, stock_ref_price=49, stock_range=(48, 52),
        ),
        theirs(
            "PEG BENCH", startingPrice=50, isPeggedChangeAmountDecrease=True, peggedChangeAmount=0.02,
            referenceChangeAmount=0.01, referenceContractId=12345, referenceExchangeId="ARCA", stockRefPrice=49,
            stockRangeLower=48, stockRangeUpper=52,
        ),
    ),
    "pegged to a stock": (
        lambda it: it.pegged_to_stock(delta=0.5, starting_price=2, stock_ref_price=150),
        theirs("PEG STK", delta=0.5, startingPrice=2, stockRefPrice=150),
    ),
    "volatility": (
        lambda it: it.volatility(40, reference_price_type=1), theirs(
            "VOL", volatility=40, volatilityType=2, referencePriceType=1,
        ),
    ),
    "discretionary": (lambda it: it.discretionary(50, amount=0.5), theirs("LMT", lmtPrice=50, discretionaryAmt=0.5)),
    "adjustable": (
        lambda it: it.stop(29).adjust_stop(trigger=32, stop=31, percent=1).child_of(7),
        theirs(
            "STP", auxPrice=29, triggerPrice=32, adjustedOrderType="TRAIL", adjustedStopPrice=31, parentId=7,
            adjustableTrailingUnit=100, adjustedTrailingAmount=1,
        ),
    ),
    "scale": (
        lambda it: it.limit(50).scale(initial_size=100, next_size=50, price_increment=0.1, profit_offset=0.2),
        theirs(
            "LMT", lmtPrice=50, scaleInitLevelSize=100, scaleSubsLevelSize=50, scalePriceIncrement=0.1,
            scaleProfitOffset=0.2,
        ),
    ),
    "cash quantity": (
        lambda it: it.sell().limit(1.1).cash_quantity(500),
        theirs("LMT", lmtPrice=1.1, cashQty=500, totalQuantity=TheirOrder().totalQuantity),
    ),
    "hedge": (
        lambda it: it.market().beta_hedge(0.5).child_of(7), theirs("MKT", parentId=7, hedgeType="B", hedgeParam="0.5"),
    ),
    "one cancels all": (lambda it: it.limit(1).oca("group", 2), theirs("LMT", lmtPrice=1, ocaGroup="group", ocaType=2)),
    "vwap": (
        lambda it: it.limit(150).vwap(max_share=0.2, start="09:30:00 US/Eastern", no_take_liquidity=True),
        theirs(
            "LMT", lmtPrice=150, algoStrategy="Vwap",
            algoParams=tags(maxPctVol="0.2", startTime="09:30:00 US/Eastern", noTakeLiq="1"),
        ),
    ),
    "adaptive": (
        lambda it: it.market().adaptive("Patient"),
        theirs("MKT", algoStrategy="Adaptive", algoParams=tags(adaptivePriority="Patient")),
    ),
    "conditions": (
        lambda it: it.limit(150).cancel_when(CHAIN, ignore_rth=True),
        theirs("LMT", lmtPrice=150, conditions=chain(), conditionsCancelOrder=True, conditionsIgnoreRth=True),
    ),
}  # fmt: skip
VERSIONS = (157, 176, 200, 213, 226)


def same(our_request, their_contract, their_order, version):
    """What differs between our bytes and theirs."""
    sent = Sent()
    client = EClient(sent)
    client.conn, client.connState, client.serverVersion_ = sent, EClient.CONNECTED, version
    client.placeOrder(our_request.order_id, their_contract, their_order)
    assert sent.errors == []
    [payload] = sent.payloads
    ours = wire.encode(our_request, version)
    start = wire.message_id(payload, version)[2]
    assert payload[:start] == ours[:start]
    if version >= 203:
        assert picture(parsed(our_request, ours[start:])) == picture(parsed(our_request, payload[start:]))
        return
    mine, yours = ours[start:].split(b"\0"), payload[start:].split(b"\0")
    assert len(mine) == len(yours)
    pairs = enumerate(zip(yours, mine, strict=True))
    assert [(place, *pair) for place, pair in pairs if not spelled_alike(*pair)] == []


def their_stock():
    contract = TheirContract()
    contract.conId, contract.symbol, contract.secType = 265598, "AAPL", "STK"
    contract.exchange, contract.currency = "SMART", "USD"
    return contract


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("build", "order"), CASES.values(), ids=CASES)
def test_our_words_are_their_fields(build, order, version):
    ours = build(OrderBuilder(AAPL, Order(), None, None).sell(100)).build()
    same(place_request(7, AAPL, ours), their_stock(), order, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_combo_with_a_price_for_each_leg(version):
    builder = OrderBuilder(COMBO, Order(), None, None).sell(100).limit_per_leg(10, -2).non_guaranteed()
    contract = TheirContract()
    contract.symbol, contract.secType, contract.currency, contract.exchange = "A,B", "BAG", "USD", "SMART"
    contract.comboLegs = [TheirLeg(), TheirLeg()]
    for leg, number, action in zip(contract.comboLegs, (1, 2), ("BUY", "SELL"), strict=True):
        leg.conId, leg.ratio, leg.action, leg.exchange = number, 1, action, "SMART"
    order = theirs("LMT", orderComboLegs=[OrderComboLeg(), OrderComboLeg()])
    order.orderComboLegs[0].price, order.orderComboLegs[1].price = 10, -2
    order.smartComboRoutingParams = tags(NonGuaranteed="1")
    same(place_request(7, builder.contract, builder.build()), contract, order, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_bracket_of_three(version):
    placed = []

    def place(contract, order, attached):
        placed.append(place_request(7 + len(placed), contract, order, attached))
        return Trade(contract, order, 6 + len(placed), 1)

    bracket = OrderBuilder(AAPL, Order(), place, None).buy(100).good_till_cancel()
    asyncio.run(bracket.bracket(entry=150, take_profit=160, stop_loss=140).submit())
    expected = [
        theirs("LMT", "BUY", lmtPrice=150, tif="GTC", transmit=False),
        theirs("LMT", lmtPrice=160, tif="GTC", transmit=False, parentId=7),
        theirs("STP", auxPrice=140, tif="GTC", parentId=7),
    ]
    for ours, order in zip(placed, expected, strict=True):
        same(ours, their_stock(), order, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_only_tws_says_is_not_said_to_it(version):
    reported = Order(
        order_id=3, client_id=1, perm_id=1_000_000_001, parent_perm_id=4, filled_quantity=Decimal(1),
        auto_cancel_date="20261231 22:00:00 CET", ref_futures_con_id=1, shareholder="Not an insider",
        action="SELL", total_quantity=Decimal(100), order_type="LMT", lmt_price=150.0,
    )  # fmt: skip
    request = place_request(7, AAPL.replace(last_trade_date="20260918"), reported)
    same(request, their_stock(), theirs("LMT", lmtPrice=150), version)
