"""What `Client.qualify` found, kept on disk, one JSON object a line.

Contracts change: symbols move to other companies, exchanges are renamed. So what is kept grows old, after a month by
default, and what has expired is not given out.
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
from pathlib import Path
from typing import Any, NamedTuple

from ibfast.contract import Contract

MAX_AGE = timedelta(days=30)


class Entry(NamedTuple):
    """A contract that was found, when, and when it is traded for the last time."""

    found: dict[str, Any]
    saved: datetime
    ends: datetime | None


class ContractCache:
    """Contracts by what was asked for them, in a file: ``await ib.qualify(*contracts, cache=ContractCache())``.

    Without a path it is the user's own, in the cache directory of the platform. Several processes may share a file:
    it is replaced as a whole, never half written. A file that cannot be read counts as empty, with a warning.
    """

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
        self._entries: dict[str, Entry] | None = None
        self._is_saved = True

    def get(self, asked: Contract) -> Contract | None:
        """What was found for this, unless it is too old or has expired."""
        if self._entries is None:
            self._entries = self._read()
        entry = self._entries.get(_key(asked))
        return Contract(**entry.found) if entry is not None and self._is_good(entry) else None

    def put(self, asked: Contract, found: Contract, ends: datetime | None = None) -> None:
        """Keep what was found; `save` writes it. ``ends`` is when it is traded for the last time."""
        if self._entries is None:
            self._entries = self._read()
        self._entries[_key(asked)] = Entry(found.to_dict(), self._now(), ends)
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

    def _read(self) -> dict[str, Entry]:
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
                key, entry = _entry(line)
            except (ValueError, TypeError, KeyError):
                bad += 1
            else:
                entries[key] = entry
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


def _key(asked: Contract) -> str:
    return json.dumps(asked.to_dict(), sort_keys=True, default=float)


def _line(key: str, entry: Entry) -> str:
    ends = entry.ends and entry.ends.astimezone(UTC).isoformat()
    facts = {"asked": json.loads(key), "found": entry.found, "saved": entry.saved.isoformat(), "ends": ends}
    return json.dumps(facts, default=float) + "\n"


def _entry(line: str) -> tuple[str, Entry]:
    """One line, read back."""
    facts = json.loads(line)
    asked, found = Contract(**facts["asked"]), Contract(**facts["found"]).check()
    saved = datetime.fromisoformat(facts["saved"])
    ends = datetime.fromisoformat(facts["ends"]) if facts["ends"] else None
    if not found.con_id or saved.tzinfo is None or (ends is not None and ends.tzinfo is None):
        raise ValueError(line)
    return _key(asked), Entry(found.to_dict(), saved, ends)


def _replace(path: Path, text: str) -> None:
    """Write a file so that others see the old one or the new one."""
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
