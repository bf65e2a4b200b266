"""What README and examples/ show runs as it is shown."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WARNED = {  # what is logged, by the rule that a lost connection is not silent
    "retry_after_reset": "client 100 is reconnecting: the gateway closed the connection\n",
    "retry_after_reset_blocking": "client 100 is reconnecting: the gateway closed the connection\n",
}
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.py") if path.name != "where.py")


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, **options)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_without_an_account(path):
    done = run(sys.executable, "-W", "error", str(path), "--sim")
    assert (done.returncode, done.stderr) == (0, WARNED.get(path.stem, ""))
    assert done.stdout.strip()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short(path):
    assert len(path.read_text().splitlines()) <= 40


def test_the_example_in_readme_runs_as_pasted():
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    done = run(sys.executable, "-W", "error", "-c", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert "mean of" in done.stdout
    assert "commission Filled 100" in done.stdout
