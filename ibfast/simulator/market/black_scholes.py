"""Black and Scholes without interest or dividends: prices, implied volatility, greeks."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, exp, log, pi, sqrt

from ibfast.schema import TickOptionComputation
from ibfast.simulator.market.quotes import YEAR_S
from ibfast.simulator.market.universe import Instrument

LOWEST, HIGHEST = 1e-4, 10.0  # volatilities that are looked for
STEPS = 60
DAYS = 365
CUSTOM = 53  # the tick type of what a client has asked to be computed


@dataclass(frozen=True, slots=True)
class Greeks:
    """Of one option at one volatility: ``vega`` for a hundredth of it, ``theta`` for a day."""

    price: float
    delta: float
    gamma: float
    vega: float
    theta: float


def greeks(strike: float, right: str, years: float, spot: float, volatility: float) -> Greeks:
    spread = volatility * sqrt(years)
    d1 = log(spot / strike) / spread + spread / 2
    call = spot * _normal(d1) - strike * _normal(d1 - spread)
    density = exp(-d1 * d1 / 2) / sqrt(2 * pi)
    return Greeks(
        price=call if right == "C" else call - spot + strike,
        delta=_normal(d1) - (right == "P"),
        gamma=density / (spot * spread),
        vega=spot * density * sqrt(years) / 100,
        theta=-spot * density * volatility / (2 * sqrt(years)) / DAYS,
    )


def implied_volatility(strike: float, right: str, years: float, spot: float, price: float) -> float | None:
    """The volatility at which an option costs this; None if none does."""
    low, high = LOWEST, HIGHEST
    if not greeks(strike, right, years, spot, low).price < price < greeks(strike, right, years, spot, high).price:
        return None
    for _ in range(STEPS):
        middle = (low + high) / 2
        if greeks(strike, right, years, spot, middle).price < price:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def years_left(instrument: Instrument, now_s: int) -> float:
    """Until it expires; a minute at least, so that nothing is divided by zero."""
    return max(instrument.expires_s - now_s, 60) / YEAR_S


def computation(
    req_id: int, tick_type: int, instrument: Instrument, now_s: int, spot: float, price: float
) -> TickOptionComputation:
    """What a gateway computes from a price of an option; prices alone where no volatility explains it."""
    assert instrument.option is not None
    terms, years = instrument.option, years_left(instrument, now_s)
    volatility = implied_volatility(terms.strike, terms.right, years, spot, price)
    told = TickOptionComputation(
        req_id=req_id, tick_type=tick_type, tick_attrib=1, opt_price=price, und_price=spot, pv_dividend=0.0
    )
    if volatility is None:
        return told
    made = greeks(terms.strike, terms.right, years, spot, volatility)
    return told.replace(implied_vol=volatility, delta=made.delta, gamma=made.gamma, vega=made.vega, theta=made.theta)


def _normal(x: float) -> float:
    return (1 + erf(x / sqrt(2))) / 2
