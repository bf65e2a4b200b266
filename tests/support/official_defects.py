"""The known defects of the official client 10.51.1: the only differences from it that its judges forgive.

A defect says where it shows. ``avoid`` makes a message that does not trip it, ``misread`` the message as the official
client reports it, ``told`` its callbacks as the official client calls them; what is left must be equal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ibapi.decoder import Decoder

from ibfast.schema.versions import V

GENERIC = {int(id) for id, info in Decoder.msgId2handleInfo.items() if info.wrapperMeth is not None}


@dataclass(frozen=True)
class Where:
    """One message at one server version, on one wire."""

    form: Any
    version: int
    protobuf: bool

    @property
    def name(self) -> str:
        return self.form.id.name


@dataclass(frozen=True)
class Defect:
    reason: str
    where: Callable[[Where], bool]
    avoid: Callable | None = None
    misread: Callable | None = None
    told: Callable | None = None


def every(message, change):
    """A copy of the message in which each message, inner ones first, went through ``change``."""
    fields = {}
    for name in type(message).__fields__:
        value = getattr(message, name)
        if isinstance(value, list):
            value = [every(item, change) if hasattr(type(item), "__fields__") else item for item in value]
        elif hasattr(type(value), "__fields__"):
            value = every(value, change)
        fields[name] = value
    return change(type(message)(**fields))


def each(class_name, **changes):
    """A change of every message of this class: field by field, a function of the value or of it and the message."""

    def change(message):
        if type(message).__name__ != class_name:
            return message
        return message.replace(**{name: new(getattr(message, name), message) for name, new in changes.items()})

    return lambda message: every(message, change)


def nothing(value, message):
    return None


def texts(change):
    """A change of every text of the message."""

    def changed(message):
        fields = {}
        for name in type(message).__fields__:
            value = getattr(message, name)
            if isinstance(value, str):
                fields[name] = change(value)
            elif isinstance(value, list):
                fields[name] = [change(item) if isinstance(item, str) else item for item in value]
        return message.replace(**fields)

    return lambda message: every(message, changed)


def present(*names):
    """A change that gives the message an empty inner message where it has none."""

    def change(message):
        fields = {name: type(message).__fields__[name].type() for name in names if getattr(message, name) is None}
        return message.replace(**fields)

    return change


def text_of(*names):
    return lambda where: not where.protobuf and where.name in names


def protobuf_of(*names):
    return lambda where: where.protobuf and where.name in names


def everywhere(*names):
    return lambda where: where.name in names


def any_protobuf(where):
    return where.protobuf


# ------------------------------------------------------------------------------------------------- its decoder


def condition_it_knows(message):
    """Unknown types break the official decoder on both wires."""
    known = (1, 3, 4, 5, 6, 7)
    type_ = message.type if message.type in known else known[(message.con_id or 0) % 6]
    return message.replace(type=type_, is_conjunction_connection=bool(message.is_conjunction_connection))


def whole_number(value, message):
    return None if value is None else float(int(value) % 10**9)


def one_of(*known):
    return lambda value, message: None if value is None else known[sum(str(value).encode()) % len(known)]


TICK_OF_TYPE = {
    0: None, 1: "historical_tick_last", 2: "historical_tick_last", 3: "historical_tick_bid_ask",
    4: "historical_tick_mid_point",
}  # fmt: skip


def one_tick(message):
    kept = TICK_OF_TYPE[message.tick_type]
    others = [name for name in TICK_OF_TYPE.values() if name and name != kept]
    return present(*[kept] if kept else [])(message.replace(**dict.fromkeys(others)))


OF_EVERY_CONDITION = {"type", "is_conjunction_connection"}
OF_CONDITION = {
    1: {"is_more", "con_id", "exchange", "price", "trigger_method"}, 3: {"is_more", "time"}, 4: {"is_more", "percent"},
    5: {"sec_type", "exchange", "symbol"}, 6: {"is_more", "con_id", "exchange", "volume"},
    7: {"is_more", "con_id", "exchange", "change_percent"},
}  # fmt: skip


def fields_of_type(message):
    kept = OF_CONDITION[message.type] | OF_EVERY_CONDITION
    return message.replace(**dict.fromkeys(set(type(message).__fields__) - kept))


def surrogates(message):
    """The message with its escaped texts as the official client leaves them."""
    fields = {"error_msg", "advanced_order_reject_json", "long_name"} & set(type(message).__fields__)
    return message.replace(**{name: in_16_bits(getattr(message, name)) for name in fields})


def in_16_bits(text):
    if text is None:
        return None
    units = text.encode("utf-16-le")
    return "".join(chr(int.from_bytes(units[place : place + 2], "little")) for place in range(0, len(units), 2))


def cut(details):
    """Contract details as the official client reports them."""
    expiry = details["contract"].last_trade_date_or_contract_month
    date, time, *_ = parts(expiry)
    kept = date if "-" in (expiry or "") else date or expiry
    contract = details["contract"].replace(last_trade_date_or_contract_month=kept)
    return details | {"contract": contract, "last_trade_time": time}


def cut_bond(details):
    date, time, *_ = parts(details["contract"].last_trade_date_or_contract_month)
    return details | {"maturity": date, "last_trade_time": time}


def with_zone(details):
    zone = parts(details["contract"].last_trade_date_or_contract_month)[2]
    return details | {"time_zone_id": zone or details.get("time_zone_id")}


def without_expiry(details):
    return details | {"contract": details["contract"].replace(last_trade_date_or_contract_month=None)}


def by_bit(items):
    return {item.bit_number or 0: (item.exchange or "", item.exchange_letter or " ") for item in items or []}


def a_date(value, message):
    return None if value is None else str(20260101 + len(value))


def parts(text):
    """The expiry as the official client cuts it."""
    return ((text or "").split("-") if "-" in (text or "") else (text or "").split()) + ["", "", ""]


DEFECTS = [
    Defect(
        "29 text messages are read by a generic path that undoes backslash escapes and spoils non-ASCII UTF-8",
        lambda where: not where.protobuf and where.form.id in GENERIC,
        misread=texts(lambda text: text.encode().decode("latin-1")),
    ),
    Defect(
        "the generic path hands over the flags of the two ..._COMPLETED answers as text",
        text_of("VERIFY_COMPLETED", "VERIFY_AND_AUTH_COMPLETED"),
        told=lambda calls: [(name, ["true" if flag else "false", *rest]) for name, [flag, *rest] in calls],
    ),
    Defect(
        "a missing request id is reported as -1, which is what a request id of nobody is",
        any_protobuf,
        misread=lambda m: m.replace(req_id=-1) if getattr(m, "req_id", 0) is None else m,
    ),
    Defect(
        "a protobuf message without its contract, order, details, bar or depth is not reported at all",
        any_protobuf,
        avoid=lambda m: present(*(set(type(m).__fields__) & {
            "contract", "order", "order_state", "contract_details", "execution", "market_depth_data",
            "historical_data_bar",
        }))(m),
    ),
    Defect(
        "of a contract over protobuf the official client drops sec_id_type, sec_id and include_expired",
        any_protobuf,
        misread=each("Contract", sec_id_type=nothing, sec_id=nothing, include_expired=nothing),
    ),
    Defect(
        "the multiplier of a contract over protobuf is reported as text with eight decimals",
        any_protobuf,
        avoid=each("Contract", multiplier=whole_number),
    ),
    Defect(
        "the event multiplier of the two contract messages must be an integer text",
        text_of("CONTRACT_DATA", "BOND_CONTRACT_DATA"),
        avoid=each("ContractDetails", ev_multiplier=whole_number),
    ),
    Defect(
        "fund asset type 000 and types and policies it does not know are reported as none",
        everywhere("CONTRACT_DATA", "BOND_CONTRACT_DATA"),
        avoid=each(
            "ContractDetails", fund_distribution_policy_indicator=one_of("N", "Y"),
            fund_asset_type=one_of("001", "002", "003", "004", "005", "006", "007"),
        ),
    ),
    Defect(
        "exercise types it does not know are reported as none",
        protobuf_of("EXECUTION_DATA"),
        avoid=each("Execution", opt_exercise_or_lapse_type=one_of(1, 2, 3, 100, 101, 102, 103, 200)),
    ),
    Defect(
        "the redemption date of a commission report must be a number",
        everywhere("COMMISSION_AND_FEES_REPORT"),
        avoid=each("CommissionAndFeesReport", yield_redemption_date=a_date),
    ),
    Defect(
        "a price tick without its attribute mask is reported with all attributes set",
        protobuf_of("TICK_PRICE"),
        misread=lambda m: m.replace(attr_mask=7) if m.attr_mask is None else m,
    ),
    Defect(
        "use_price_mgmt_algo and route_marketable_to_bbo, which have three states, are read from text as flags",
        text_of("OPEN_ORDER", "COMPLETED_ORDER"),
        misread=each(
            "Order", use_price_mgmt_algo=lambda value, m: value and 1,
            route_marketable_to_bbo=lambda value, m: value and 1,
        ),
    ),
    Defect(
        "order conditions of an unknown type break the decoder",
        everywhere("OPEN_ORDER", "COMPLETED_ORDER"),
        avoid=lambda m: every(m, lambda m: condition_it_knows(m) if type(m).__name__ == "OrderCondition" else m),
    ),
    Defect(
        "tick-by-tick types it does not know break its text decoder",
        everywhere("TICK_BY_TICK"),
        avoid=lambda m: m.replace(tick_type=(m.tick_type or 0) % 5),
    ),
    Defect(
        "a tick over protobuf without the tick of its type is not reported, and there is place for one of the three",
        everywhere("TICK_BY_TICK"),
        avoid=lambda m: one_tick(m),
    ),
    Defect(
        "a scanner row over protobuf without a contract is reported without its market name",
        protobuf_of("SCANNER_DATA"),
        avoid=lambda m: every(m, lambda m: present("contract")(m) if type(m).__name__ == "ScannerDataElement" else m),
    ),
    Defect(
        "conditions over protobuf are reported with the fields of their type only",
        protobuf_of("OPEN_ORDER", "COMPLETED_ORDER"),
        misread=lambda m: every(m, lambda m: fields_of_type(m) if type(m).__name__ == "OrderCondition" else m),
    ),
    Defect(
        "of an order over protobuf the official client drops what only requests carry",
        protobuf_of("OPEN_ORDER", "COMPLETED_ORDER"),
        misread=each("Order", **dict.fromkeys((
            "scale_table", "algo_id", "mifid2_decision_maker", "mifid2_decision_algo", "mifid2_execution_trader",
            "mifid2_execution_algo", "advanced_error_override", "manual_order_time", "override_percentage_constraints",
            "order_misc_options", "transmit", "basis_points", "basis_points_type", "auction_strategy",
        ), nothing)),
    ),
    Defect(
        "hedge parameters without a hedge type and algo parameters without a strategy are dropped",
        protobuf_of("OPEN_ORDER", "COMPLETED_ORDER"),
        misread=each(
            "Order", hedge_param=lambda value, m: value if m.hedge_type else None,
            hedge_max_size=lambda value, m: value if m.hedge_type is not None else None,
            algo_params=lambda value, m: value if m.algo_strategy is not None else None,
        ),
    ),
    Defect(
        "the prices of legs are reported with the order, and not at all where there is none",
        any_protobuf,
        misread=lambda m: m if "order" in type(m).__fields__ else each("ComboLeg", per_leg_price=nothing)(m),
    ),
    Defect(
        "the prices of legs are reported with the order",
        everywhere("OPEN_ORDER", "COMPLETED_ORDER"),
        told=lambda calls: [
            (name, [each("ComboLeg", per_leg_price=nothing)(a) if type(a).__name__ == "Contract" else a for a in rest])
            for name, rest in calls
        ],
    ),
    Defect(
        "characters beyond 16 bits in escaped texts are left as two surrogates",
        text_of("ERR_MSG", "CONTRACT_DATA"),
        misread=lambda m: every(m, surrogates),
    ),
    Defect(
        "the expiry of contract details is cut in date and time, that of bonds also in zone",
        everywhere("CONTRACT_DATA"),
        told=lambda calls: [(name, [req_id, cut(details)]) for name, [req_id, details] in calls],
    ),
    Defect(
        "the expiry of bonds is cut in date, time and zone; over protobuf it stays whole beside its parts",
        everywhere("BOND_CONTRACT_DATA"),
        told=lambda calls: [(name, [req_id, cut_bond(details)]) for name, [req_id, details] in calls],
    ),
    Defect(
        "the zone in the expiry of a bond wins over the field of its own over protobuf, and is all there is before 188",
        lambda where: where.name == "BOND_CONTRACT_DATA" and (where.protobuf or where.version < V.BOND_TRADING_HOURS),
        told=lambda calls: [(name, [req_id, with_zone(details)]) for name, [req_id, details] in calls],
    ),
    Defect(
        "the expiry of bonds over text is reported as maturity only",
        text_of("BOND_CONTRACT_DATA"),
        told=lambda calls: [(name, [req_id, without_expiry(details)]) for name, [req_id, details] in calls],
    ),
    Defect(
        "smart components over protobuf are a dict by bit number, with a blank for a missing letter",
        protobuf_of("SMART_COMPONENTS"),
        told=lambda calls: [(name, [req_id, by_bit(items)]) for name, [req_id, items] in calls],
    ),
    Defect(
        "the end of bars below 196 is reported with empty dates too",
        lambda where: where.name == "HISTORICAL_DATA" and where.version < V.HISTORICAL_DATA_END,
        misread=lambda m: m.replace(start_date_str=m.start_date_str or ""),
    ),
    Defect(
        "expirations and strikes become sets",
        everywhere("SECURITY_DEFINITION_OPTION_PARAMETER"),
        misread=lambda m: m.replace(expirations=sorted(set(m.expirations or [])), strikes=sorted(set(m.strikes or []))),
    ),
]  # fmt: skip


def defects_of(form, version):
    where = Where(form, version, form.is_protobuf(version))
    return [defect for defect in DEFECTS if defect.where(where)]


NOT_JUDGED = {
    "FUNDAMENTAL_DATA": "retired: this official client has no decoder for it",
    "REQ_FUNDAMENTAL_DATA": "retired: this official client has no method for it",
    "CANCEL_FUNDAMENTAL_DATA": "retired: this official client has no method for it",
}


def not_judged(form):
    return NOT_JUDGED.get(form.id.name, "")


def without_known_defects(message, form, version):
    for defect in defects_of(form, version):
        message = defect.avoid(message) if defect.avoid else message
    return message


def of_decoder(seen, form, version):
    for defect in defects_of(form, version):
        seen = defect.misread(seen) if defect.misread else seen
    return seen


def told_by_official(calls, form, version):
    for defect in defects_of(form, version):
        calls = defect.told(calls) if defect.told else calls
    return calls
