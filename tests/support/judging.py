"""The official client as a judge: its objects beside our messages, with nothing left out on either side."""

import enum
import logging
import math
import re
import sys
from decimal import Decimal

from hypothesis import strategies as st

from ibfast._codec import Kind

logging.getLogger("ibapi").setLevel(logging.CRITICAL)  # it logs as errors what the judges assert

UNSET_NUMBERS = {2**31 - 1, 2**63 - 1}
UNSET_TEXTS = {"1.7976931348623157E308", "1.7976931348623157e+308"}
UNSET_DECIMAL = Decimal(2**127 - 1)

OTHER_NAMES = {
    "accountid": "account_id", "code": "provider_code", "condtype": "type", "familycodestr": "family_code",
    "fundsubsequentminimumpurchase": "fund_minimum_subsequent_purchase", "liquidation": "is_liquidation",
    "name": "provider_name", "notes": "bond_notes", "pendingpricerevision": "is_price_revision_pending",
    "primaryexchange": "primary_exch", "putable": "puttable", "shortsaleslot": "short_sales_slot", "val": "value",
    "yield": "bond_yield",
}  # fmt: skip
"""Our names of the official attributes that are called something else than their protobuf field."""


def squashed(name):
    return name.replace("_", "").lower()


def our_name(theirs, names):
    """Which of our fields this attribute of an official object is, None if there is none."""
    found = {squashed(name): name for name in names}
    other = OTHER_NAMES.get(squashed(theirs))
    return found.get(squashed(theirs)) or (other if other in names else None)


def values_of(ours):
    """The fields of a message of ours, or of a picture of one."""
    return ours if isinstance(ours, dict) else {name: getattr(ours, name) for name in type(ours).__fields__}


def untouched(theirs):
    """The attributes as the official constructor makes them."""
    try:
        return vars(type(theirs)())
    except TypeError:
        return {}


def without_sentinel(value):
    """Their value, None where it is one of the numbers that stand for nothing."""
    if isinstance(value, enum.Enum):
        value = value.value[0]
        return None if value in ("None", -1) else value
    if isinstance(value, str):
        return None if value in UNSET_TEXTS else value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return None if value in UNSET_NUMBERS or value in (sys.float_info.max, UNSET_DECIMAL) else value


def confirms(theirs, ours):
    """Whether one value of theirs is one value of ours; nothing given is what the official client starts from."""
    theirs = without_sentinel(theirs)
    if ours is None:
        return theirs in (None, "", 0, [])
    if theirs is None:
        return False
    if isinstance(ours, str) or isinstance(theirs, str):
        if isinstance(ours, bool) or not isinstance(ours, int | float | Decimal):
            return str(theirs) == ours
        try:
            return float(theirs) == float(ours)
        except ValueError:
            return False
    if isinstance(ours, Decimal) and isinstance(theirs, float):
        return theirs == float(ours)
    if isinstance(ours, float) and isinstance(theirs, Decimal):
        return float(theirs) == ours
    return theirs == ours


def object_differences(theirs, ours, path):
    """Every attribute of an official object has our value, and every value of ours is in an attribute of it."""
    found, told, fields, blank = [], set(), values_of(ours), untouched(theirs)
    for name, value in vars(theirs).items():
        mine = our_name(name, fields)
        if mine is None:
            if without_sentinel(value) not in (None, "", 0, []):
                found.append(f"{path}.{name}: {value!r} has no place in our {type(ours).__name__}")
            continue
        told.add(mine)
        if name == "orderComboLegs" and value and all(without_sentinel(leg.price) is None for leg in value):
            value = []
        if fields[mine] is None and not hasattr(value, "__dict__") and value == blank.get(name):
            continue
        found += differences(value, fields[mine], f"{path}.{mine}")
    for name, value in fields.items():
        if name not in told and value not in (None, [], {}):
            found.append(f"{path}.{name}: our {value!r} is not reported")
    return found


def differences(theirs, ours, path):
    """Where the official client's argument says something else than ours."""
    if isinstance(theirs, dict):
        return [] if theirs == ours else [f"{path}: {theirs!r} is not {ours!r}"]
    if isinstance(theirs, list | tuple | set) or isinstance(ours, list):
        return _list_differences(theirs, ours, path)
    if hasattr(theirs, "__dict__") and not isinstance(theirs, enum.Enum):
        if ours is None:
            ours = dict.fromkeys(vars(theirs))
        return object_differences(theirs, ours, path)
    if isinstance(ours, dict) or hasattr(type(ours), "__fields__"):
        given = {name: value for name, value in values_of(ours).items() if value not in (None, [], {})}
        return [f"{path}: {theirs!r} is not {given!r}"] if given else []
    return [] if confirms(theirs, ours) else [f"{path}: {theirs!r} is not {ours!r}"]


def _list_differences(theirs, ours, path):
    theirs = sorted(theirs, key=str) if isinstance(theirs, set) else list(theirs or [])
    if isinstance(ours, dict):
        theirs = {tag.tag: tag.value for tag in theirs}
        return [] if theirs == ours else [f"{path}: {theirs} is not {ours}"]
    ours = list(ours or [])
    if len(theirs) != len(ours):
        return [f"{path}: {len(theirs)} items are not {len(ours)}: {theirs!r} {ours!r}"]
    pairs = enumerate(zip(theirs, ours, strict=True))
    return [found for place, pair in pairs for found in differences(*pair, f"{path}[{place}]")]


# ------------------------------------------------------------------------------- messages that reach every field


def choices_of(entries):
    """(path, values) of the conditions in a layout that ask for certain values."""
    for entry in entries:
        condition = getattr(entry, "condition", "")
        if " in " in condition:
            path, values = condition.split(" in ")
            yield path, [float("inf") if value == "Infinity" else value for value in values.split("|")]
        if type(entry).__name__ == "When":
            yield from choices_of(entry.entries)


def steered(draw, message, form):
    """The message, its conditions often made true, which random texts would never do."""
    for path, values in choices_of(form.layout.entries) if form.layout else ():
        *parents, last = path.split(".")
        holder = message
        for parent in parents:
            if getattr(holder, parent) is None:
                setattr(holder, parent, type(holder).__fields__[parent].type())
            holder = getattr(holder, parent)
        if type(holder).__fields__[last].kind in (Kind.STRING, Kind.FLOAT) and draw(st.booleans()):
            setattr(holder, last, draw(st.sampled_from(values)))
    return message


# -------------------------------------------------------------------------------------- parsed protobuf messages


def protobuf_differences(theirs, ours, path):
    """Their parsed protobuf message field by field beside our message, by number, name and value."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    found = [f"{path}: field {field.field_number} is unknown to them" for field in UnknownFieldSet(theirs)]
    numbers = {field.number: name for name, field in type(ours).__fields__.items() if field.number}
    declared = {field.number for field in theirs.DESCRIPTOR.fields}
    if set(numbers) != declared:
        found.append(f"{path}: fields {sorted(set(numbers) ^ declared)} are declared on one side only")
    given = {field.number: value for field, value in theirs.ListFields()}
    for field in theirs.DESCRIPTOR.fields:
        name = numbers.get(field.number)
        if name is None:
            continue
        if squashed(name) != squashed(field.name):
            found.append(f"{path}.{name}: field {field.number} is called {field.name}")
        found += _protobuf_values(given.get(field.number), getattr(ours, name), f"{path}.{name}")
    return found


def _protobuf_values(theirs, ours, path):
    if isinstance(ours, list) or (ours is None and hasattr(theirs, "__len__") and not isinstance(theirs, str)):
        theirs, ours = list(theirs or []), list(ours or [])
        if len(theirs) != len(ours):
            return [f"{path}: {len(theirs)} items are not {len(ours)}"]
        pairs = enumerate(zip(theirs, ours, strict=True))
        return [found for place, pair in pairs for found in _protobuf_values(*pair, f"{path}[{place}]")]
    if isinstance(ours, dict):
        return [] if dict(theirs or {}) == ours else [f"{path}: {theirs!r} is not {ours!r}"]
    if hasattr(type(ours), "__fields__") and theirs is not None:
        return protobuf_differences(theirs, ours, path)
    if isinstance(ours, Decimal) and isinstance(theirs, str):
        theirs = Decimal(theirs)
    same = theirs == ours and (theirs is None) == (ours is None) and isinstance(theirs, bool) == isinstance(ours, bool)
    if isinstance(ours, float) and isinstance(theirs, float):
        same = theirs == ours or (math.isnan(theirs) and math.isnan(ours))
    return [] if same else [f"{path}: {theirs!r} is not {ours!r}"]


def printable(path):
    """A path without the numbers of list items, to be looked up in a table."""
    return re.sub(r"\[\d+\]", "", path)
