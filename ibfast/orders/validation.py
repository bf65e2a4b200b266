"""What each order type needs and what makes no sense with it, as tables; `check_order` reads them.

Only what no gateway can accept stands here. What depends on the contract, the exchange or the account, TWS decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import SupportsFloat

from ibfast._codec import FieldSet
from ibfast.schema.contract import Contract, the_contract
from ibfast.schema.order import Order

DISCRETION = ("discretionary_amt", "discretionary_up_to_limit_price")
"""How far beyond its limit an order may go: for all that have one."""


@dataclass(frozen=True)
class TypeRule:
    """``needs`` must be there, ``one_of`` must be there once each, ``takes`` may be there."""

    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    one_of: tuple[tuple[str, str], ...] = ()

    def allows(self, name: str) -> bool:
        if name in DISCRETION:
            name = "lmt_price"
        return name in self.needs or name in self.takes or any(name in pair for pair in self.one_of)


TRAIL_BY = ("aux_price", "trailing_percent")
STOCK_RANGE = ("stock_ref_price", "stock_range_lower", "stock_range_upper")
RELATIVE = ("lmt_price", "aux_price", "percent_offset", *STOCK_RANGE)
MID_OFFSETS = ("mid_offset_at_whole", "mid_offset_at_half")
BENCHMARK = ("starting_price", "reference_contract_id", "pegged_change_amount", "reference_change_amount")

TYPES: dict[str, TypeRule] = {
    "MKT": TypeRule(),
    "LMT": TypeRule(needs=("lmt_price",), takes=STOCK_RANGE),  # a range in auctions of BOX
    "STP": TypeRule(needs=("aux_price",)),
    "STP LMT": TypeRule(needs=("aux_price", "lmt_price")),
    "STP PRT": TypeRule(needs=("aux_price",)),
    "TRAIL": TypeRule(takes=("trail_stop_price",), one_of=(TRAIL_BY,)),
    "TRAIL LIMIT": TypeRule(takes=("trail_stop_price",), one_of=(TRAIL_BY, ("lmt_price", "lmt_price_offset"))),
    "MIT": TypeRule(needs=("aux_price",)),
    "LIT": TypeRule(needs=("aux_price", "lmt_price")),
    "MTL": TypeRule(takes=("lmt_price",)),  # at an auction it has a limit
    "MKT PRT": TypeRule(),
    "MOC": TypeRule(),
    "LOC": TypeRule(needs=("lmt_price",)),
    "MIDPRICE": TypeRule(takes=("lmt_price",)),
    "REL": TypeRule(takes=RELATIVE),
    "PASSV REL": TypeRule(takes=RELATIVE),
    "PEG MKT": TypeRule(takes=("lmt_price", "aux_price")),
    "PEG MID": TypeRule(takes=("lmt_price", "aux_price", *MID_OFFSETS)),
    "PEG BEST": TypeRule(takes=("lmt_price", "min_compete_size", "compete_against_best_offset", *MID_OFFSETS)),
    "PEG BENCH": TypeRule(needs=BENCHMARK, takes=("lmt_price", "reference_exchange_id", *STOCK_RANGE)),
    "PEG STK": TypeRule(needs=("delta", "starting_price"), takes=("lmt_price", *STOCK_RANGE)),
    "SNAP MKT": TypeRule(takes=("aux_price",)),
    "SNAP MID": TypeRule(takes=("aux_price",)),
    "SNAP PRIM": TypeRule(takes=("aux_price",)),
    "VOL": TypeRule(needs=("volatility", "volatility_type"), takes=("lmt_price", *STOCK_RANGE)),
    "BOX TOP": TypeRule(),
    "REL + LMT": TypeRule(needs=("lmt_price",)),
    "REL + MKT": TypeRule(),
}
"""By order type; of a type that is not here nothing is known, so nothing is checked."""

INAPPLICABLE: dict[str, str] = {
    "lmt_price": "it has no limit",
    "aux_price": "it has neither a stop nor an offset",
    "trail_stop_price": "it does not trail",
    "trailing_percent": "it does not trail",
    "lmt_price_offset": "only a trailing limit stands off its stop",
    "percent_offset": "only relative orders stand off the market by a percentage",
    "discretionary_amt": "it has no limit to go beyond",
    "discretionary_up_to_limit_price": "it has no limit to go up to",
    "volatility": "only volatility orders are priced by it",
    "volatility_type": "only volatility orders are priced by volatility",
    "delta": "only orders pegged to a stock follow one",
    "starting_price": "only orders pegged to a stock or a benchmark start at a price",
    "stock_ref_price": "it does not refer to another price",
    "stock_range_lower": "it does not watch another price",
    "stock_range_upper": "it does not watch another price",
    "reference_contract_id": "only orders pegged to a benchmark follow another contract",
    "reference_exchange_id": "only orders pegged to a benchmark follow another contract",
    "pegged_change_amount": "only orders pegged to a benchmark move by it",
    "reference_change_amount": "only orders pegged to a benchmark move by it",
    "min_compete_size": "only orders pegged to the best price compete",
    "compete_against_best_offset": "only orders pegged to the best price compete",
    "mid_offset_at_whole": "only orders pegged to the midpoint or the best price stand off the midpoint",
    "mid_offset_at_half": "only orders pegged to the midpoint or the best price stand off the midpoint",
}
"""Fields that belong to certain order types, and why the others have no use for them."""

REQUIRES: dict[str, tuple[str, ...]] = {
    "good_till_date": ("tif",),
    "hedge_param": ("hedge_type",),
    "algo_params": ("algo_strategy",),
    "conditions_cancel_order": ("conditions",),
    "conditions_ignore_rth": ("conditions",),
    "scale_price_increment": ("scale_init_level_size",),
    "scale_profit_offset": ("scale_price_increment",),
    "scale_price_adjust_value": ("scale_price_increment",),
    "adjusted_stop_price": ("adjusted_order_type", "trigger_price"),
    "adjusted_stop_limit_price": ("adjusted_order_type", "adjusted_stop_price"),
    "adjusted_trailing_amount": ("adjusted_order_type", "adjusted_stop_price"),
    "delta_neutral_aux_price": ("delta_neutral_order_type",),
    "fa_percentage": ("fa_method",),
}
"""Fields that say nothing without others."""

CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("tif", "GTD"): ("good_till_date",),
    ("hedge_type", "P"): ("hedge_param",),
    ("adjusted_order_type", "STP"): ("trigger_price", "adjusted_stop_price"),
    ("adjusted_order_type", "STP LMT"): ("trigger_price", "adjusted_stop_price", "adjusted_stop_limit_price"),
    ("adjusted_order_type", "TRAIL"): ("trigger_price", "adjusted_stop_price", "adjusted_trailing_amount"),
}
"""What a value of one field asks of others."""

_TIED = {*REQUIRES, *(name for name, _ in CHOICES if name != "tif"), "perm_id"}
_CHECKED_FIELDS = {
    kind: FieldSet(Order, _TIED.union(name for name in INAPPLICABLE if not rule.allows(name)))
    for kind, rule in TYPES.items()
}
_SUSPECTS_OF_UNKNOWN = FieldSet(Order, _TIED)
"""Fields to look closer for: an order with none of them has nothing senseless and every partner, but for GTD's date."""


NO_EXCHANGE = (
    "contract.exchange: TWS refuses an order that names none (321). The contracts of positions often name none: "
    'use await client.qualify(contract), or contract.replace(exchange="SMART")'
)
WITHOUT_QUANTITY = ("cash_qty", "hedge_type", "fa_method")
"""Fields by which TWS finds the quantity itself."""


def check_order(contract: Contract, order: Order, changes: Iterable[str] = ()) -> None:
    """Refuse an order that TWS can never accept.

    TWS fills in fields of the orders it reports, senseless ones too: of an order that has been read back from it
    only the ``changes`` must make sense.

    Raises:
        ValueError: it names the field, the order type and the reason. TypeError: the contract is none.
    """
    if not the_contract(contract).exchange and not order.perm_id:
        raise ValueError(NO_EXCHANGE)
    kind = order.order_type or ""
    if not (order.action and kind and order.total_quantity):
        _check_basics(order)
    rule = TYPES.get(kind)
    if rule is not None:
        _check_needs(contract, order, rule)
    if order.tif != "GTD" and not _CHECKED_FIELDS.get(kind, _SUSPECTS_OF_UNKNOWN).any_set(order):
        return
    if rule is not None:
        ours = set(changes) if order.perm_id else INAPPLICABLE
        _check_senseless(order, rule, [name for name in INAPPLICABLE if name in ours])
    if not order.perm_id:
        _check_partners(order)


def _check_basics(order: Order) -> None:
    if not order.action:
        raise ValueError("action: say buy(quantity) or sell(quantity)")
    if not order.order_type:
        raise ValueError("order_type: say market(), limit(price), stop(price) or another type")
    if not _given(order, "total_quantity") and not any(_given(order, name) for name in WITHOUT_QUANTITY):
        raise ValueError(f"total_quantity: order type {order.order_type} needs a quantity, or a cash quantity")


def _check_needs(contract: Contract, order: Order, rule: TypeRule) -> None:
    kind = order.order_type
    for name in rule.needs:
        value = getattr(order, name)
        if type(value) is float and math.isfinite(value):
            continue
        if name == "lmt_price" and value is None and _legs_have_prices(contract):
            continue
        if not _is_number(value):
            raise ValueError(f"{name}: order type {kind} needs one, not {value!r}")
    for names in rule.one_of:
        given = [name for name in names if _given(order, name)]
        if len(given) != 1 and not (given and order.perm_id):  # TWS reports both
            both = "not both" if given else "one of them"
            raise ValueError(f"{', '.join(names)}: order type {kind} needs {both}")
        if not _is_number(getattr(order, given[0])):
            raise ValueError(f"{given[0]}: order type {kind} needs a number, not {getattr(order, given[0])!r}")


def _check_senseless(order: Order, rule: TypeRule, names: Iterable[str]) -> None:
    adjusted = _given(order, "adjusted_order_type")
    for name in names:
        if _given(order, name) and not rule.allows(name) and not (adjusted and name == "lmt_price_offset"):
            value = getattr(order, name)
            raise ValueError(f"{name}: {value} makes no sense with order type {order.order_type}: {INAPPLICABLE[name]}")


def _check_partners(order: Order) -> None:
    kind = order.order_type
    for name, partners in REQUIRES.items():
        for partner in partners:
            if _given(order, name) and not _given(order, partner):
                raise ValueError(f"{name}: makes no sense without {partner} (order type {kind})")
    for (name, value), needed in CHOICES.items():
        for partner in needed:
            if getattr(order, name) == value and not _given(order, partner):
                raise ValueError(f"{partner}: needed where {name} is {value} (order type {kind})")
    if _given(order, "good_till_date") and order.tif != "GTD":
        raise ValueError(f"good_till_date: makes no sense with tif {order.tif}, it needs GTD (order type {kind})")


def _given(order: Order, name: str) -> bool:
    """Whether a field says something: to TWS zero and empty are unset."""
    value = getattr(order, name)
    return bool(value) and not (isinstance(value, str) and value == "None")


def _is_number(value: object) -> bool:
    return isinstance(value, SupportsFloat) and math.isfinite(value)


def _legs_have_prices(contract: Contract) -> bool:
    return bool(contract.combo_legs) and all(leg.per_leg_price is not None for leg in contract.combo_legs)
