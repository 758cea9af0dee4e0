"""The page of theorems keeps step with the checks."""

import re
from pathlib import Path

import pytest

from lohe.theory.registry import theorems

PAGE = (Path(__file__).parents[2] / "docs" / "theorems.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(theorems()))
def test_every_theorem_has_a_section_that_names_each_check(name):
    section = re.search(rf"^## {name}\. .*?(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    assert section is not None
    cited = " ".join(re.findall(r"\*\(([^)]*)\)\*", section[0]))
    words = set(re.findall(r"\w+", cited))
    assert {obligation.__name__ for obligation in theorems()[name].obligations} <= words


def test_every_reference_is_cited_and_every_citation_is_listed():
    listed = set(re.findall(r"^(\d+)\. ", PAGE, re.MULTILINE))
    prose = re.sub(r"\$[^$]*\$", "", PAGE)
    groups = re.findall(r"\[(\d[^\]]*)\]", prose)
    cited = {part for group in groups for part in group.split(", ") if part.isdigit()}
    assert cited == listed
