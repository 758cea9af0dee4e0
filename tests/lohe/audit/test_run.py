"""Auditing: findings follow from results, are kept after each claim, and errors name the claim."""

import hashlib
from pathlib import Path

import pytest

from lohe.audit import run
from lohe.audit.outcome import Outcome
from lohe.dynamics.errors import InputError
from lohe.reports.ledger import Claim, Record, Ruling, load_claims, shipped_record

ROOT = Path(__file__).parents[3]


def claim(name="kuramoto-x", **changes):
    fields = {
        "topic": "theory", "title": "t", "stated": "s.", "ours": "o.", "kind": "measurement",
        "check": "probe", "command": "lohe", "rulings": {"yes": "holds", "no": "refuted"},
    }  # fmt: skip
    return Claim(name=name, **(fields | changes))


@pytest.fixture(autouse=True)
def probe(monkeypatch):
    def check(place, seed, word="yes"):
        if word == "broken":
            raise InputError("cannot")
        return Outcome(word, f"{place and place.name} {seed}")

    monkeypatch.setattr(run, "CHECKS", {**run.CHECKS, "probe": check})


def test_a_finding_says_what_the_word_means_and_what_made_it(tmp_path):
    (tmp_path / "r.json").write_text('{"cases": {"a": {"wall_s": 2}, "b": [{"wall_s": 0.5}]}}')
    kept = []
    record = run.audit(
        [claim(result="r.json"), claim("kuramoto-y", arguments={"word": "no"})],
        Record(), root=tmp_path, seed=3, keep=kept.append,
    )  # fmt: skip
    first, second = record.findings.values()
    assert (first.ruling, second.ruling) == (Ruling.HOLDS, Ruling.REFUTED)
    assert (first.found, second.found) == ("r.json 3", "None 3")
    assert first.result_seconds == 2.5
    assert first.sha256 == hashlib.sha256((tmp_path / "r.json").read_bytes()).hexdigest()
    assert first.versions["lohe"]
    assert [len(each.findings) for each in kept] == [1, 2]


def test_without_its_result_a_claim_keeps_the_finding_it_has(tmp_path):
    before = run.audit([claim()], Record(), root=tmp_path)
    after = run.audit([claim(result="none.json")], before, root=tmp_path)
    assert after == before


@pytest.mark.parametrize(
    ("word", "message"), [("maybe", "what 'maybe' means"), ("broken", "kuramoto-x: cannot")]
)
def test_errors_name_the_claim(tmp_path, word, message):
    with pytest.raises(InputError, match=message):
        run.audit([claim(arguments={"word": word})], Record(), root=tmp_path)


JUDGED = [
    claim for claim in load_claims().values() if claim.result and (ROOT / claim.result).exists()
]


@pytest.mark.parametrize("claim", JUDGED, ids=lambda claim: claim.name)
def test_the_shipped_record_is_what_the_committed_results_say(claim):
    found = run.check_claim(claim, root=ROOT)
    kept = shipped_record().findings[claim.name]
    assert (found.word, found.found, found.sha256) == (kept.word, kept.found, kept.sha256)
