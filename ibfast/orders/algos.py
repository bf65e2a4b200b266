"""The words for IB's algos: each is a strategy and its parameters.

Times are aware datetimes or IB's texts, such as ``09:30:00 US/Eastern``. Shares of volume are fractions, 0.1 for 10 %.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self, TypeAlias

from ibfast.orders.fields import OrderFields, time_text

Moment: TypeAlias = datetime | str
RiskAversion: TypeAlias = Literal["Get Done", "Aggressive", "Neutral", "Passive"]
Priority: TypeAlias = Literal["Urgent", "Normal", "Patient"]
TwapStyle: TypeAlias = Literal["Marketable", "Matching Midpoint", "Matching Same Side", "Matching Last"]

LEAST_SHARE, MOST_SHARE = 0.1, 0.5


class AlgoMixin(OrderFields):
    """How an algo works the order; its type, MKT or LMT, is said too."""

    def algo(self, strategy: str, **params: str | float | bool | None) -> Self:
        """Any strategy, with parameters as IB spells them: ``algo("Vwap", maxPctVol=0.1)``."""
        texts = {name: _text(value) for name, value in params.items() if value is not None}
        return self.set(algo_strategy=strategy, algo_params=texts)

    def vwap(
        self,
        *,
        max_share: float | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        allow_past_end: bool | None = None,
        no_take_liquidity: bool | None = None,
        speed_up: bool | None = None,
    ) -> Self:
        """The volume-weighted average price (Vwap)."""
        return self.algo(
            "Vwap", maxPctVol=_share("max_share", max_share), startTime=_moment(start), endTime=_moment(end),
            allowPastEndTime=allow_past_end, noTakeLiq=no_take_liquidity, speedUp=speed_up,
        )  # fmt: skip

    def twap(
        self,
        *,
        style: TwapStyle | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        allow_past_end: bool | None = None,
    ) -> Self:
        """The time-weighted average price (Twap).

        ``style`` is IB's strategyType. Gateways have been seen to refuse an order with it, with 443.
        """
        return self.algo(
            "Twap", strategyType=style, startTime=_moment(start), endTime=_moment(end), allowPastEndTime=allow_past_end
        )

    def percent_of_volume(
        self,
        share: float,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        no_take_liquidity: bool | None = None,
    ) -> Self:
        """A steady share of the volume (PctVol)."""
        return self.algo(
            "PctVol", pctVol=_share("share", share), startTime=_moment(start), endTime=_moment(end),
            noTakeLiq=no_take_liquidity,
        )  # fmt: skip

    def percent_of_volume_by_price(
        self,
        share: float,
        *,
        change: float,
        min_share: float,
        max_share: float,
        start: Moment | None = None,
        end: Moment | None = None,
        no_take_liquidity: bool | None = None,
    ) -> Self:
        """A share of the volume that grows by ``change`` as the price gets better (PctVolPx)."""
        return self.algo(
            "PctVolPx", pctVol=_share("share", share), deltaPctVol=_share("change", change),
            minPctVol4Px=_share("min_share", min_share), maxPctVol4Px=_share("max_share", max_share),
            startTime=_moment(start), endTime=_moment(end), noTakeLiq=no_take_liquidity,
        )  # fmt: skip

    def percent_of_volume_by_size(
        self,
        *,
        start_share: float,
        end_share: float,
        start: Moment | None = None,
        end: Moment | None = None,
        no_take_liquidity: bool | None = None,
    ) -> Self:
        """A share of the volume that goes from one to another as the order is filled (PctVolSz)."""
        return self._between("PctVolSz", start_share, end_share, start, end, no_take_liquidity)

    def percent_of_volume_by_time(
        self,
        *,
        start_share: float,
        end_share: float,
        start: Moment | None = None,
        end: Moment | None = None,
        no_take_liquidity: bool | None = None,
    ) -> Self:
        """A share of the volume that goes from one to another as time passes (PctVolTm)."""
        return self._between("PctVolTm", start_share, end_share, start, end, no_take_liquidity)

    def arrival_price(
        self,
        *,
        max_share: float | None = None,
        risk_aversion: RiskAversion | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        force_completion: bool | None = None,
        allow_past_end: bool | None = None,
    ) -> Self:
        """The midpoint as it is when the order arrives (ArrivalPx)."""
        return self.algo(
            "ArrivalPx", maxPctVol=_share("max_share", max_share), riskAversion=risk_aversion,
            startTime=_moment(start), endTime=_moment(end), forceCompletion=force_completion,
            allowPastEndTime=allow_past_end,
        )  # fmt: skip

    def adaptive(self, priority: Priority = "Normal") -> Self:
        """Smart routing that waits for a better price, patiently or not (Adaptive)."""
        return self.algo("Adaptive", adaptivePriority=priority)

    def close_price(
        self,
        *,
        max_share: float | None = None,
        risk_aversion: RiskAversion | None = None,
        start: Moment | None = None,
        force_completion: bool | None = None,
    ) -> Self:
        """The price of the closing auction (ClosePx)."""
        return self.algo(
            "ClosePx", maxPctVol=_share("max_share", max_share), riskAversion=risk_aversion, startTime=_moment(start),
            forceCompletion=force_completion,
        )  # fmt: skip

    def dark_ice(
        self,
        display_size: int,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        allow_past_end: bool | None = None,
    ) -> Self:
        """Hidden but for a part whose size varies (DarkIce); gateways refuse it beside `display` (10255)."""
        return self.algo(
            "DarkIce", displaySize=display_size, startTime=_moment(start), endTime=_moment(end),
            allowPastEndTime=allow_past_end,
        )  # fmt: skip

    def accumulate_distribute(
        self,
        component_size: int,
        *,
        seconds_between: int,
        randomize_time: bool | None = None,
        randomize_size: bool | None = None,
        give_up: int | None = None,
        catch_up: bool | None = None,
        wait_for_fill: bool | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
    ) -> Self:
        """Small components at intervals; time varies by 20 %, size by 55 % (AD)."""
        return self.algo(
            "AD", componentSize=component_size, timeBetweenOrders=seconds_between, randomizeTime20=randomize_time,
            randomizeSize55=randomize_size, giveUp=give_up, catchUp=catch_up, waitForFill=wait_for_fill,
            activeTimeStart=_moment(start), activeTimeEnd=_moment(end),
        )  # fmt: skip

    def balance_impact_risk(
        self,
        *,
        max_share: float | None = None,
        risk_aversion: RiskAversion | None = None,
        force_completion: bool | None = None,
    ) -> Self:
        """Between the impact on the market and the risk of its moving away; options (BalanceImpactRisk)."""
        return self.algo(
            "BalanceImpactRisk", maxPctVol=_share("max_share", max_share), riskAversion=risk_aversion,
            forceCompletion=force_completion,
        )  # fmt: skip

    def minimize_impact(self, *, max_share: float | None = None) -> Self:
        """As little impact on the market as can be; options (MinImpact)."""
        return self.algo("MinImpact", maxPctVol=_share("max_share", max_share))

    def _between(
        self,
        strategy: str,
        start_share: float,
        end_share: float,
        start: Moment | None,
        end: Moment | None,
        no_take_liquidity: bool | None,
    ) -> Self:
        return self.algo(
            strategy, startPctVol=_share("start_share", start_share), endPctVol=_share("end_share", end_share),
            startTime=_moment(start), endTime=_moment(end), noTakeLiq=no_take_liquidity,
        )  # fmt: skip


def _text(value: str | float | bool) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _moment(moment: Moment | None) -> str | None:
    return None if moment is None else time_text(moment)


def _share(name: str, value: float | None) -> float | None:
    if value is not None and not LEAST_SHARE <= value <= MOST_SHARE:
        raise ValueError(f"{name}: {value} is not between {LEAST_SHARE} and {MOST_SHARE} of the volume")
    return value
