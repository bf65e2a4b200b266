"""What `Client.qualify` found, kept on disk, one JSON object a line.

Contracts change: symbols move to other companies, exchanges are renamed. So what is kept grows old, after a month by
default, and what has expired is not given out.

What was found is kept for the kind of gateway that said it, because the simulator makes up its contract ids. Live and
paper logins share what is real: IB has one list of contracts for both.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from ibfast.arguments import checks_arguments
from ibfast.schema.contract import Contract

MAX_AGE = timedelta(days=30)


class GatewayKind(StrEnum):
    """Whose contract ids these are."""

    REAL = "real"  # IB's, live and paper
    SIMULATOR = "simulator"


KINDS = frozenset(map(str, GatewayKind))

Key = tuple[GatewayKind, str]
"""The kind of gateway, and what was asked for."""


class Entry(NamedTuple):
    """A contract that was found, when, and when it is traded for the last time."""

    found: dict[str, Any]
    saved: datetime
    ends: datetime | None


class ContractCache:
    """Contracts by what was asked for them, in a file: ``await ib.qualify(*contracts, cache=ContractCache())``.

    Without a path it is the user's own, in the cache directory of the platform. Several processes may share a file:
    it is replaced as a whole, never half written, and only its owner can read it. A file that cannot be read counts as
    empty, with a warning. Lines of a version that did not say of which gateway they are, are left out.
    """

    @checks_arguments
    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        max_age: timedelta = MAX_AGE,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.path = Path(path) if path is not None else cache_directory() / "contracts.jsonl"
        self.max_age = max_age
        self._now = now
        self._entries: dict[Key, Entry] | None = None
        self._is_saved = True

    def get(self, asked: Contract, gateway: GatewayKind | None = None) -> Contract | None:
        """What was found for this on this kind of ``gateway``, unless it is too old or has expired.

        Without a kind it is what any of them said, a real one first.
        """
        if self._entries is None:
            self._entries = self._read()
        for kind in GatewayKind if gateway is None else (gateway,):
            entry = self._entries.get((kind, _text(asked)))
            if entry is not None and self._is_good(entry):
                return Contract(**entry.found)
        return None

    def put(
        self,
        asked: Contract,
        found: Contract,
        ends: datetime | None = None,
        gateway: GatewayKind = GatewayKind.REAL,
    ) -> None:
        """Keep what was found; `save` writes it.

        Args:
            asked: The description that was asked for.
            found: What the gateway said of it.
            ends: When it is traded for the last time; None for what has no end.
            gateway: Which kind of gateway said it.
        """
        if self._entries is None:
            self._entries = self._read()
        self._entries[gateway, _text(asked)] = Entry(found.to_dict(), self._now(), ends)
        self._is_saved = False

    def save(self) -> None:
        """Write what is new to the file, together with what others have put there meanwhile.

        A file that cannot be written is a warning.
        """
        if self._is_saved:
            return
        self._is_saved = True
        entries = self._read() | (self._entries or {})
        self._entries = {key: entry for key, entry in entries.items() if self._is_good(entry)}
        lines = [_line(key, entry) for key, entry in self._entries.items()]
        try:
            _replace(self.path, "".join(lines))
        except OSError as error:
            warnings.warn(f"contracts were not kept: {error}", stacklevel=2)

    def clear(self) -> None:
        """Forget everything, on disk too."""
        self._entries = {}
        self.path.unlink(missing_ok=True)

    def _is_good(self, entry: Entry) -> bool:
        now = self._now()
        return now - entry.saved <= self.max_age and (entry.ends is None or now < entry.ends)

    def _read(self) -> dict[Key, Entry]:
        """What the file holds; lines that cannot be read are left out, with one warning."""
        try:
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            warnings.warn(f"{self.path} is no cache of contracts: {error}", stacklevel=4)
            return {}
        entries, bad = {}, 0
        for line in text.splitlines():
            try:
                facts = json.loads(line)
                asked, entry = _entry(facts)
            except (ValueError, TypeError, KeyError, RecursionError):
                bad += 1
            else:
                if (kind := facts.get("gateway", "")) in KINDS:
                    entries[GatewayKind(kind), asked] = entry
        if bad:
            warnings.warn(f"{self.path}: {bad} lines are no contracts and are left out", stacklevel=4)
        return entries


def cache_directory() -> Path:
    """Where this platform keeps what programs can make again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ibfast"


def _text(asked: Contract) -> str:
    return json.dumps(asked.to_dict(), sort_keys=True, default=float)


def _line(key: Key, entry: Entry) -> str:
    gateway, asked = key
    ends = entry.ends and entry.ends.astimezone(UTC).isoformat()
    facts = {
        "gateway": str(gateway), "asked": json.loads(asked), "found": entry.found, "saved": entry.saved.isoformat(),
        "ends": ends,
    }  # fmt: skip
    return json.dumps(facts, default=float) + "\n"


def _entry(facts: dict[str, Any]) -> tuple[str, Entry]:
    """What one line says was asked, and found."""
    asked, found = Contract(**facts["asked"]), Contract(**facts["found"]).check()
    saved = datetime.fromisoformat(facts["saved"])
    ends = datetime.fromisoformat(facts["ends"]) if facts["ends"] else None
    if not found.con_id or saved.tzinfo is None or (ends is not None and ends.tzinfo is None):
        raise ValueError(facts)
    return _text(asked), Entry(found.to_dict(), saved, ends)


def _replace(path: Path, text: str) -> None:
    """Write a file, for its owner alone, so that others see the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
