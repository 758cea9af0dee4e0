"""Records of audits: they come back as they went, and damaged ones are refused in one line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lohe.dynamics.errors import InputError
from lohe.reports.document import render_report
from lohe.reports.ledger import Finding, Record, Ruling, load_claims, shipped_record

TIMES = st.floats(0, 1e9, allow_nan=False)
FINDINGS = st.builds(
    Finding, word=st.text(), ruling=st.sampled_from(Ruling), found=st.text(), seconds=TIMES,
    result_seconds=st.none() | TIMES, seed=st.integers(0, 9),
    versions=st.dictionaries(st.text(), st.text(), max_size=2),
)  # fmt: skip


@given(findings=st.dictionaries(st.text(), FINDINGS, max_size=4))
def test_a_record_comes_back(tmp_path_factory, findings):
    path = tmp_path_factory.mktemp("record") / "a.audit.json"
    record = Record(findings=findings)
    record.save(path)
    assert Record.load(path) == record


def test_a_claim_without_finding_is_not_run():
    finding = Finding(word="w", ruling=Ruling.HOLDS, found="f", seconds=1)
    record = Record().with_finding("a", finding)
    assert (record.ruling("a"), record.ruling("b")) == (Ruling.HOLDS, Ruling.NOT_RUN)


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.update(version=2),
        lambda d: d.update(format="lohe.experiment"),
        lambda d: d.update(findings=[]),
        lambda d: next(iter(d["findings"].values())).update(ruling="true"),
        lambda d: next(iter(d["findings"].values())).update(seconds="nan"),
        lambda d: next(iter(d["findings"].values())).pop("word"),
    ],
)
def test_damage_is_one_line(tmp_path, damage):
    path = tmp_path / "a.audit.json"
    shipped_record().save(path)
    document = json.loads(path.read_text())
    damage(document)
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="not the record of an audit") as caught:
        Record.load(path)
    assert "\n" not in str(caught.value)


def test_truncated_and_missing_files_are_refused(tmp_path):
    path = tmp_path / "a.audit.json"
    shipped_record().save(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="not the record of an audit"):
        Record.load(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot read"):
        Record.load(path)
    with pytest.raises(InputError, match="cannot read"):
        Record.load(tmp_path / "none.audit.json")


def test_the_report_shows_every_claim_with_its_ruling_and_command(tmp_path):
    path = tmp_path / "a.audit.json"
    record = shipped_record().with_finding(
        "kuramoto-enwik8",
        Finding(word="reproduced", ruling=Ruling.HOLDS, found="<b>all</b>", seconds=0),
    )
    record.save(path)
    report = render_report(tmp_path / "a.report.html", audit=path)
    page = report.path.read_text()
    assert page.count('<article class="entry">') == len(load_claims())
    assert "&lt;b&gt;all" in page
    assert "<title>Audit of the papers</title>" in page
    for claim in load_claims().values():
        assert claim.command.replace("'", "&#39;") in page
    again = render_report(tmp_path / "b.report.html", audit=record)
    assert again.sha256 == report.sha256
