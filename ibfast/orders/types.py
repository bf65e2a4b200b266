"""The words for an order's type and its prices, one for each type in TWS."""

from __future__ import annotations

from typing import Literal, Self

from ibfast.enums import OrderType, TimeInForce
from ibfast.orders.fields import OrderFields
from ibfast.schema.contract import Contract

PERCENT_UNIT = 100  # of a trailing amount that a stop is adjusted to; 0 is money
VOLATILITY_TYPES = {"daily": 1, "annual": 2}
UP_TO_MIDPOINT = float("inf")


class BasicTypeWords(OrderFields):
    """Market, limit, stop and what is made of them."""

    def market(self) -> Self:
        """At the best price there is, now (MKT)."""
        return self._type(OrderType.MARKET)

    def limit(self, price: float) -> Self:
        """At ``price`` or better (LMT)."""
        return self._type(OrderType.LIMIT, lmt_price=price)

    def stop(self, price: float) -> Self:
        """A market order once ``price`` is touched (STP)."""
        return self._type(OrderType.STOP, aux_price=price)

    def stop_limit(self, *, stop: float, limit: float) -> Self:
        """A limit order once ``stop`` is touched (STP LMT)."""
        return self._type(OrderType.STOP_LIMIT, aux_price=stop, lmt_price=limit)

    def trailing_stop(
        self, *, amount: float | None = None, percent: float | None = None, stop: float | None = None
    ) -> Self:
        """A stop that follows the market by an amount or a percentage; ``stop`` is where it begins (TRAIL)."""
        return self._trail(OrderType.TRAILING_STOP, amount, percent, stop)

    def trailing_stop_limit(
        self,
        *,
        amount: float | None = None,
        percent: float | None = None,
        stop: float | None = None,
        limit: float | None = None,
        limit_offset: float | None = None,
    ) -> Self:
        """A trailing stop that becomes a limit order: at ``limit``, or ``limit_offset`` from the stop (TRAIL LIMIT)."""
        if (limit is None) == (limit_offset is None):
            raise ValueError("limit, limit_offset: give one of them")
        self._trail(OrderType.TRAILING_STOP_LIMIT, amount, percent, stop)
        return self.set(lmt_price=limit, lmt_price_offset=limit_offset)

    def market_if_touched(self, price: float) -> Self:
        """A market order once ``price`` is touched, on the better side of the market (MIT)."""
        return self._type(OrderType.MARKET_IF_TOUCHED, aux_price=price)

    def limit_if_touched(self, *, touch: float, limit: float) -> Self:
        """A limit order once ``touch`` is touched, on the better side of the market (LIT)."""
        return self._type(OrderType.LIMIT_IF_TOUCHED, aux_price=touch, lmt_price=limit)

    def market_to_limit(self) -> Self:
        """At the market; what is left becomes a limit order at the price of the fill (MTL)."""
        return self._type(OrderType.MARKET_TO_LIMIT)

    def market_with_protection(self) -> Self:
        """At the market, within limits that the exchange sets; futures (MKT PRT)."""
        return self._type(OrderType.MARKET_WITH_PROTECTION)

    def stop_with_protection(self, price: float) -> Self:
        """A protected market order once ``price`` is touched; futures (STP PRT)."""
        return self._type(OrderType.STOP_WITH_PROTECTION, aux_price=price)

    def adjust_stop(
        self,
        *,
        trigger: float,
        stop: float,
        limit: float | None = None,
        amount: float | None = None,
        percent: float | None = None,
    ) -> Self:
        """Once ``trigger`` is touched, make this stop another one.

        A stop at ``stop``; a stop limit with ``limit``; a trailing stop with ``amount`` or ``percent``.
        """
        if sum(value is not None for value in (limit, amount, percent)) > 1:
            raise ValueError("limit, amount, percent: give one of them or none")
        trail = amount if percent is None else percent
        kind = OrderType.STOP if trail is None else OrderType.TRAILING_STOP
        return self.set(
            adjusted_order_type=kind.value if limit is None else OrderType.STOP_LIMIT.value, trigger_price=trigger,
            adjusted_stop_price=stop, adjusted_stop_limit_price=limit, adjusted_trailing_amount=trail,
            adjustable_trailing_unit=PERCENT_UNIT if percent is not None else None,
        )  # fmt: skip

    def _trail(self, kind: OrderType, amount: float | None, percent: float | None, stop: float | None) -> Self:
        if (amount is None) == (percent is None):
            raise ValueError("amount, percent: give one of them")
        return self._type(kind, aux_price=amount, trailing_percent=percent, trail_stop_price=stop)

    def _type(self, kind: OrderType, **prices: float | None) -> Self:
        return self.set(order_type=kind.value, **prices)


class AuctionTypeWords(BasicTypeWords):
    """At the open, the close or an auction."""

    def market_on_close(self) -> Self:
        """At the closing price (MOC)."""
        return self._type(OrderType.MARKET_ON_CLOSE)

    def limit_on_close(self, price: float) -> Self:
        """At the closing price, if it is ``price`` or better (LOC)."""
        return self._type(OrderType.LIMIT_ON_CLOSE, lmt_price=price)

    def market_on_open(self) -> Self:
        """At the opening price (MOO: MKT with OPG)."""
        return self.market().set(tif=TimeInForce.AT_THE_OPENING.value)

    def limit_on_open(self, price: float) -> Self:
        """At the opening price, if it is ``price`` or better (LOO: LMT with OPG)."""
        return self.limit(price).set(tif=TimeInForce.AT_THE_OPENING.value)

    def at_auction(self, price: float) -> Self:
        """In the auction before the open; what is left becomes a limit order (MTL with AUC)."""
        return self._type(OrderType.MARKET_TO_LIMIT, lmt_price=price).set(tif=TimeInForce.AUCTION.value)

    def box_top(self) -> Self:
        """At the market of BOX; what is left becomes a limit order at the price of the fill (BOX TOP)."""
        return self._type(OrderType.BOX_TOP)


class PeggedTypeWords(BasicTypeWords):
    """Prices that follow something."""

    def midprice(self, cap: float | None = None) -> Self:
        """At the midpoint or better, not beyond ``cap`` (MIDPRICE)."""
        return self._type(OrderType.MIDPRICE, lmt_price=cap)

    def relative(self, offset: float | None = None, *, percent: float | None = None, cap: float | None = None) -> Self:
        """``offset`` (or ``percent``) more aggressive than its side's best price, not beyond ``cap`` (REL)."""
        return self._offset(OrderType.RELATIVE, offset, percent, cap)

    def pegged_to_primary(
        self, offset: float | None = None, *, percent: float | None = None, cap: float | None = None
    ) -> Self:
        """IB's other name of `relative` (REL)."""
        return self.relative(offset, percent=percent, cap=cap)

    def passive_relative(
        self, offset: float | None = None, *, percent: float | None = None, cap: float | None = None
    ) -> Self:
        """``offset`` (or ``percent``) less aggressive than its side's best price, not beyond ``cap`` (PASSV REL)."""
        return self._offset(OrderType.PASSIVE_RELATIVE, offset, percent, cap)

    def pegged_to_market(self, offset: float, *, cap: float | None = None) -> Self:
        """``offset`` from the best price of the other side (PEG MKT)."""
        return self._type(OrderType.PEGGED_TO_MARKET, aux_price=offset, lmt_price=cap)

    def pegged_to_midpoint(
        self,
        offset: float | None = None,
        *,
        cap: float | None = None,
        offset_at_whole: float | None = None,
        offset_at_half: float | None = None,
    ) -> Self:
        """``offset`` from the midpoint, not beyond ``cap`` (PEG MID).

        On IBKRATS the offsets for a midpoint at a whole and at half a penny take the place of ``offset``.
        """
        self._type(OrderType.PEGGED_TO_MIDPOINT, aux_price=offset, lmt_price=cap)
        return self.set(mid_offset_at_whole=offset_at_whole, mid_offset_at_half=offset_at_half)

    def pegged_to_best(
        self,
        offset: float | None = None,
        *,
        limit: float | None = None,
        min_compete_size: int | None = None,
        offset_at_whole: float | None = None,
        offset_at_half: float | None = None,
    ) -> Self:
        """``offset`` better than the best price of its side; IBKRATS (PEG BEST).

        Instead of an offset ``offset_at_whole`` and ``offset_at_half`` make it compete up to the midpoint, off that by
        so much where it is at a whole and at half a penny.
        """
        up_to_midpoint = offset_at_whole is not None and offset_at_half is not None
        if (offset is not None) == up_to_midpoint or (offset_at_whole is None) != (offset_at_half is None):
            raise ValueError("offset, offset_at_whole, offset_at_half: give the first or both others")
        return self._type(OrderType.PEGGED_TO_BEST, lmt_price=limit).set(
            compete_against_best_offset=UP_TO_MIDPOINT if offset is None else offset,
            min_compete_size=min_compete_size,
            mid_offset_at_whole=offset_at_whole,
            mid_offset_at_half=offset_at_half,
        )

    def pegged_to_stock(
        self,
        *,
        delta: float,
        starting_price: float,
        stock_ref_price: float | None = None,
        stock_range: tuple[float, float] | None = None,
    ) -> Self:
        """An option price that moves by ``delta`` times the stock, from ``starting_price`` on (PEG STK).

        ``delta`` is positive, for puts too. The order is cancelled when the stock leaves its range.
        """
        self._type(OrderType.PEGGED_TO_STOCK, delta=delta, starting_price=starting_price)
        return self._stock(stock_ref_price, stock_range)

    def pegged_to_benchmark(
        self,
        reference: Contract | int,
        *,
        starting_price: float,
        change: float,
        reference_change: float,
        exchange: str = "",
        opposite: bool = False,
        stock_ref_price: float | None = None,
        stock_range: tuple[float, float] | None = None,
    ) -> Self:
        """Move by ``change`` for every ``reference_change`` of another contract, or against it (PEG BENCH)."""
        con_id = reference if isinstance(reference, int) else reference.con_id
        if not con_id:
            raise ValueError("reference: the contract needs its con_id; contract_details() knows it")
        own = None if isinstance(reference, int) else reference.exchange
        self.set(
            order_type=OrderType.PEGGED_TO_BENCHMARK.value, starting_price=starting_price,
            reference_contract_id=con_id, reference_exchange_id=exchange or own, pegged_change_amount=change,
            reference_change_amount=reference_change, is_pegged_change_amount_decrease=opposite or None,
        )  # fmt: skip
        return self._stock(stock_ref_price, stock_range)

    def snap_to_market(self, offset: float | None = None) -> Self:
        """A limit order ``offset`` from the other side's best price as it is on arrival (SNAP MKT)."""
        return self._type(OrderType.SNAP_TO_MARKET, aux_price=offset)

    def snap_to_midpoint(self, offset: float | None = None) -> Self:
        """A limit order ``offset`` from the midpoint as it is on arrival (SNAP MID)."""
        return self._type(OrderType.SNAP_TO_MIDPOINT, aux_price=offset)

    def snap_to_primary(self, offset: float | None = None) -> Self:
        """A limit order ``offset`` from its own side's best price as it is on arrival (SNAP PRIM)."""
        return self._type(OrderType.SNAP_TO_PRIMARY, aux_price=offset)

    def _offset(self, kind: OrderType, offset: float | None, percent: float | None, cap: float | None) -> Self:
        if (offset is None) == (percent is None):
            raise ValueError("offset, percent: give one of them")
        return self._type(kind, aux_price=offset, percent_offset=percent, lmt_price=cap)

    def _stock(self, price: float | None, bounds: tuple[float, float] | None) -> Self:
        low, high = bounds if bounds is not None else (None, None)
        return self.set(stock_ref_price=price, stock_range_lower=low, stock_range_upper=high)


class SpecialTypeWords(BasicTypeWords):
    """Limits with something hidden, volatility, combos, scales."""

    def discretionary(self, price: float, *, amount: float) -> Self:
        """A limit order that may go ``amount`` beyond its price, which others do not see (LMT with discretion)."""
        return self.limit(price).set(discretionary_amt=amount)

    def volatility(
        self,
        percent: float,
        kind: Literal["annual", "daily"] = "annual",
        *,
        reference_price_type: int | None = None,
        continuous_update: bool = False,
        stock_ref_price: float | None = None,
        stock_range: tuple[float, float] | None = None,
    ) -> Self:
        """An option priced by its implied volatility, 40 meaning 40 % (VOL).

        ``reference_price_type`` is 1 for the average of the stock's bid and ask, 2 for the nearer one.
        """
        if kind not in VOLATILITY_TYPES:
            raise ValueError(f"kind: {kind!r} is neither 'annual' nor 'daily'")
        low, high = stock_range if stock_range is not None else (None, None)
        return self._type(OrderType.VOLATILITY, volatility=percent).set(
            volatility_type=VOLATILITY_TYPES[kind], reference_price_type=reference_price_type,
            continuous_update=continuous_update or None, stock_ref_price=stock_ref_price, stock_range_lower=low,
            stock_range_upper=high,
        )  # fmt: skip

    def delta_neutral(self, order_type: str = "MKT", *, price: float | None = None, con_id: int | None = None) -> Self:
        """Hedge the delta of a volatility order with an order of this type."""
        return self.set(
            delta_neutral_order_type=str(order_type), delta_neutral_aux_price=price, delta_neutral_con_id=con_id
        )

    def limit_per_leg(self, *prices: float) -> Self:
        """A combo with a limit for each leg instead of one for all (LMT)."""
        legs = self.contract.combo_legs
        if len(prices) != len(legs):
            raise ValueError(f"prices: {len(prices)} are not one for each of {len(legs)} legs")
        priced = [leg.replace(per_leg_price=price) for leg, price in zip(legs, prices, strict=True)]
        self.contract = self.contract.replace(combo_legs=priced)
        return self._type(OrderType.LIMIT)

    def relative_plus_limit(self, price: float) -> Self:
        """A combo whose first leg is relative, the other a limit order (REL + LMT)."""
        return self._type(OrderType.RELATIVE_PLUS_LIMIT, lmt_price=price)

    def relative_plus_market(self) -> Self:
        """A combo whose first leg is relative, the other a market order (REL + MKT)."""
        return self._type(OrderType.RELATIVE_PLUS_MARKET)

    def scale(
        self,
        *,
        initial_size: int,
        price_increment: float,
        next_size: int | None = None,
        profit_offset: float | None = None,
        auto_reset: bool = False,
        random_percent: bool = False,
        price_adjust_value: float | None = None,
        price_adjust_interval: int | None = None,
    ) -> Self:
        """Divide it into components, each ``price_increment`` off the one before.

        ``profit_offset`` sells (or buys) each fill again at so much profit; ``auto_reset`` then opens it anew.
        """
        if not price_increment > 0:
            raise ValueError(f"price_increment: {price_increment} is not a positive number")
        return self.set(
            scale_init_level_size=initial_size, scale_subs_level_size=next_size, scale_price_increment=price_increment,
            scale_profit_offset=profit_offset, scale_auto_reset=auto_reset or None,
            scale_random_percent=random_percent or None, scale_price_adjust_value=price_adjust_value,
            scale_price_adjust_interval=price_adjust_interval,
        )  # fmt: skip


class OrderTypeMixin(AuctionTypeWords, PeggedTypeWords, SpecialTypeWords):
    """Every order type."""
