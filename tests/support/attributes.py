"""Every attribute of an order: the method that sets it, and what it sets."""

from datetime import UTC, datetime

from ibfast import OcaType, TriggerMethod

MORNING, EVENING = datetime(2026, 8, 26, 13, 30, tzinfo=UTC), datetime(2026, 8, 26, 20, tzinfo=UTC)


WINDOW = {"startTime": "20260826-13:30:00", "endTime": "20260826-20:00:00"}


ATTRIBUTES = {
    "day": (lambda b: b.day(), {"tif": "DAY"}),
    "good_till_cancel": (lambda b: b.good_till_cancel(), {"tif": "GTC"}),
    "good_till_date": (lambda b: b.good_till_date(EVENING), {"tif": "GTD", "good_till_date": WINDOW["endTime"]}),
    "another duration instead": (lambda b: b.good_till_date(EVENING).day(), {"tif": "DAY"}),
    "good_after": (lambda b: b.good_after(MORNING), {"good_after_time": WINDOW["startTime"]}),
    "immediate_or_cancel": (lambda b: b.immediate_or_cancel(), {"tif": "IOC"}),
    "fill_or_kill": (lambda b: b.fill_or_kill(), {"tif": "FOK"}),
    "day_till_cancelled": (lambda b: b.day_till_cancelled(), {"tif": "DTC"}),
    "outside_rth": (lambda b: b.outside_rth(), {"outside_rth": True}),
    "regular_hours_only": (lambda b: b.outside_rth().regular_hours_only(), {}),
    "include_overnight": (lambda b: b.include_overnight(), {"include_overnight": True}),
    "hidden": (lambda b: b.hidden(), {"hidden": True}),
    "display": (lambda b: b.display(100), {"display_size": 100}),
    "all_or_none": (lambda b: b.all_or_none(), {"all_or_none": True}),
    "minimum_quantity": (lambda b: b.minimum_quantity(10), {"min_qty": 10}),
    "post_only": (lambda b: b.post_only(), {"post_only": True}),
    "randomize": (lambda b: b.randomize(price=True), {"randomize_size": True, "randomize_price": True}),
    "trigger_method": (lambda b: b.trigger_method(TriggerMethod.MIDPOINT), {"trigger_method": 8}),
    "override": (lambda b: b.override_percentage_constraints(), {"override_percentage_constraints": True}),
    "account": (lambda b: b.account("DU1"), {"account": "DU1"}),
    "model": (lambda b: b.model("Core"), {"model_code": "Core"}),
    "allocate": (
        lambda b: b.allocate("Group", method="PctChange", percentage="50"),
        {"fa_group": "Group", "fa_method": "PctChange", "fa_percentage": "50"},
    ),
    "reference": (lambda b: b.reference("mine"), {"order_ref": "mine"}),
    "oca": (lambda b: b.oca("group", OcaType.REDUCE), {"oca_group": "group", "oca_type": 3}),
    "child_of": (lambda b: b.child_of(7), {"parent_id": 7}),
    "hold": (lambda b: b.hold(), {"transmit": False}),
    "delta_hedge": (lambda b: b.delta_hedge(), {"hedge_type": "D"}),
    "beta_hedge": (lambda b: b.beta_hedge(0.5), {"hedge_type": "B", "hedge_param": "0.5"}),
    "beta_hedge that TWS knows": (lambda b: b.beta_hedge(), {"hedge_type": "B"}),
    "pair_hedge": (lambda b: b.pair_hedge(2), {"hedge_type": "P", "hedge_param": "2"}),
    "fx_hedge": (lambda b: b.fx_hedge(), {"hedge_type": "F", "total_quantity": 0}),
    "cash_quantity": (lambda b: b.buy().cash_quantity(1000), {"cash_qty": 1000, "total_quantity": None}),
    "any other": (lambda b: b.set(mifid2_decision_maker="me"), {"mifid2_decision_maker": "me"}),
}  # fmt: skip
