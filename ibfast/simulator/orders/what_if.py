"""What an order would do to its account: margins and costs, asked for or looked at before it is accepted."""

from __future__ import annotations

from decimal import Decimal

from ibfast.schema import Order, OrderState
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.orders.account import CURRENCY, Account, commission, margin_of
from ibfast.simulator.refusals import Refusal, rejected

MOST = 1.5  # of a commission: what it may come to when the order fills in pieces
TOO_LITTLE = (
    "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE [{equity:.2f} "
    "{currency}] MUST EXCEED THE INITIAL MARGIN [{margin:.2f} {currency}]"
)


def preview(account: Account, instrument: Instrument, order: Order) -> OrderState:
    """The answer to a what-if."""
    shares = order.total_quantity or Decimal(0)
    price = order.lmt_price or account.mid(instrument)
    net, before = round(account.net(), 2), round(account.margin(), 2)
    after = round(margin_after(account, instrument, order), 2)
    cost = commission(instrument, shares, abs(price))
    equity = round(net - cost * account.rate(instrument), 2)
    return OrderState(
        status="PreSubmitted",
        init_margin_before=before, maint_margin_before=before, equity_with_loan_before=net,
        init_margin_change=round(after - before, 2), maint_margin_change=round(after - before, 2),
        equity_with_loan_change=round(equity - net, 2),
        init_margin_after=after, maint_margin_after=after, equity_with_loan_after=equity,
        commission_and_fees=cost, min_commission_and_fees=cost, max_commission_and_fees=round(cost * MOST, 6),
        commission_and_fees_currency=instrument.contract.get("currency", CURRENCY), margin_currency=CURRENCY,
        suggested_size=shares,
    )  # fmt: skip


def margin_after(account: Account, instrument: Instrument, order: Order) -> float:
    """The margin of the account with the whole order filled."""
    shares = float(order.total_quantity or 0) * (1 if order.action == "BUY" else -1)
    legs = [(leg.instrument, leg.ratio * shares) for leg in instrument.legs] or [(instrument, shares)]
    margin = account.margin()
    for each, change in legs:
        price = order.lmt_price if each is instrument and order.lmt_price else account.mid(each)
        unit = abs(price) * each.multiplier
        held = account.holdings.get(each)
        before = float(held.position) if held is not None else 0.0
        changed = margin_of(each, (before + change) * unit) - margin_of(each, before * unit)
        margin += changed * account.rate(each)
    return margin


def too_little_equity(account: Account, instrument: Instrument, order: Order) -> Refusal | None:
    """Why the account cannot carry the order, None if it can; an order that lessens the margin it always can."""
    after, equity = margin_after(account, instrument, order), account.net()
    if after <= max(account.margin(), equity):
        return None
    return rejected(TOO_LITTLE.format(equity=equity, margin=after, currency=CURRENCY))
