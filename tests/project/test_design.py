"""The maps of the code agree with the code: docs/design.md and CONTRIBUTING.md."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DESIGN = ROOT / "docs" / "design.md"
MAPS = [DESIGN, ROOT / "CONTRIBUTING.md"]

PACKAGE = re.compile(r"^### (.*)$", re.MULTILINE)
PATH = re.compile(r"`([\w./-]+(?:/|\.(?:py|pyx|pxd|md)))`")
NODE = re.compile(r"\b([\w/]+\.pyx?)\b")


def paths_named(page):
    """Every path that a page names, with the folders it may be relative to: a section is about a package."""
    for section in re.split(r"^(?=##+ )", page.read_text(encoding="utf-8"), flags=re.MULTILINE):
        heading = section.partition("\n")[0]
        folders = [ROOT, *(ROOT / name for name in re.findall(r"`([\w/]+)`", heading))]
        drawings = "".join(re.findall(r"^```mermaid\n(.*?)^```", section, re.DOTALL | re.MULTILINE))
        for name in sorted({*PATH.findall(section), *NODE.findall(drawings)}):
            yield name, folders


def packages():
    return sorted(init.parent.relative_to(ROOT).as_posix() for init in (ROOT / "ibfast").glob("*/__init__.py"))


@pytest.mark.parametrize("page", MAPS, ids=lambda page: page.name)
def test_every_path_on_a_map_exists(page):
    missing = [name for name, folders in paths_named(page) if not any((folder / name).exists() for folder in folders)]
    assert missing == []


def test_every_package_is_on_the_map():
    headings = " ".join(PACKAGE.findall(DESIGN.read_text(encoding="utf-8")))
    assert [name for name in packages() if name not in headings.replace("`_blocking`", "`ibfast/_blocking`")] == []
