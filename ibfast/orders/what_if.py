"""What an order would do, as TWS computes it without placing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self

from ibfast.schema import OpenOrder, OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Margins before the order, their change and after it, in ``margin_currency``; None is what TWS did not say.

    ``state`` is all that TWS said, margins outside regular trading hours and allocations too.
    """

    init_margin_before: float | None = None
    init_margin_change: float | None = None
    init_margin_after: float | None = None
    maint_margin_before: float | None = None
    maint_margin_change: float | None = None
    maint_margin_after: float | None = None
    equity_with_loan_before: float | None = None
    equity_with_loan_change: float | None = None
    equity_with_loan_after: float | None = None
    margin_currency: str | None = None
    commission: float | None = None
    min_commission: float | None = None
    max_commission: float | None = None
    commission_currency: str | None = None
    suggested_size: Decimal | None = None
    warning_text: str | None = None
    reject_reason: str | None = None
    state: OrderState | None = field(default=None, repr=False)

    @classmethod
    def of(cls, message: OpenOrder) -> Self:
        """What an answer says."""
        state = message.order_state if message.order_state is not None else OrderState()
        names = [name for name in cls.__slots__ if name in OrderState.__fields__]
        return cls(
            **{name: getattr(state, name) for name in names},
            state=state,
            commission=state.commission_and_fees,
            min_commission=state.min_commission_and_fees,
            max_commission=state.max_commission_and_fees,
            commission_currency=state.commission_and_fees_currency,
        )

    @property
    def says_something(self) -> bool:
        """Whether there is a number or a reason in it; some gateways first send an answer without."""
        figures = (self.init_margin_after, self.maint_margin_after, self.commission, self.max_commission)
        return any(figure is not None for figure in figures) or bool(self.warning_text or self.reject_reason)
