"""A derivation reports what was checked, and a failed check in every format."""

import json
from dataclasses import replace

import pytest

from lohe.theory.derivation import _ACCENTS, _TEX, _escape, derive
from lohe.theory.registry import theorem, theorems
from lohe.theory.theorem import vanishes


def broken():
    from sympy.abc import a

    return vanishes("a is zero", "a=0", a)


@pytest.fixture(scope="module")
def good():
    return derive([theorem("T7")])


@pytest.fixture(scope="module")
def bad():
    return derive([replace(theorem("T4"), obligations=(broken,))])


def test_what_holds_is_reported_as_such(good):
    assert not good.failures
    assert good.checks == len(theorem("T7").obligations)
    assert good.summary.endswith("all hold")
    assert good.data()["holds"] is True


def test_a_failure_shows_in_every_format(bad):
    assert [name for name, _ in bad.failures] == ["T4"]
    assert "✗ a is zero" in bad.text()
    assert "left over: a" in bad.text()
    assert "1 FAILED" in bad.text()
    assert "✗ a is zero" in bad.markdown()
    assert r"\textbf{fails}" in bad.latex()
    assert bad.data()["holds"] is False
    assert bad.data()["theorems"][0]["checks"][0]["residual"] == "a"


def test_every_claim_and_formula_is_written(good):
    for _, outcomes in good.sections:
        for outcome in outcomes:
            assert outcome.claim in good.text()
            assert outcome.latex in good.markdown()
            assert outcome.latex in good.latex()


def test_data_survive_json(good):
    assert json.loads(json.dumps(good.data())) == good.data()


def test_formulas_have_balanced_braces(good, bad):
    for document in (good.latex(), bad.latex()):
        assert document.count("{") == document.count("}")
        assert document.count(r"\begin{") == document.count(r"\end{")


def test_progress_counts_obligations():
    seen = []
    derive([theorem("T4")], lambda done, total: seen.append((done, total)))
    total = len(theorem("T4").obligations)
    assert seen == [(k, total) for k in range(1, total + 1)]


def test_signs_and_accents_become_tex():
    assert _escape("φ̇ ≤ ξ̃_1 + X̂") == r"$\dot{\varphi}$ $\le$ $\tilde{\xi}$\_1 + $\hat{X}$"


def test_every_sign_of_the_theorems_is_known_to_tex():
    texts = [part for t in theorems().values() for part in (*t.hypotheses, t.statement)]
    unknown = {sign for text in texts for sign in text if ord(sign) > 0x17F}
    assert unknown <= {*_TEX, *_ACCENTS}
