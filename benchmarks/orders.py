"""Messages that no hot decoder reads: lists of orders, contracts and executions, and the life of one order."""

from __future__ import annotations

from decimal import Decimal

from benchmarks.answers import Answer
from benchmarks.peers.common import FIRST_ORDER_ID, REQ_ID
from benchmarks.workload import Workload, framed
from ibfast.schema import (
    CommissionAndFeesReport,
    ContractData,
    ContractDataEnd,
    ContractDetails,
    Execution,
    ExecutionDetails,
    ExecutionDetailsEnd,
    OpenOrder,
    OpenOrdersEnd,
    OrderState,
    OrderStatus,
)
from ibfast.schema.contract import Contract
from ibfast.schema.order import Order

PLACE_ORDER, OPEN_ORDERS, EXECUTIONS, CONTRACT_DATA = 3, 5, 7, 9  # the ids of the requests
AAPL = Contract(con_id=265598, symbol="AAPL", sec_type="STK", exchange="SMART", currency="USD", local_symbol="AAPL")
CLIENT_ID = 1


def open_orders(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """Limit orders of this session, each with its status."""
    messages: list = []
    for place in range(count):
        order_id = FIRST_ORDER_ID + place
        messages += [_open_order(order_id, _price(place)), _status(order_id, "Submitted", 0, 100)]
    messages.append(OpenOrdersEnd())
    answer = Answer(count, sum(map(_price, range(count))), 100.0 * count)
    blocks = (framed(messages, version),)
    return Workload("open orders", version, "open_orders", blocks, count, answer, OPEN_ORDERS)


def contracts(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """A chain of options, with all that IB knows of each."""
    messages: list = [
        ContractData(
            req_id=req_id,
            contract=Contract(
                con_id=1_000 + place, symbol="AAPL", sec_type="OPT", last_trade_date_or_contract_month="20270115",
                strike=_price(place), right="C", multiplier=100.0, exchange="SMART", currency="USD",
                local_symbol=f"AAPL 270115C{place:08}", trading_class="AAPL",
            ),
            contract_details=ContractDetails(
                market_name="AAPL", min_tick="0.01", long_name="APPLE INC", contract_month="202701", agg_group=2,
                valid_exchanges="SMART,AMEX,CBOE,PHLX,ISE,BOX", order_types="ACTIVETIM,AD,ADJUST,ALERT,ALLOC,LMT,MKT",
                time_zone_id="US/Eastern", trading_hours="20260105:0930-20260105:1600;20260106:0930-20260106:1600",
                liquid_hours="20260105:0930-20260105:1600;20260106:0930-20260106:1600",
            ),
        )
        for place in range(count)
    ]  # fmt: skip
    messages.append(ContractDataEnd(req_id=req_id))
    answer = Answer(count, sum(map(_price, range(count))), float(sum(range(1_000, 1_000 + count))))
    blocks = (framed(messages, version),)
    return Workload("contract details", version, "contracts", blocks, count, answer, CONTRACT_DATA)


def executions(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """Fills, each with its commission."""
    messages: list = []
    for place in range(count):
        exec_id = f"0000e0d5.{place:08x}.01.01"
        messages += [
            ExecutionDetails(req_id=req_id, contract=AAPL, execution=_execution(exec_id, _price(place))),
            CommissionAndFeesReport(exec_id=exec_id, commission_and_fees=1.0, currency="USD", realized_pnl=12.5),
        ]
    messages.append(ExecutionDetailsEnd(req_id=req_id))
    answer = Answer(count, sum(map(_price, range(count))), 100.0 * count)
    return Workload("executions", version, "executions", (framed(messages, version),), count, answer, EXECUTIONS)


def statuses(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """One order that fills share by share: its status again and again."""
    messages = [_status(FIRST_ORDER_ID, "Submitted", place + 1, count - place) for place in range(count)]
    answer = Answer(count, 0.0, float(sum(range(1, count + 1))))
    return Workload(f"one order, {count:,} statuses", version, "statuses", (framed(messages, version),), count, answer,
                    PLACE_ORDER)  # fmt: skip


def order_flow(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """One order that fills share by share, as TWS tells it: order, status, execution and commission of each share."""
    messages: list = []
    for place in range(count):
        exec_id, filled = f"0000e0d5.{place:08x}.01.01", place + 1
        messages += [
            _open_order(FIRST_ORDER_ID, 150.0),
            _status(FIRST_ORDER_ID, "Submitted", filled, count + 1 - filled),
            ExecutionDetails(req_id=-1, contract=AAPL, execution=_execution(exec_id, _price(place), 1, filled)),
            CommissionAndFeesReport(exec_id=exec_id, commission_and_fees=1.0, currency="USD", realized_pnl=12.5),
        ]
    answer = Answer(count, sum(map(_price, range(count))), float(count))
    return Workload("order flow, a fill of 4 messages", version, "order_flow", (framed(messages, version),), count,
                    answer, PLACE_ORDER)  # fmt: skip


def _price(place: int) -> float:
    return (15_000 + place % 1_000) / 100


def _open_order(order_id: int, price: float) -> OpenOrder:
    return OpenOrder(
        order_id=order_id,
        contract=AAPL,
        order=Order(
            order_id=order_id, client_id=CLIENT_ID, perm_id=10_000 + order_id, action="BUY", order_type="LMT",
            total_quantity=Decimal(100), lmt_price=price, tif="DAY", account="DU1",
        ),
        order_state=OrderState(status="Submitted"),
    )  # fmt: skip


def _status(order_id: int, status: str, filled: int, remaining: int) -> OrderStatus:
    return OrderStatus(
        order_id=order_id, status=status, filled=Decimal(filled), remaining=Decimal(remaining), avg_fill_price=0.0,
        perm_id=10_000 + order_id, parent_id=0, last_fill_price=0.0, client_id=CLIENT_ID, why_held="",
        mkt_cap_price=0.0,
    )  # fmt: skip


def _execution(exec_id: str, price: float, shares: int = 100, cum_qty: int = 100) -> Execution:
    return Execution(
        order_id=FIRST_ORDER_ID, exec_id=exec_id, time="20260105 15:00:00 UTC", acct_number="DU1", exchange="ARCA",
        side="BOT", shares=Decimal(shares), price=price, perm_id=10_001, client_id=CLIENT_ID, is_liquidation=0,
        cum_qty=Decimal(cum_qty), avg_price=price, last_liquidity=1,
    )  # fmt: skip
