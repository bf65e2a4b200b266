"""Where a request of ibfast is not byte for byte what the official client 10.51.1 sends: every difference, and why.

A row says where it shows. ``avoid`` makes a message that does not trip it, ``sorted_bytes`` the bytes without it;
what is left must be equal, byte for byte.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ibfast._codec import Kind
from support.official_defects import (
    OF_CONDITION,
    Where,
    any_protobuf,
    condition_it_knows,
    each,
    every,
    everywhere,
    fields_of_type,
    nothing,
    present,
    text_of,
    whole_number,
)


@dataclass(frozen=True)
class Deviation:
    reason: str
    where: Callable[[Where], bool]
    avoid: Callable | None = None
    sorted_bytes: Callable | None = None


def always(where):
    return True


def flags(*names):
    """Numbers with three states, as what they are: unset, no, yes."""
    return each("Order", **dict.fromkeys(names, lambda value, message: None if value is None else value & 1))


EMPTY = {Kind.INT: 0, Kind.LONG: 0, Kind.FLOAT: 0.0, Kind.STRING: "", Kind.BOOL: False}


def all_given(message, names):
    """The message with something in each of these fields."""
    fields = {name: message.__fields__[name] for name in names}
    return message.replace(
        **{name: EMPTY[item.kind] for name, item in fields.items() if getattr(message, name) is None}
    )


def numbers_given(message):
    """The message with the numbers that the official client's methods take as arguments."""
    fields = type(message).__fields__.values()
    numbers = (field_ for field_ in fields if field_.kind in (Kind.INT, Kind.LONG, Kind.FLOAT) and not field_.repeated)
    return all_given(message, [number.name for number in numbers if number.unset == "zero" and number.default is None])


def condition_it_sends(message):
    message = fields_of_type(condition_it_knows(message))
    return all_given(message, OF_CONDITION[message.type])


def or_nothing(value, message):
    return value or None


def plain(value, message):
    """A quantity that is written without an exponent."""
    return value and round(value, 5)


def in_order(message, payload):
    """The payload with the entries of each map sorted."""
    numbers = {field.number: field for field in message.__fields__.values()}
    found, maps, pos = [], [], 0
    while pos < len(payload):
        start = pos
        key, pos = varint(payload, pos)
        size = {1: 8, 5: 4}.get(key & 7, 0)
        if key & 7 != 1 and key & 7 != 5:
            size, pos = varint(payload, pos)
        inside = pos
        pos += size if key & 7 != 0 else 0
        field = numbers.get(key >> 3)
        if field is not None and field.kind == Kind.TAGS:
            maps.append(payload[start:pos])
            continue
        found += sorted(maps)
        maps.clear()
        if field is not None and field.type is not None:
            found += [payload[start:inside], in_order(field.type, payload[inside:pos])]
        else:
            found.append(payload[start:pos])
    return b"".join([*found, *sorted(maps)])


def varint(payload, pos):
    value = shift = 0
    while True:
        byte = payload[pos]
        pos += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, pos


DEVIATIONS = [
    Deviation(
        "an order without a time in force is a DAY order: without one a gateway refuses it (10052, seen), and the "
        "official client sends it without one",
        everywhere("PLACE_ORDER"),
        avoid=each("Order", tif=lambda value, m: value or "DAY"),
    ),
    Deviation(
        "a multiplier is a number here and any text there",
        always,
        avoid=each("Contract", multiplier=whole_number),
    ),
    Deviation(
        "a strike of 0.0 is left out, which the official client sends: contract details with it are never answered "
        "(seen by others), and TWS reports it of contracts that have none; a multiplier of 0 is none either",
        always,
        avoid=each("Contract", strike=or_nothing, multiplier=or_nothing),
    ),
    Deviation(
        "the client id and permanent id of an order that TWS reported are sent as 0, as those of a fresh order, so "
        "that it can be placed again under another id; the official client sends what its object holds",
        any_protobuf,
        avoid=each("Order", client_id=nothing, perm_id=nothing),
    ),
    Deviation(
        "the entries of a map have no order: protobuf's library sends them as they lie in its hash table, we in the "
        "order in which they were given",
        any_protobuf,
        sorted_bytes=in_order,
    ),
    Deviation(
        "a quantity below 0.000001 is sent in plain digits, by the official client as text with an exponent",
        text_of("PLACE_ORDER"),
        avoid=each("Order", total_quantity=plain),
    ),
    Deviation(
        "numbers that the official client's methods take as arguments are always sent by it; ours are too once given, "
        "and every method of `Client` gives them (`test_judged_requests`)",
        always,
        avoid=numbers_given,
    ),
    Deviation(
        "the official client takes no request without its contract, order or scanner subscription",
        always,
        avoid=lambda m: present(*(set(type(m).__fields__) & {"contract", "order", "scanner_subscription"}))(m),
    ),
    Deviation(
        "these requests accept no options on the text wire: to the official client a non-empty list is an error",
        text_of("REQ_MKT_DATA", "REQ_MKT_DEPTH", "REQ_CALC_IMPLIED_VOLAT", "REQ_CALC_OPTION_PRICE"),
        avoid=lambda m: m.replace(**dict.fromkeys(set(type(m).__fields__) & {
            "market_data_options", "market_depth_options", "implied_volatility_options", "option_price_options",
        })),
    ),
    Deviation(
        "the price of a leg belongs to the contract here and is sent with it; there it belongs to the order",
        any_protobuf,
        avoid=lambda m: m if "order" in type(m).__fields__ else each("ComboLeg", per_leg_price=nothing)(m),
    ),
    Deviation(
        "fields with three states, unset, no and yes, are sent by the official client as flags whatever they hold",
        everywhere("PLACE_ORDER"),
        avoid=flags("use_price_mgmt_algo", "route_marketable_to_bbo", "seek_price_improvement"),
    ),
    Deviation(
        "conditions of the official client are objects of a type it knows, with all the fields of their type",
        everywhere("PLACE_ORDER"),
        avoid=lambda m: every(m, lambda m: condition_it_sends(m) if type(m).__name__ == "OrderCondition" else m),
    ),
]  # fmt: skip
"""Every difference between our requests and the official client's, for the same intent."""


PROTOBUF_ONLY = {
    "order.deactivate", "order.post_only", "order.allow_pre_open", "order.ignore_open_auction",
    "order.route_marketable_to_bbo", "order.seek_price_improvement", "order.what_if_type", "order.hedge_max_size",
    "order.conditions_include_overnight", "attached_orders.sl_order_id", "attached_orders.sl_order_type",
    "attached_orders.pt_order_id", "attached_orders.pt_order_type",
}  # fmt: skip
"""What the official client drops in silence on the text wire, and we refuse."""


def sent_in_spite_of(refused, form, version):
    """What we refuse and the official client sends without a word, beyond what it is known to drop."""
    dropped = PROTOBUF_ONLY if form.id.name == "PLACE_ORDER" and not form.is_protobuf(version) else set()
    return sorted(set(refused) - dropped)


def deviations_of(form, version):
    where = Where(form, version, form.is_protobuf(version))
    return [deviation for deviation in DEVIATIONS if deviation.where(where)]


def without_deviations(message, form, version):
    for deviation in deviations_of(form, version):
        message = deviation.avoid(message) if deviation.avoid else message
    return message


def comparable(payload, form, version):
    """The body of a payload, in which what may differ does not."""
    for deviation in deviations_of(form, version):
        payload = deviation.sorted_bytes(form.cls, payload) if deviation.sorted_bytes else payload
    return payload
