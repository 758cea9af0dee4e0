"""The pages of benchmarks say what the committed results say."""

import re
from pathlib import Path

import pytest

from lohe.attention.studies.catalogue import STUDIES
from lohe.attention.studies.run import load_or_begin
from lohe.commands.bench_pages import filled
from tests.scripts import load_script

ROOT = Path(__file__).resolve().parents[2]
RESULTS = [
    path
    for path in sorted((ROOT / "benchmarks" / "results").glob("bench_*.json"))
    if path.stem.removeprefix("bench_") in STUDIES
]


@pytest.fixture(scope="module")
def writer():
    return load_script(ROOT / "docs" / "benchmarks.py")


def test_the_pages_are_in_step_with_the_results(writer):
    for path in writer.PAGES:
        page = path.read_text(encoding="utf-8")
        assert filled(page, writer.blocks()) == page, "run python docs/benchmarks.py"


def test_every_block_is_on_one_page(writer):
    pages = "".join(path.read_text(encoding="utf-8") for path in writer.PAGES)
    names = re.findall(r"<!-- (?!end )([\w ]+) -->", pages)
    assert sorted(names) == sorted(writer.blocks())


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_results_are_of_today_s_studies_and_small(path):
    name = path.stem.removeprefix("bench_")
    results = load_or_begin(path, STUDIES[name])
    assert results.runs
    assert path.stat().st_size < 300_000
