"""docs/accelerated.md says what the committed result says, and its code runs."""

import re
from pathlib import Path

import pytest

from lohe.attention.accelerated import SCHEMES, AcceleratedConfig
from lohe.commands.bench_decay import decay
from lohe.commands.bench_decay_tables import CHOSEN
from lohe.commands.bench_pages import filled
from lohe.commands.bench_record import load_record
from tests.scripts import load_script

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "accelerated.md"
RESULT = ROOT / "benchmarks" / "results" / "dynamics_decay.json"


@pytest.fixture(scope="module")
def writer():
    return load_script(PAGE.with_suffix(".py"))


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


def test_the_page_is_in_step_with_the_result(writer, page):
    assert filled(page, writer.blocks()) == page, "run python docs/accelerated.py"
    assert writer.RESULT == RESULT


def test_every_block_is_on_the_page_and_every_change_would_be_seen(writer, page):
    names = re.findall(r"<!-- (?!end )([\w ]+) -->", page)
    assert sorted(names) == sorted(writer.blocks())
    digit = re.search(r"\d(?=[^\n]*cells, behind)", page).start()
    altered = page[:digit] + str((int(page[digit]) + 1) % 10) + page[digit + 1 :]
    assert filled(altered, writer.blocks()) == page


def test_the_code_runs_as_printed(page):
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    names = {}
    exec(compile(code, "accelerated.md", "exec"), names)
    assert set(names["gradients"]) == set(names["model"].parameters)


def test_every_scheme_and_option_is_named(page):
    named = set(re.findall(r"(?m)^\| `(\w+)` ", page))
    assert {scheme for family in SCHEMES.values() for scheme in family} <= named
    sizes = {"context", "outputs", "vocabulary", "width", "heads", "layers", "hidden", "dropout"}
    assert set(AcceleratedConfig.__dataclass_fields__) - sizes <= named


def test_the_result_is_of_the_default_run_and_small():
    document = load_record(RESULT, "decay")
    config = document["config"]
    defaults = decay.__kwdefaults__
    assert (config["problems"], config["tuning"]) == (defaults["problems"], defaults["tuning"])
    assert len(document["cases"]) == len(config["cells"]) == 42
    assert RESULT.stat().st_size < 300_000
    assert document["machine"]["cores"] > 0


def test_the_laws_are_measured_where_the_theory_has_them():
    """L9 on problems that are conditioned well: exponents of 1 and of 2."""
    cases = load_record(RESULT, "decay")["cases"]
    for d in (2, 4, 8, 16, 32):
        found = cases[f"quadratic, d = {d}, condition 1"]["schemes"]
        assert found["classical"]["exponent"][0] == pytest.approx(1, abs=0.1)
        assert found[CHOSEN]["exponent"][0] == pytest.approx(2, abs=0.1)
