"""docs/audit.md says what the record of the audit says."""

import re
from pathlib import Path

import pytest

from lohe.commands.bench_pages import filled
from lohe.reports.ledger import Kind, Ruling, load_claims
from tests.scripts import load_script

PAGE = Path(__file__).resolve().parents[2] / "docs" / "audit.md"


@pytest.fixture(scope="module")
def writer():
    return load_script(PAGE.with_suffix(".py"))


def test_the_page_is_in_step_with_the_record(writer):
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page, writer.blocks()) == page, "run python docs/audit.py"
    assert sorted(re.findall(r"<!-- (?!end )([\w ]+) -->", page)) == sorted(writer.blocks())


def test_every_ruling_and_every_kind_of_evidence_is_explained():
    page = PAGE.read_text(encoding="utf-8")
    for ruling in Ruling:
        assert f"| {ruling.value} |" in page
    for kind in Kind:
        assert kind.value in " ".join(page.lower().split())


def test_the_readme_counts_the_claims():
    readme = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    assert f"{len(load_claims())} claims of the three papers" in readme
