import json
from pathlib import Path

import pytest

from lohe.__main__ import main
from lohe.dynamics.errors import InputError
from lohe.reports.document import render
from lohe.reports.machine_checked import load_formal
from lohe.reports.subjects import collect

RECORD = Path(__file__).resolve().parents[2] / "docs" / "formal" / "assumptions.json"


@pytest.fixture
def changed(tmp_path):
    def write(**changes):
        record = json.loads(RECORD.read_text(encoding="utf-8")) | changes
        path = tmp_path / "changed.json"
        path.write_text(json.dumps(record), encoding="utf-8")
        return path

    return write


def test_the_page_shows_what_coq_checked_and_what_it_assumed(parse, network):
    record = load_formal(RECORD)
    text = parse(render(collect(networks=[network]), formal=record)).text
    assert f"Checked by Coq {record.coq} on {record.system}" in text
    for theorem in record.theorems:
        assert " ".join(theorem.statement.split()) in " ".join(text.split())
        assert theorem.words[1:] in text
        assert theorem.name in text
    for name, meaning in record.axioms.items():
        assert name in text
        assert meaning in text
    assert all(digest in text for digest in (*record.files.values(), record.sha256))


def test_theorems_prove_nothing_of_a_network(parse, network):
    text = parse(render(collect(networks=[network]), formal=load_formal(RECORD))).text
    assert "Nothing is proved" in text
    assert "is not checked by Coq but by the head’s certificate" in text


def test_without_a_record_the_section_is_left_out(network):
    assert "proof assistant" not in render(collect(networks=[network]))


def test_proofs_without_axioms_are_said_to_have_none(parse, network, changed):
    record = load_formal(changed(axioms={}))
    assert (
        "coqchk reports no axiom" in parse(render(collect(networks=[network]), formal=record)).text
    )


def test_hostile_text_stays_text(parse, network, changed):
    hostile = "<script>alert(1)</script>"
    record = load_formal(changed(coq=hostile, axioms={hostile: hostile}))
    outline = parse(render(collect(networks=[network]), formal=record))
    assert [tag for tag, _ in outline.tags].count("script") == 1
    assert hostile in outline.text


@pytest.mark.parametrize(
    "changes",
    [{"format": "other"}, {"version": 2}, {"coq": 8}, {"axioms": [1]}, {"theorems": [{}]}],
)
def test_another_file_is_refused_in_one_line(changed, changes):
    with pytest.raises(InputError, match=r"is no record .* tests/formal.sh writes one"):
        load_formal(changed(**changes))


def test_a_missing_file_is_refused_in_one_line(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        load_formal(tmp_path / "none.json")


def test_the_command_takes_the_record(tmp_path, network, capsys):
    network.save(tmp_path / "a.network.npz")
    target = tmp_path / "a.report.html"
    files = [str(tmp_path / "a.network.npz"), "--formal", str(RECORD), "-o", str(target)]
    assert main(["report", *files]) == 0
    assert "Which theorems did a proof assistant check?" in target.read_text(encoding="utf-8")
    assert main(["report", *files[:1], "--formal", str(tmp_path / "none.json")]) == 2
    assert "cannot read" in capsys.readouterr().err
