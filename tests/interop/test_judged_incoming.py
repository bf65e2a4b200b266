"""Judged by the official client: what our encoder sends, its decoder reads, callback by callback."""

import pytest

pytest.importorskip("ibapi", reason="the official client (interop group) is missing: nothing is judged by it")

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ibapi.comm import read_fields
from ibapi.decoder import Decoder
from ibapi.server_versions import MAX_CLIENT_VER
from ibapi.wrapper import EWrapper
from support.judging import differences, protobuf_differences, steered
from support.official import calls_of
from support.official_defects import not_judged, of_decoder, told_by_official, without_known_defects
from support.strategies import as_seen_at, label, messages

from ibfast import wire
from ibfast.schema.declare import INCOMING
from ibfast.schema.versions import LAST_VERSION

TEXT = (157, 163, 168, 173, 176, 178, 183, 187, 193, 196, 200, 201)
PROTOBUF = (213, 219, 226)
MESSAGES = 8
FORMS = [form for form in INCOMING.values() if not not_judged(form)]


class Recorder(EWrapper):
    """Every callback and its arguments."""

    def __init__(self):
        self.calls = []
        self.protobuf = []

    def __getattribute__(self, name):
        if name in ("calls", "protobuf") or name.startswith("_") or not hasattr(EWrapper, name):
            return super().__getattribute__(name)
        kept = self.protobuf if name.endswith("ProtoBuf") else self.calls
        return lambda *arguments: kept.append((name, list(arguments)))


DECODERS = {version: Decoder(None, version) for version in (*TEXT, *PROTOBUF)}


def read_by_official(payload, version):
    """What its run loop does with one message."""
    decoder, recorder = DECODERS[version], Recorder()
    decoder.wrapper = recorder
    message_id, protobuf, start = wire.message_id(payload, version)
    if protobuf:
        decoder.processProtoBuf(payload[start:], message_id)
    else:
        decoder.interpret(read_fields(payload[start:]), message_id)
    return recorder


def versions_of(form):
    return [version for version in (*TEXT, *PROTOBUF) if version >= form.since and (form.layout or form.protobuf)]


def judge(message, form, version):
    protobuf = form.is_protobuf(version)
    sent = without_known_defects(message, form, version)
    recorder = read_by_official(wire.encode(sent, version), version)
    seen = as_seen_at(sent, form, version, protobuf)
    found = []
    if protobuf:
        [(_, [whole])] = recorder.protobuf
        found += protobuf_differences(whole, sent, "protobuf")
    ours = told_by_official(calls_of(of_decoder(seen, form, version)), form, version)
    ours = [call for call in ours if not call[0].endswith("ProtoBuf")]
    assert [name for name, _ in recorder.calls] == [name for name, _ in ours]
    for (name, theirs), (_, mine) in zip(recorder.calls, ours, strict=True):
        assert len(theirs) == len(mine), f"{name}: {theirs} {mine}"
        for place, pair in enumerate(zip(theirs, mine, strict=True)):
            found += differences(*pair, f"{name}({place})")
    return found


@pytest.mark.parametrize("form", FORMS, ids=label)
@settings(
    max_examples=MESSAGES, derandomize=True, database=None, phases=[Phase.generate],
)  # fmt: skip
@given(data=st.data())
def test_the_official_client_reads_what_we_send(form, data):
    for full in (False, True):
        message = steered(data.draw, data.draw(messages(form, full=full)), form)
        for version in versions_of(form):
            assert judge(message, form, version) == [], f"server version {version}"


def test_every_incoming_message_is_judged_or_excused(record_property):
    pairs = sum(len(versions_of(form)) for form in FORMS)
    excused = [f"{form.id.name}: {not_judged(form)}" for form in INCOMING.values() if not_judged(form)]
    record_property(
        "official decoder", f"{len(FORMS)} messages, {pairs} (message, version) pairs judged; not: {excused}"
    )
    assert len(FORMS) + len(excused) == len(INCOMING)
    assert MAX_CLIENT_VER >= LAST_VERSION
