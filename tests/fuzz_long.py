"""Fuzzing by hand: ``python tests/fuzz_long.py --minutes 10``. `tests/test_fuzz.py` runs ten seconds of it.

Every input is a few bytes that say what to do and a payload: a schema message of any form, either wire, both
directions, spoiled by flips, cuts, insertions, splices and fields that parsers stumble over. It is read as one message
and as a stream, cut anywhere, hot decoders and all. Only DecodeError and FramingError may come of it, in bounded time
and memory. An input whose outcome nobody has seen yet becomes a seed.

With atheris installed libFuzzer drives (``--engine plain``: not so). It sees the coverage of Python code, not of the
extension; the plain engine is led by outcomes alone.
"""

import argparse
import contextlib
import ctypes
import faulthandler
import gc
import os
import random
import re
import resource
import struct
import sys
import time
from dataclasses import dataclass, field
from decimal import Decimal

from support.feeding import FIRST_REQ_ID, Reader
from support.strategies import FORMS

from ibfast import wire
from ibfast._codec import Kind
from ibfast.errors import DecodeError, FramingError
from ibfast.records import DTYPES

VERSIONS = (157, 176, 188, 195, 200, 201, 208, 213, 226)
DIRECTIONS = ("incoming", "outgoing")
MAX_PAYLOAD = 2048
SEEDS_AT_MOST = 8_000
SLOWEST_S = 30.0  # for one input: a hang, whatever else the machine does
PYTHON_BLOCK = 100  # bytes, roughly, of an object in Python's own pools
OUTCOMES_TOLD_APART = 2**24
GROWTH_MIB = 16  # of memory in use, not of what the C library keeps: a leak of ten bytes a time shows in ten minutes
HEAD = struct.Struct("<BBB")  # version, direction, size of the pieces of the stream

NASTY = [
    b"", b"\0", b"0", b"-0", b"1", b"-1", b"-", b"--1", b"+1", b" 1", b"1 ", b"1.", b".5", b"1e5", b"1e999", b"-1e999",
    b"nan", b"NaN", b"inf", b"Infinity", b"-Infinity", b"?", b"2147483647", b"2147483648", b"-2147483648",
    b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"18446744073709551615", b"9" * 40,
    b"1.7976931348623157E308", b"1.7976931348623157e+308", b"1" * 400, b"0." + b"0" * 330 + b"1", b"999999999",
    b"true", b"false", b"\xff", b"\xc3\x28", b"\xd6\xd0\xb9\xfa", b"\\u4e2d", b"\\ud800", b"\\uZZZZ", b"a;b;c", b"k=v;",
    b"20260413 15:27:04 US/Eastern", b"1712345678", b"20240318", b"99999999", b"00000000", b"100000000000",
    b"\x80" * 9 + b"\x01", b"\x80" * 10 + b"\x01", b"\xff" * 10, b"\x08", b"\x0a\x00", b"\x0a\xff\xff\xff\xff\x0f",
    b"\x0b", b"\x0c", b"\x0d", b"\x09", b"\xfa\xff\xff\xff\x0f", b"\x00\x01", b"\0\0\0\0", b"\0\0\0\1", b"\1\0\0\0",
    b"\xff\xff\xff\xff",
]  # fmt: skip


# ------------------------------------------------------------------------------------------------------- inputs


def seeds(rng, each=1):
    """Inputs with every message of the schema, at every version of the list that has it."""
    found = []
    for form in FORMS:
        for place, version in enumerate(VERSIONS):
            for _ in range(each):
                with contextlib.suppress(ValueError):  # this version cannot carry it
                    payload = wire.encode(message_of(rng, form.cls, hot=True), version)
                    head = HEAD.pack(place, DIRECTIONS.index(form.direction), rng.choice((1, 7, 255)))
                    found.append(head + payload[:MAX_PAYLOAD])
    return found


def message_of(rng, cls, *, hot=False, depth=0):
    message = cls()
    for name, declared in cls.__fields__.items():
        if hot and name == "req_id":
            message.req_id = FIRST_REQ_ID + rng.randrange(len(DTYPES))
        elif rng.random() < (0.8 if depth < 2 else 0.3):
            many = range(rng.randrange(3)) if declared.repeated else None
            one = value_of(rng, declared, depth) if many is None else [value_of(rng, declared, depth) for _ in many]
            setattr(message, name, one)
    return message


def value_of(rng, declared, depth):
    kind = declared.kind
    if kind == Kind.MESSAGE:
        return message_of(rng, declared.type, depth=depth + 1)
    if kind == Kind.BOOL:
        return rng.random() < 0.5
    if kind in (Kind.INT, Kind.LONG):
        return rng.choice((0, 1, 2, 3, 4, -1, 5, 100, 2**31 - 2, rng.randrange(2**31 - 2), 1_700_000_000))
    if kind == Kind.FLOAT:
        return rng.choice((0.0, 1.5, -1.0, -2.0, 150.25, 1e300, rng.random()))
    if kind == Kind.DECIMAL:
        return rng.choice((Decimal(0), Decimal(100), Decimal("0.0001"), Decimal(rng.randrange(10**9)).scaleb(-4)))
    if kind == Kind.TAGS:
        return {f"k{n}": "v" for n in range(rng.randrange(3))}
    return rng.choice(("", "AAPL", "STK", "SMART", "MKT", "20260413 15:27:04 US/Eastern", "1712345678", "BAG", "ü"))


def spoiled(rng, data, others):
    """One to four changes of the payload; sometimes of what is done with it."""
    head, payload = bytearray(data[: HEAD.size].ljust(HEAD.size, b"\0")), bytearray(data[HEAD.size :])
    if rng.random() < 0.1:
        head[rng.randrange(HEAD.size)] = rng.randrange(256)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(payload))
        change = rng.randrange(7)
        if change == 0 and at < len(payload):
            payload[at] ^= 1 << rng.randrange(8)
        elif change == 1:
            del payload[at : at + rng.choice((1, 2, 4, len(payload)))]
        elif change == 2:
            payload[at:at] = rng.randbytes(rng.randint(1, 8))
        elif change == 3:
            other = rng.choice(others)[HEAD.size :]
            start = rng.randint(0, len(other))
            payload[at : at + rng.choice((0, 8, len(payload)))] = other[start : start + rng.choice((4, 64, len(other)))]
        elif change == 4:
            payload[at:at] = payload[at : at + rng.randint(1, 64)] * rng.randint(1, 3)
        elif change == 5:
            payload[at : at + rng.choice((0, 1, 4))] = rng.choice(NASTY)
        else:  # a whole text field
            fields = payload.split(b"\0")
            fields[rng.randrange(len(fields))] = rng.choice(NASTY)
            payload = bytearray(b"\0").join(fields)
    return bytes(head + payload[:MAX_PAYLOAD])


# ------------------------------------------------------------------------------------------------------- trials


def trial(data):
    """Read one input in every way; what came of it, in a few words. Raises whatever nobody should see."""
    if len(data) < HEAD.size:
        return ()
    version, direction, size = HEAD.unpack_from(data)
    version, direction = VERSIONS[version % len(VERSIONS)], DIRECTIONS[direction % 2]
    payload = data[HEAD.size : HEAD.size + MAX_PAYLOAD]
    return version, direction, as_message(payload, version, direction), as_stream(payload, version, direction, size)


def as_message(payload, version, direction):
    try:
        message = wire.decode(payload, version, direction=direction)
    except DecodeError as error:
        assert 0 <= error.offset <= len(payload), error
        return error.message, error.field, re.sub(r"\d+|'.*|b['\"].*", "", error.reason)[:40]
    repr(message)
    message.to_dict()
    with contextlib.suppress(ValueError):  # what can be read cannot always be sent: a field newer than the version
        wire.encode(message, version)
    return (type(message).__name__,)


def as_stream(payload, version, direction, size):
    """The payload framed, twice, and then as it stands, where its own bytes are taken for a length."""
    reader = Reader(version, direction=direction)
    reader.feed(wire.frame(payload) * 2 + payload, size % 64 + 1)
    assert reader.listener.lost is None or isinstance(reader.listener.lost, FramingError), reader.listener.lost
    for heard in reader.listener.heard:
        assert not isinstance(heard, Exception) or isinstance(heard, DecodeError), heard
    rows = sum(len(reader.rows[kind].take()) for kind in reader.rows)
    return rows > 0, reader.listener.lost is None


# ------------------------------------------------------------------------------------------------------ engines


@dataclass
class Report:
    """What was done so far, and whether it grew."""

    engine: str
    limit_s: float
    began: float = field(default_factory=time.monotonic)
    executions: int = 0
    slowest_s: float = 0.0
    outcomes: int = 0
    met: bytearray = field(default_factory=lambda: bytearray(OUTCOMES_TOLD_APART))  # takes no more room as it fills
    settled_mib: float = 0.0

    def run(self, data):
        """One input; True if its outcome is news."""
        started = time.monotonic()
        try:
            outcome = trial(data)
        except BaseException:
            print(f"this input did it: bytes.fromhex({data.hex()!r})", file=sys.stderr, flush=True)
            raise
        now = time.monotonic()
        self.slowest_s = max(self.slowest_s, now - started)
        assert self.slowest_s < SLOWEST_S, f"{self.slowest_s:.1f} s for {data.hex()}"
        self.executions += 1
        if self.executions % 1000 == 0:
            faulthandler.dump_traceback_later(60, exit=True, file=sys.__stderr__)  # a hang
            if not self.settled_mib and now - self.began > self.limit_s / 2:
                self.settled_mib = in_use_mib()
        place = hash(outcome) % OUTCOMES_TOLD_APART
        news = not self.met[place]
        self.met[place] = True
        self.outcomes += news
        return news

    @property
    def over(self):
        return time.monotonic() - self.began >= self.limit_s

    def finish(self):
        """The figures, and the last check: memory did not grow in the second half."""
        faulthandler.cancel_dump_traceback_later()
        took, now = time.monotonic() - self.began, in_use_mib()
        settled = self.settled_mib or now
        print(
            f"{self.engine}: {self.executions:,} executions in {took:.0f} s, {self.executions / took:,.0f} a second; "
            f"{self.outcomes:,} different outcomes; slowest {self.slowest_s * 1000:.0f} ms; "
            f"memory in use {settled:.1f} MiB half-way, {now:.1f} at the end, {rss_mib():.0f} with what is free",
            flush=True,
        )
        assert now - settled < GROWTH_MIB, f"memory grew by {now - settled:.0f} MiB"


class MallInfo(ctypes.Structure):
    """What glibc's mallinfo2 says."""

    NAMES = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
    _fields_ = [(name, ctypes.c_size_t) for name in NAMES]


def in_use_mib():
    """What C and Python hold once garbage is gone; where the C library does not say, all the process has."""
    gc.collect()
    try:
        mallinfo = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return rss_mib()
    mallinfo.restype = MallInfo
    info = mallinfo()
    return (info.uordblks + info.hblkhd + sys.getallocatedblocks() * PYTHON_BLOCK) / 2**20


def rss_mib():
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def plain(seconds, seed):
    """Spoil seeds at random; what leads to an outcome not met before becomes a seed."""
    rng = random.Random(seed)
    report, corpus = Report("plain", seconds), seeds(rng)
    for data in corpus[:]:
        report.run(data)
    while not report.over:
        data = spoiled(rng, rng.choice(corpus), corpus)
        if report.run(data):
            if len(corpus) < SEEDS_AT_MOST:
                corpus.append(data)
            else:
                corpus[rng.randrange(len(corpus))] = data
    report.finish()
    return report


def guided(seconds, seed):
    """The same inputs and changes, chosen by libFuzzer. Does not return: atheris never does."""
    import atheris

    rng = random.Random(seed)
    report, corpus = Report("atheris", seconds), seeds(rng)

    def change(data, max_size, seed):
        own = random.Random(seed)
        if len(data) < HEAD.size or own.random() < 0.1:
            data = own.choice(corpus)
        if own.random() < 0.3:
            return atheris.Mutate(data, max_size)
        return spoiled(own, data, corpus)[:max_size]

    def judge(data):
        report.run(data)
        if report.over:
            code = 0
            try:
                report.finish()
            except AssertionError as error:
                print(error, file=sys.stderr)
                code = 1
            os._exit(code)

    for function in (as_message, as_stream, trial):
        globals()[function.__name__] = atheris.instrument_func(function)
    options = [f"-max_len={MAX_PAYLOAD + HEAD.size}", f"-seed={seed or 1}", "-rss_limit_mb=2048", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options], judge, custom_mutator=change)
    atheris.Fuzz()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--engine", choices=("plain", "atheris"), help="atheris, if it is installed")
    options = parser.parse_args()
    engine = options.engine or ("atheris" if has_atheris() else "plain")
    print(f"{engine}, seed {options.seed}, {options.minutes:g} minutes", flush=True)
    {"plain": plain, "atheris": guided}[engine](options.minutes * 60, options.seed)


def has_atheris():
    try:
        import atheris  # noqa: F401
    except ImportError:
        return False
    return True


if __name__ == "__main__":
    main()
