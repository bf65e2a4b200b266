"""What a client asks to be computed of an option."""

from ibfast.schema import (
    CalculateImpliedVolatilityRequest,
    CalculateOptionPriceRequest,
    CancelCalculateImpliedVolatility,
    CancelCalculateOptionPrice,
    TickOptionComputation,
)
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.market.black_scholes import CUSTOM, computation, greeks, years_left
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.refusals import invalid
from ibfast.simulator.session import SimulatorSession


@answers(CalculateImpliedVolatilityRequest)
def implied_volatility(session: SimulatorSession, request: CalculateImpliedVolatilityRequest) -> None:
    """The volatility and the greeks that go with it, unset where the price is out of reach of any."""
    instrument = _option(session, request, request.option_price, request.under_price)
    if instrument is not None:
        req_id, now_s = request.req_id or 0, session.gateway.market.now_s()
        price, spot = request.option_price or 0.0, request.under_price or 0.0
        session.send(computation(req_id, CUSTOM, instrument, now_s, spot, price))


@answers(CalculateOptionPriceRequest)
def option_price(session: SimulatorSession, request: CalculateOptionPriceRequest) -> None:
    """The price and the greeks at this volatility."""
    instrument = _option(session, request, request.volatility, request.under_price)
    if instrument is None or instrument.option is None:
        return
    terms, years = instrument.option, years_left(instrument, session.gateway.market.now_s())
    volatility, spot = request.volatility or 0.0, request.under_price or 0.0
    made = greeks(terms.strike, terms.right, years, spot, volatility)
    session.send(
        TickOptionComputation(
            req_id=request.req_id, tick_type=CUSTOM, tick_attrib=1, implied_vol=volatility, opt_price=made.price,
            und_price=spot, pv_dividend=0.0, delta=made.delta, gamma=made.gamma, vega=made.vega, theta=made.theta,
        )
    )  # fmt: skip


@answers(CancelCalculateImpliedVolatility)
def cancel_implied_volatility(session: SimulatorSession, request: CancelCalculateImpliedVolatility) -> None:
    """Answers are complete before a cancel can arrive."""


@answers(CancelCalculateOptionPrice)
def cancel_option_price(session: SimulatorSession, request: CancelCalculateOptionPrice) -> None:
    """Answers are complete before a cancel can arrive."""


def _option(
    session: SimulatorSession,
    request: CalculateImpliedVolatilityRequest | CalculateOptionPriceRequest,
    known: float | None,
    spot: float | None,
) -> Instrument | None:
    req_id = request.req_id or 0
    instrument = session.find_one(req_id, request.contract)
    if instrument is None:
        return None
    if instrument.option is None:
        session.refuse(req_id, *invalid("The contract is not an option"))
        return None
    if not known or not spot or known <= 0 or spot <= 0:
        session.refuse(req_id, *invalid("Please enter a valid price and volatility"))
        return None
    return instrument
