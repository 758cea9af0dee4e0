"""docs/experiments.md says what the committed results say, and all predictions hold."""

import re
from pathlib import Path

import pytest

from lohe.commands.bench_pages import filled
from lohe.commands.bench_record import load_record
from lohe.commands.bench_tables import report
from tests.scripts import load_script

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "experiments.md"
EXPERIMENTS = ("convergence", "horizons", "antipode", "disorder")


@pytest.fixture(scope="module")
def writer():
    return load_script(PAGE.with_suffix(".py"))


def test_the_page_is_in_step_with_the_results(writer):
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page, writer.blocks()) == page, "run python docs/experiments.py"


def test_every_block_is_on_the_page_and_every_change_would_be_seen(writer):
    page = PAGE.read_text(encoding="utf-8")
    names = re.findall(r"<!-- (?!end )([\w ]+) -->", page)
    assert sorted(names) == sorted(writer.blocks())
    digit = re.search(r"\d(?=[^\n]*% \|)", page).start()
    altered = page[:digit] + str((int(page[digit]) + 1) % 10) + page[digit + 1 :]
    assert filled(altered, writer.blocks()) == page


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_predictions_of_committed_results_lie_inside(experiment):
    path = ROOT / "benchmarks" / "results" / f"dynamics_{experiment}.json"
    document = load_record(path, experiment)
    last = report(document)[-1]
    bounds = document["config"]["bounds"]
    assert last.startswith(f"{bounds} of {bounds} exact predictions lie within")
    assert {"python", "numpy", "scipy"} <= set(document["versions"])
    assert document["machine"]["cores"] > 0
