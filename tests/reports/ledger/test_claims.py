"""The ledger: every file is a claim, and every claim can be checked and ruled on."""

import inspect

import pytest

from lohe.audit.checks import CHECKS
from lohe.commands.bench_published import CLAIMS
from lohe.dynamics.errors import InputError
from lohe.reports.ledger import PAPERS, Claim, Kind, Ruling, load_claims, shipped_record
from lohe.reports.ledger import claim as module

LEDGER = load_claims()


@pytest.mark.parametrize("claim", LEDGER.values(), ids=LEDGER)
def test_a_claim_names_a_check_with_its_arguments(claim):
    signature = inspect.signature(CHECKS[claim.check])
    given = signature.bind(None, 0, **claim.arguments)
    given.apply_defaults()
    assert {*given.arguments} == {*signature.parameters}
    for text in (claim.title, claim.stated, claim.ours, claim.published):
        assert text == text.strip()
        assert "  " not in text
    assert claim.stated.endswith(".")
    assert claim.ours.endswith(".")


@pytest.mark.parametrize("claim", LEDGER.values(), ids=LEDGER)
def test_its_rulings_are_of_words_that_the_check_says(claim):
    """The docstring of a check names its words; those of studies are the verdicts' own."""
    check = CHECKS[claim.check]
    said = " ".join(inspect.getdoc(check).split())
    if claim.check == "study":
        return
    for word in claim.rulings:
        assert f"``{word}``" in said or claim.check in {"all_inputs", "compared", "unaudited"}, word


def test_studies_claims_stand_in_the_ledger():
    """What a paper claims of trained models, as opposed to a question of ours, is audited."""
    audited = {claim.arguments["starts"] for claim in LEDGER.values() if claim.check == "study"}
    published = [
        claim.claim
        for study in ("sva", "linzen", "kws", "fsdd", "stories", "wikitext")
        for claim in CLAIMS[study]
        if not claim.claim.endswith("?") and "by the published recipe" not in claim.claim
    ]
    for sentence in published:
        assert any(sentence.startswith(starts) for starts in audited), sentence


def test_every_paper_and_every_kind_of_evidence_is_there():
    assert {claim.paper for claim in LEDGER.values()} == {*PAPERS}
    assert {claim.kind for claim in LEDGER.values()} == {*Kind}


def test_the_shipped_record_is_of_these_claims_and_rules_as_they_say():
    record = shipped_record()
    assert record.findings.keys() <= LEDGER.keys()
    for name, finding in record.findings.items():
        assert LEDGER[name].rulings[finding.word] is finding.ruling
    quick = {name for name, claim in LEDGER.items() if claim.is_quick}
    assert quick <= record.findings.keys()


WHOLE = {
    "topic": "theory", "title": "t", "stated": "s.", "ours": "o.", "kind": "measurement",
    "check": "study", "command": "lohe", "rulings": {"a": "holds"},
}  # fmt: skip


@pytest.mark.parametrize(
    "damage",
    [{"kind": "guess"}, {"rulings": {"a": "true"}}, {"topic": 3}, {"more": 1}, {"title": None}],
)
def test_a_file_that_is_no_claim_is_named(tmp_path, monkeypatch, damage):
    assert Claim(name="kuramoto-x", **WHOLE).rulings == {"a": Ruling.HOLDS}
    lines = []
    for key, value in (WHOLE | damage).items():
        if isinstance(value, dict):
            value = "{ " + ", ".join(f'{k} = "{v}"' for k, v in value.items()) + " }"
        elif isinstance(value, str):
            value = f'"{value}"'
        lines += [] if value is None else [f"{key} = {value}"]
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "kuramoto-x.toml").write_text("\n".join(lines))
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    with pytest.raises(InputError, match=r"kuramoto-x\.toml is not a claim"):
        module.load_claims.__wrapped__()


def test_a_claim_belongs_to_a_paper(tmp_path, monkeypatch):
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "other-x.toml").write_text(
        'topic = "theory"\ntitle = "t"\nstated = "s."\nours = "o."\nkind = "certificate"\n'
        'check = "study"\ncommand = "lohe"\n[rulings]\na = "holds"\n'
    )
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    with pytest.raises(InputError, match="no paper is called 'other'"):
        module.load_claims.__wrapped__()
