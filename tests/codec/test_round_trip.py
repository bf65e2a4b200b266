"""What one side writes the other side reads, for every declared message at every version where its layout changes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.strategies import FORMS, as_seen_at, label, messages, protobuf_versions, text_versions

from ibfast.errors import VersionError
from ibfast.schema.compile import plan_of

PAIRS = sum(len(text_versions(form)) + len(protobuf_versions(form)) for form in FORMS)


def body_start(plan) -> int:
    return len(plan.message_id)


@pytest.mark.parametrize("form", FORMS, ids=label)
@settings(max_examples=12)
@given(data=st.data())
def test_what_one_side_writes_the_other_reads(form, data):
    message = data.draw(messages(form))
    for protobuf, versions in ((False, text_versions(form)), (True, protobuf_versions(form))):
        for version in versions:
            plan = plan_of(form, version, protobuf)
            try:
                payload = plan.encode(message)
            except VersionError as error:
                assert form.direction == "outgoing"
                assert error.needs > version
                continue
            assert payload.startswith(plan.message_id)
            before = plan.extra_fields
            assert plan.decode(payload, body_start(plan)) == as_seen_at(message, form, version, protobuf)
            assert plan.extra_fields == before


def test_every_pair_of_message_and_version_was_tried(record_property):
    record_property("round trips", f"{len(FORMS)} messages, {PAIRS} (message, version) pairs")
    assert len(FORMS) >= 165


@pytest.mark.parametrize("form", FORMS, ids=label)
def test_an_empty_message_survives(form):
    for protobuf, versions in ((False, text_versions(form)), (True, protobuf_versions(form))):
        for version in versions:
            plan = plan_of(form, version, protobuf)
            empty = form.cls()
            assert plan.decode(plan.encode(empty), body_start(plan)) == as_seen_at(empty, form, version, protobuf)
