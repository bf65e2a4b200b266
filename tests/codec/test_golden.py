"""Messages of real gateways decode to what two others, the capture's source and the official client, read there."""

import pytest
from support.captures import CAPTURES, GOLDEN, records
from support.official import calls_of, differences

from ibfast import wire
from ibfast.schema import IneligibilityReason


def text_records():
    path = CAPTURES / "text.jsonl"
    if not path.exists():
        reason = f"no text captures at {path}; they may not be copied into this repository"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(r, id=f"{r['name']}-{r['id']}", marks=too_old(r)) for r in records(path)]


def too_old(record):
    """Layouts of servers before 157, the oldest that ibfast speaks."""
    fits = record["server_version_fits"]
    return [pytest.mark.skip(reason=f"fits servers {fits[0]} to {fits[1]} only")] if fits and fits[1] < 157 else []


def text_payload(record, version):
    head, *fields = record["fields"]
    start = head.encode() + b"\0" if version <= 200 else int(head).to_bytes(4, "big")
    return start + b"".join(field.encode() + b"\0" for field in fields)


@pytest.mark.parametrize("record", records(GOLDEN / "gateway_protobuf.jsonl"), ids=lambda r: f"{r['name']}-{r['id']}")
def test_recorded_protobuf_messages_decode_to_what_others_read(record):
    message = wire.decode(bytes.fromhex(record["hex"]), record["server_version"])
    check_official(record, message)
    for key, value in (record.get("expected") or {}).items():
        assert_expected(key, value, message)


@pytest.mark.parametrize("record", text_records())
def test_recorded_text_messages_decode_to_what_the_official_client_reads(record):
    version = version_of(record)
    message = wire.decode(text_payload(record, version), version)
    if misread_by_official(record):
        assert message.id == int(record["fields"][2])
        assert message.error_code == int(record["fields"][3])
        return
    check_official(record, message)


def version_of(record):
    """The version that the source states; else the one the official client was given, which the layout fits."""
    if record["server_version"] is not None:
        return record["server_version"]
    if misread_by_official(record):
        return 193
    _, high = record["server_version_fits"]
    return min(max(record["official_client_says"]["server_version"], 157), high)


def misread_by_official(record):
    """An error in the layout before 194 whose source states no version: the official client was given 200 for it."""
    says = record["official_client_says"]["server_version"]
    return record["name"] == "error" and record["fields"][1] == "2" and says >= 194


def check_official(record, message):
    theirs = [(name, arguments) for name, arguments, _ in record["official_client_says"]["calls"]]
    ours = calls_of(message)
    assert [name for name, _ in theirs] == [name for name, _ in ours]
    found = [d for their, our in zip(theirs, ours, strict=True) for d in differences(their[1], our[1], their[0])]
    assert found == []


PLACES = {
    "reqId": ("req_id",), "conId": ("contract.con_id",), "strike": ("contract.strike",), "errorCode": ("error_code",),
    "errorTime": ("error_time",), "orderId": ("order_id",), "position": ("position",), "avgCost": ("avg_cost",),
    "tickType": ("tick_type",), "value": ("value",), "contractInfo": ("contract_info",), "strikes": ("strikes",),
    "minTick": ("min_tick", "contract_details.min_tick"), "expirations": ("expirations",),
    "execId": ("execution.exec_id",), "bboExchange": ("bbo_exchange",), "status": ("order_state.status",),
    "snapshotPermissions": ("snapshot_permissions",), "description": ("contract_descriptions.0.contract.description",),
    "derivativeSecTypes": ("contract_descriptions.0.derivative_sec_types",),
    "lastPricePrecision": ("last_price_precision", "contract_details.last_price_precision"),
    "lastSizePrecision": ("last_size_precision", "contract_details.last_size_precision"),
    "secIds": ("contract_details.sec_id_list",),
    "ineligibilityReasons": ("contract_details.ineligibility_reason_list",),
}  # fmt: skip
for _name in ("aggGroup", "minAlgoSize", "minSize", "sizeIncrement", "suggestedSizeIncrement"):
    PLACES[_name] = ("contract_details." + "".join("_" + c.lower() if c.isupper() else c for c in _name),)
for _name in ("action", "lmtPrice", "ocaType", "orderType", "permId", "tif", "totalQuantity", "trailStopPrice"):
    PLACES[_name] = ("order." + "".join("_" + c.lower() if c.isupper() else c for c in _name),)


def assert_expected(key, value, message):
    """What the capture's own source asserts, at its place in our message."""
    if key == "evRule/other":
        return  # prose
    if key == "conId" and not hasattr(message, "contract"):
        path = "contract_descriptions.0.contract.con_id"
    else:
        path = next(path for path in PLACES[key] if hasattr(message, path.split(".")[0]))
    ours = message
    for name in path.split("."):
        ours = ours[int(name)] if name.isdigit() else getattr(ours, name)
    if isinstance(value, int) and isinstance(ours, list):
        ours = len(ours)
    if isinstance(ours, dict) or isinstance(value, list | dict):
        assert flattened(value) == flattened(ours)
    else:
        assert differences(value, ours) == []


def flattened(value):
    if isinstance(value, dict):
        return sorted(f"{k}={v}" for k, v in value.items())
    value = [item.id if isinstance(item, IneligibilityReason) else item for item in value]
    return sorted("=".join(map(str, item)) if isinstance(item, list) else str(item) for item in value)
