"""The Rust peer: built once, in release mode, into a directory that git does not see."""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "benchmarks" / "peers" / "rust"
BUILD = ROOT / "build" / "rust-peer"
PROGRAM = BUILD / "target" / "release" / "ibapi-peer"
MODULE = "rust"
BUILD_TIMEOUT_S = 900
_problems: list[str] = []


def prepare(wanted: bool) -> None:
    """Build it if its source is newer; without it, only say why it is absent."""
    absence.cache_clear()
    _problems.clear()
    if not wanted:
        _problems.append("not asked for")
    elif problem := _build():
        _problems.append(problem)


@functools.cache
def absence() -> str:
    """Why it cannot take part; empty if it can."""
    return _problems[0] if _problems else ""


def _build() -> str:
    if shutil.which("cargo") is None:
        return "cargo is not installed"
    files = [SOURCE / "Cargo.toml", *sorted((SOURCE / "src").glob("*.rs"))]
    newest = max(file.stat().st_mtime for file in files)
    if PROGRAM.exists() and PROGRAM.stat().st_mtime > newest:
        return ""
    for file in files:
        copy = BUILD / file.relative_to(SOURCE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    try:
        done = subprocess.run(
            ["cargo", "build", "--release", "--quiet"], cwd=BUILD, capture_output=True, text=True,
            timeout=BUILD_TIMEOUT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"cargo took more than {BUILD_TIMEOUT_S} s"
    return f"cargo: {done.stderr.strip().splitlines()[-1]}" if done.returncode else ""
