"""Judged by the official client: what it sends we read with the same values, and we send the same, byte for byte.

What differs all the same stands in one table with its reason, `official_deviations.DEVIATIONS`.
"""

import pytest

pytest.importorskip("ibapi", reason="the official client (interop group) is missing: nothing is judged by it")

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.judging import steered
from support.official_defects import not_judged
from support.official_deviations import comparable, sent_in_spite_of, without_deviations
from support.official_requests import REQUESTS, sent_by_official
from support.strategies import as_seen_at, label, messages

from ibfast import wire
from ibfast.errors import VersionError
from ibfast.schema.declare import OUTGOING

TEXT = (157, 163, 168, 173, 176, 178, 183, 187, 193, 196, 200, 201)
PROTOBUF = (203, 210, 213, 219, 226)  # some messages are text still at the first of them
MESSAGES = 8
FORMS = [form for form in OUTGOING.values() if not not_judged(form)]


def versions_of(form):
    return [version for version in (*TEXT, *PROTOBUF) if version >= form.since and (form.layout or form.protobuf)]


def carried(message, version):
    """(our payload, the message without what this version refuses, the names of what it refuses)."""
    refused = []
    while True:
        try:
            return wire.encode(message, version), message, refused
        except VersionError as error:
            path = error.name.split()[0].split(".")[1:]
            refused.append(".".join(path))
            message = without(message, path)


def without(message, path, value=None):
    name, *rest = path
    return message.replace(**{name: without(getattr(message, name), rest, value) if rest else value})


def given_of(value, nothing=("", 0)):
    """A message as dicts without what says nothing: unset, zero and empty are one to the official client."""
    if hasattr(type(value), "__fields__"):
        pairs = ((name, given_of(getattr(value, name), nothing)) for name in type(value).__fields__)
        return {name: value for name, value in pairs if value not in (None, [], {}, *nothing)}
    return [given_of(item, nothing) for item in value] if isinstance(value, list) else value


def judge(message, form, version):
    protobuf = form.is_protobuf(version)
    message = without_deviations(message, form, version)
    whole = message
    ours, message, refused = carried(message, version)
    payloads, errors = sent_by_official(message, version)
    if errors:
        return [f"refused: {error}" for error in errors]
    if refused and sent_by_official(whole, version)[0] and sent_in_spite_of(refused, form, version):
        return [f"not refused: {name}" for name in sent_in_spite_of(refused, form, version)]
    assert len(payloads) == 1
    [theirs] = payloads
    seen, read = as_seen_at(message, form, version, protobuf), wire.decode(theirs, version, direction="outgoing")
    found = [f"read.{line}" for line in dict_differences(given_of(read), given_of(seen))]
    start = wire.message_id(theirs, version)[2]
    theirs, ours = (
        theirs[:start] + comparable(theirs[start:], form, version),
        ours[:start] + comparable(ours[start:], form, version),
    )
    if ours != theirs:
        read = [wire.decode(payload, version, direction="outgoing") for payload in (theirs, ours)]
        named = dict_differences(*(given_of(item, ()) for item in read))
        found.append(f"bytes: {theirs!r} are not {ours!r}: {named}")
    return found


def dict_differences(theirs, ours, path=""):
    if isinstance(theirs, dict) and isinstance(ours, dict):
        names = [*theirs, *(name for name in ours if name not in theirs)]
        return [f for name in names for f in dict_differences(theirs.get(name), ours.get(name), f"{path}.{name}")]
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        pairs = enumerate(zip(theirs, ours, strict=True))
        return [found for place, pair in pairs for found in dict_differences(*pair, f"{path}[{place}]")]
    return [] if theirs == ours else [f"{path}: {theirs!r} is not {ours!r}"]


@pytest.mark.parametrize("form", FORMS, ids=label)
@settings(
    max_examples=MESSAGES, derandomize=True, database=None, phases=[Phase.generate],
)  # fmt: skip
@given(data=st.data())
def test_the_official_client_sends_what_we_read_and_send(form, data):
    for full in (False, True):
        message = steered(data.draw, data.draw(messages(form, full=full)), form)
        for version in versions_of(form):
            assert judge(message, form, version) == [], f"server version {version}"


def test_every_outgoing_message_is_judged_or_excused(record_property):
    pairs = sum(len(versions_of(form)) for form in FORMS)
    excused = [f"{form.id.name}: {not_judged(form)}" for form in OUTGOING.values() if not_judged(form)]
    record_property(
        "official requests", f"{len(FORMS)} messages, {pairs} (message, version) pairs judged; not: {excused}"
    )
    assert {form.cls.__name__ for form in FORMS} == set(REQUESTS)
    assert len(FORMS) + len(excused) == len(OUTGOING)
