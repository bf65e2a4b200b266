"""The file of a journal: lines that are appended whole or not at all, also by several processes at once.

Where the system has `fcntl`, each append has the file for itself, and each client id of a gateway is held by one
journal at a time: a lock file beside it says by which process. Elsewhere (Windows) nothing is locked.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ibfast.errors import JournalInUse

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOG = logging.getLogger("ibfast.journal")

VERSION = 1
HEAD = json.dumps({"journal": "ibfast", "version": VERSION}, separators=(",", ":")).encode() + b"\n"
PRIVATE = 0o600  # account numbers and orders are nobody else's business
HEAD_START = b'{"journal":'


class JournalFile:
    """Appends lines to a file; each append is on the file as a whole, or not at all.

    Raises:
        OSError: the file cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.needs_head = False  # the lines before the end are of another version
        self._descriptor = self._open()
        try:
            if os.fstat(self._descriptor).st_size == 0:
                self.append(b"", sync=True)
        except BaseException:
            self.close()
            raise

    @property
    def is_closed(self) -> bool:
        """Whether it has been closed."""
        return self._descriptor < 0

    @property
    def size(self) -> int:
        """In bytes."""
        return os.fstat(self._descriptor).st_size

    def append(self, lines: bytes, *, sync: bool) -> None:
        """Write complete lines, with ``sync`` through to the disk.

        Raises:
            OSError: it could not be done; the file is as it was before.
        """
        with self.alone():
            before = self.size
            if before == 0 or self.needs_head:
                lines = HEAD + lines
            if before and os.pread(self._descriptor, 1, before - 1) != b"\n":
                lines = b"\n" + lines  # a process died as it wrote
            try:
                rest = memoryview(lines)
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
                if sync:
                    os.fsync(self._descriptor)
            except OSError:
                self._take_back(before)
                raise
            self.needs_head = False

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Every line with its number, from 1; without what ends it."""
        with open(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            for number, line in enumerate(file, 1):
                yield number, line.rstrip(b"\r\n")

    def replace(self, lines: list[bytes]) -> None:
        """Put these lines in place of all that are there; to be called while `alone`.

        Raises:
            OSError: it could not be done; the file is as it was before.
        """
        new = self.path.with_name(f"{self.path.name}.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        try:
            with open(descriptor, "wb") as file:
                file.write(HEAD)
                file.writelines(line + b"\n" for line in lines)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self.path)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        _sync_folder(self.path.parent)
        self.needs_head = False
        self._reopen()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else appends meanwhile. A file that was replaced or removed is opened anew."""
        if fcntl is None:
            yield
            return
        while True:
            held = self._descriptor
            fcntl.flock(held, fcntl.LOCK_EX)
            if os.fstat(held).st_nlink:
                break
            self._reopen()  # another process has compacted it, or somebody has removed it
        try:
            yield
        finally:
            if held == self._descriptor:  # else it was replaced, and closing it has unlocked it
                fcntl.flock(held, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file; may be called twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _open(self) -> int:
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, PRIVATE)
        with contextlib.suppress(OSError):  # a file of somebody else stays as it is
            os.chmod(self.path, PRIVATE)
        return descriptor

    def _reopen(self) -> None:
        descriptor = self._open()
        os.close(self._descriptor)
        self._descriptor = descriptor

    def _take_back(self, size: int) -> None:
        """What could not be written whole must not be read later: it was never sent."""
        try:
            os.ftruncate(self._descriptor, size)
        except OSError as error:
            LOG.warning("%s: a line that could not be written whole stays in it: %s", self.path, error)


class Claim:
    """One client id of one gateway in a journal, held until `release` by this process and no other.

    Raises:
        JournalInUse: another holds it.
    """

    def __init__(self, path: Path, client_id: int, gateway: str) -> None:
        where = f".{gateway}" if gateway else ""
        self._path = path.with_name(re.sub(r"[^\w.-]", "_", f"{path.name}.{client_id}{where}.lock"))
        self._descriptor = -1
        if fcntl is None:
            return
        while self._descriptor < 0:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, PRIVATE)
            try:
                self._take(
                    descriptor, f"{path}: client {client_id}" + (f" of the gateway at {gateway}" if gateway else "")
                )
            except BaseException:
                os.close(descriptor)
                raise

    def _take(self, descriptor: int, what: str) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            raise JournalInUse(f"{what} is in use by process {holder}; two clients cannot keep one journal") from None
        try:
            is_there = os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except FileNotFoundError:
            is_there = False
        if not is_there:  # the process before removed it just now
            os.close(descriptor)
            return
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Let others have it; may be called twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with contextlib.suppress(OSError):
                self._path.unlink()
            os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not every system can
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
