"""A test that fails with an odd text is told by its name, and does not end the run of all others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.reporting import sendable

TESTS = Path(__file__).parents[1]

FAILING = r"""
def test_half_a_character():
    raise ValueError("\udc80")

def test_an_odd_property(record_property):
    record_property("odd", object())
    assert False
"""


@pytest.mark.parametrize("value", [1, 1.5, None, True, "é", b"\xff", [1, "a"], (1, "a"), {"a": [1]}], ids=repr)
def test_what_can_be_sent_stays_as_it_is(value):
    assert sendable(value) == value


def test_what_cannot_be_sent_is_written_out():
    assert sendable({"a": ["\udc80", Path("b")]}) == {"a": ["\\udc80", "b"]}


def test_workers_name_the_tests_that_fail_with_odd_texts(tmp_path):
    (tmp_path / "test_odd.py").write_text(FAILING)
    (tmp_path / "conftest.py").write_text((TESTS / "support" / "reporting.py").read_text())
    command = [sys.executable, "-m", "pytest", "-q", "-n", "1", "-p", "no:cacheprovider", str(tmp_path)]
    ran = subprocess.run(
        command, capture_output=True, text=True, errors="replace", cwd=tmp_path, timeout=100, check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
    )  # fmt: skip
    assert "INTERNALERROR" not in ran.stdout
    assert "test_odd.py::test_half_a_character" in ran.stdout
    assert "test_odd.py::test_an_odd_property" in ran.stdout
