"""The cache of contracts on disk: what it keeps, what it forgets, what a spoiled file costs."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest

from ibfast import AmbiguousContract, Contract, ContractCache, RequestError
from ibfast.contracts.cache import GatewayKind

AAPL = Contract.stock("AAPL")
ES = Contract.any_month("ES", exchange="CME")
AUGUST = datetime(2026, 8, 26, 15, tzinfo=UTC)  # when the simulator's tests are


@pytest.fixture(params=[176, 226])
def version(request):
    return request.param


def kept(path):
    return ContractCache(path, now=lambda: AUGUST)


def test_what_is_in_the_cache_is_not_asked_again(play, tmp_path):
    path = tmp_path / "deep" / "contracts.jsonl"

    async def case(client):
        december = Contract.future("ES", month="202612", exchange="CME")
        first = await client.qualify(AAPL, december, cache=ContractCache(path, now=lambda: AUGUST))
        sent = client.stats["messages_sent"]
        assert await client.qualify(AAPL, december, cache=ContractCache(path, now=lambda: AUGUST)) == first
        assert client.stats["messages_sent"] == sent
        after = ContractCache(path, now=lambda: datetime(2026, 12, 18, 14, 31, tzinfo=UTC), max_age=timedelta(days=999))
        assert after.get(december) is None
        assert after.get(AAPL) == first[0]
        path.unlink()

    play(case)


def test_what_was_found_is_kept_when_another_is_not(play, tmp_path):
    async def case(client):
        path = tmp_path / "contracts.jsonl"
        (found,) = await client.qualify(AAPL)
        with pytest.raises(AmbiguousContract):
            await client.qualify(AAPL, ES, cache=kept(path))
        assert kept(path).get(ES) is None
        assert kept(path).get(AAPL) in (found, None)  # whichever answer came first
        with pytest.raises(RequestError):
            await client.qualify(Contract.stock("NOSUCH"), cache=kept(path))
        await client.qualify(AAPL, cache=kept(path))
        with pytest.raises(AmbiguousContract):
            await client.qualify(AAPL, ES, cache=kept(path))
        assert kept(path).get(AAPL) == found
        path.unlink()

    play(case)


def test_the_cache_forgets_what_is_old(tmp_path):
    path = tmp_path / "contracts.jsonl"
    cache = kept(path)
    cache.put(AAPL, AAPL.replace(con_id=1))
    cache.save()
    assert len(path.read_text().splitlines()) == 1
    for days, expected in ((30, AAPL.replace(con_id=1)), (31, None)):
        late = ContractCache(path, now=lambda days=days: AUGUST + timedelta(days=days))
        assert late.get(AAPL) == expected


def test_two_share_a_cache(tmp_path):
    path = tmp_path / "contracts.jsonl"
    one, other = kept(path), kept(path)
    assert one.get(AAPL) is None
    assert other.get(ES) is None
    one.put(AAPL, AAPL.replace(con_id=1))
    other.put(ES, ES.replace(con_id=2, strike=1.5))
    one.save()
    other.save()
    third = kept(path)
    assert [third.get(AAPL).con_id, third.get(ES).con_id, third.get(ES).strike] == [1, 2, 1.5]
    assert [item.name for item in tmp_path.iterdir()] == ["contracts.jsonl"]
    third.clear()
    assert third.get(AAPL) is None
    assert not path.exists()


@pytest.mark.parametrize(
    "line",
    ["nonsense", "{}", "[]", "1", '{"asked": {}, "found": {}, "saved": "2026-08-26T15:00:00+00:00", "ends": null}',
     '{"asked": {"foo": 1}, "found": {"con_id": 1}, "saved": "2026-08-26T15:00:00+00:00", "ends": null}',
     '{"asked": {}, "found": {"con_id": 1}, "saved": "2026-08-26T15:00:00", "ends": null}'],
)  # fmt: skip
def test_a_spoiled_line_costs_only_itself(tmp_path, line):
    path = tmp_path / "contracts.jsonl"
    cache = kept(path)
    cache.put(AAPL, AAPL.replace(con_id=1))
    cache.save()
    path.write_text(line + "\n" + path.read_text())
    again = kept(path)
    with pytest.warns(UserWarning, match="1 lines are no contracts"):
        assert again.get(AAPL).con_id == 1


def test_a_file_that_is_no_cache(tmp_path):
    path = tmp_path / "contracts.jsonl"
    path.write_bytes(b"\xff\xfe")
    with pytest.warns(UserWarning, match="is no cache of contracts"):
        assert kept(path).get(AAPL) is None
    blocked = kept(path / "below")
    with pytest.warns(UserWarning, match="is no cache"):
        blocked.put(AAPL, AAPL.replace(con_id=1))
    with pytest.warns(UserWarning, match="is no cache"), pytest.warns(UserWarning, match="were not kept"):
        blocked.save()
    assert blocked.get(AAPL).con_id == 1


def test_the_users_own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert ContractCache().path.name == "contracts.jsonl"
    assert ContractCache().path.parent.name == "ibfast"


SIMULATED = AAPL.replace(con_id=2_000_000_001)
LISTED = AAPL.replace(con_id=265598)


def test_what_the_simulator_made_up_is_not_given_out_for_a_real_gateway(tmp_path):
    cache = kept(tmp_path / "contracts.jsonl")
    cache.put(AAPL, SIMULATED, gateway=GatewayKind.SIMULATOR)
    cache.save()
    again = kept(tmp_path / "contracts.jsonl")
    assert again.get(AAPL, GatewayKind.REAL) is None
    assert again.get(AAPL, GatewayKind.SIMULATOR) == again.get(AAPL) == SIMULATED
    again.put(AAPL, LISTED)
    again.save()
    both = kept(tmp_path / "contracts.jsonl")
    assert (both.get(AAPL, GatewayKind.REAL), both.get(AAPL, GatewayKind.SIMULATOR)) == (LISTED, SIMULATED)
    assert both.get(AAPL) == LISTED


def test_a_client_asks_a_real_gateway_for_what_the_simulator_said(play, tmp_path):
    path = tmp_path / "contracts.jsonl"

    async def case(client):
        (found,) = await client.qualify(AAPL, cache=kept(path))
        assert kept(path).get(AAPL, GatewayKind.SIMULATOR) == found
        assert kept(path).get(AAPL, GatewayKind.REAL) is None
        sent = client.stats["messages_sent"]
        entries = kept(path)
        entries.clear()
        entries.put(AAPL, SIMULATED, gateway=GatewayKind.REAL)
        entries.save()
        assert await client.qualify(AAPL, cache=kept(path)) == [found]
        assert client.stats["messages_sent"] == sent + 1
        path.unlink()

    play(case)


def test_lines_that_do_not_say_of_which_gateway_they_are_age_out(tmp_path):
    path = tmp_path / "contracts.jsonl"
    saved = {"saved": "2026-08-26T15:00:00+00:00", "ends": None}
    line = json.dumps({"asked": AAPL.to_dict(), "found": {"con_id": 1, "sec_type": "STK"}} | saved)
    path.write_text(line + "\n")
    old = kept(path)
    assert old.get(AAPL) is None
    old.put(ES, ES.replace(con_id=2))
    old.save()
    assert len(path.read_text().splitlines()) == 1


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_only_its_owner_reads_the_file(tmp_path):
    path = tmp_path / "contracts.jsonl"
    path.write_text("")
    path.chmod(0o644)
    cache = kept(path)
    cache.put(AAPL, LISTED)
    cache.save()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
