"""The map of the architecture is that of the imports, and the page speaks of every room."""

import re
from pathlib import Path

import networkx as nx
import pytest

from tests.scripts import load_script

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"


@pytest.fixture(scope="module")
def writer():
    return load_script(PAGE.with_suffix(".py"))


def test_arrows_are_the_imports(writer):
    drawn = re.findall(r'id="(\w+)-to-(\w+)"', writer.PICTURE.read_text(encoding="utf-8"))
    reduced = nx.transitive_reduction(writer.imports())
    assert sorted(drawn) == sorted(reduced.edges), "run python docs/architecture.py"


def test_imports_run_down_the_floors(writer):
    level = {room: number for number, floor in enumerate(writer.floors()) for room in floor}
    assert level.keys() == writer.HOLDS.keys()
    for above, below in writer.imports().edges:
        assert level[above] < level[below]


def test_every_room_has_its_row(writer):
    page = PAGE.read_text(encoding="utf-8")
    for room in writer.HOLDS:
        assert f"| `{room}/` |" in page
