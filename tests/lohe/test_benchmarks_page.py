"""docs/benchmarks.md says what the committed results say."""

import importlib.util
import re
from pathlib import Path

import pytest

from lohe.attention.studies.catalogue import STUDIES
from lohe.attention.studies.run import load_or_begin
from lohe.commands.bench_pages import filled

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
RESULTS = sorted((ROOT / "benchmarks" / "results").glob("bench_*.json"))


@pytest.fixture(scope="module")
def writer():
    spec = importlib.util.spec_from_file_location("benchmarks_page", PAGE.with_suffix(".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_in_step_with_the_results(writer):
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page, writer.blocks()) == page, "run python docs/benchmarks.py"


def test_every_block_is_on_the_page(writer):
    names = re.findall(r"<!-- (?!end )([\w ]+) -->", PAGE.read_text(encoding="utf-8"))
    assert sorted(names) == sorted(writer.blocks())


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_results_are_of_today_s_studies_and_small(path):
    name = path.stem.removeprefix("bench_")
    results = load_or_begin(path, STUDIES[name])
    assert results.runs
    assert path.stat().st_size < 300_000
