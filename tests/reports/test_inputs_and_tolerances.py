"""Reports on the inputs of a head, and on what `lohe tolerance` found."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.input_box import certify_inputs
from lohe.proofs_numeric.verify import verify
from lohe.reports.document import render
from lohe.reports.sources import role_of
from lohe.reports.stored_drives import stored_drives
from lohe.reports.subjects import collect
from lohe.reports.tolerance_files import load_tolerance
from lohe.reports.verification import commands


@pytest.fixture(scope="module")
def tokens():
    rng = np.random.default_rng(4)
    anchors = rng.normal(size=(4, 3)) + np.array([2, 0, 0])
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    return Tokens(
        rng.normal(size=(3, 4, 5)),
        rng.normal(size=(2, 5)),
        rng.normal(size=(2, 5)),
        anchors,
        causal=True,
        labels=np.tile(["the", "dog", "runs", "."], (3, 1)),
    )


@pytest.fixture
def folder(tmp_path, monkeypatch, tokens):
    monkeypatch.chdir(tmp_path)
    tokens.save("a.tokens.npz")
    certify_inputs(tokens, 0.01).save("a.tokens.certificate.json")
    return tmp_path


def test_inputs_are_a_subject_of_their_own(folder, tokens, parse):
    assert role_of("a.tokens.npz") == "tokens"
    found = collect(["a.tokens.certificate.json"], networks=["a.tokens.npz"])
    (subject,) = found.subjects
    assert subject.name == "inputs of a"
    assert subject.kind == "inputs"
    assert subject.size == (12, 3)
    assert subject.label(1) == "dog"
    text = parse(render(found)).text
    assert "Every oscillator settles for all inputs within 0.01 of these" in text
    assert "drive norm ‖h‖ of the stored tokens" in text
    assert ".network.npz" not in text


def test_the_command_printed_checks_the_inputs(folder, capsys):
    for given in (["a.tokens.npz"], []):
        found = collect(["a.tokens.certificate.json"], networks=given)
        line = commands(found)[0]
        assert line == "lohe verify a.tokens.certificate.json a.tokens.npz"
    assert main(line.split()[1:]) == 0


def test_inputs_without_their_file_ask_for_tokens(folder, capsys, parse):
    assert main(["report", "a.tokens.certificate.json", "-o", "a.html", "--json"]) == 0
    (head,) = json.loads(capsys.readouterr().out)["heads"]
    assert head["verdicts"] == {"input_box": "proved"}
    assert "tokens_sha256" in head
    assert main(["report", "a.tokens.certificate.json", "-o", "a.html"]) == 0
    assert "add the .tokens.npz file" in capsys.readouterr().out
    text = parse((folder / "a.html").read_text(encoding="utf-8")).text
    assert "Add the .tokens.npz file" in text
    assert ".network.npz" not in text


def test_tokens_in_memory_are_named_as_a_file_to_save(tokens):
    certificate = certify_inputs(tokens, 0.01)
    found = collect([certificate], networks=[tokens])
    assert found.subjects[0].name == f"inputs {tokens.digest[:8]}"
    assert commands(found)[0] == "lohe verify head-1.tokens.certificate.json head-1.tokens.npz"
    assert verify(certificate, tokens).exit_code == 0


@pytest.mark.parametrize("coupling", ["softplus", "relu", "elu", "squareplus"])
def test_stored_drives_are_above_what_is_proved_near_them(tokens, coupling):
    mask = np.ones((3, 4), bool)
    mask[1, 2:] = False
    some = Tokens(
        tokens.tokens,
        tokens.query_weights,
        tokens.key_weights,
        tokens.anchors,
        coupling=coupling,
        causal=True,
        key_mask=mask,
    )
    norms = stored_drives(some)
    assert norms.shape == (some.n,)
    proved = certify_inputs(some, 0.0).claims["input_box"].values["drive_norm_lower"]
    assert proved == pytest.approx(norms.min(), rel=1e-6)


@pytest.fixture
def record(tmp_path, capsys):
    rng = np.random.default_rng(0)
    anchors = rng.normal(size=(3, 2)) + np.array([2, 0])
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    network = Network(couplings=rng.exponential(size=(5, 3)), anchors=anchors)
    network.save(tmp_path / "a.network.npz")
    assert main(["tolerance", str(tmp_path / "a.network.npz"), "--vary", "mismatch", "--json"]) == 0
    path = tmp_path / "a.tolerance.json"
    path.write_text(capsys.readouterr().out)
    return path


def test_tolerances_are_shown_with_their_effects(record, parse):
    found = collect(networks=[record.with_name("a.network.npz")], tolerances=[record])
    (subject,) = found.subjects
    (each,) = subject.tolerances
    assert each.digest == subject.network.digest
    outline = parse(render(found))
    assert "How far off may devices be before the proof ends?" in outline.text
    assert repr(each.found["mismatch"].head) in outline.data
    for effect in each.found["mismatch"].effects:
        assert repr(effect.weight_error_upper) in outline.data
    assert "Which oscillator stands the least? (mismatch)" in outline.text
    assert "at 10 %" in outline.text


def test_tolerances_alone_make_a_report_and_reach_the_command(record, capsys):
    assert main(["report", str(record), "-o", str(record.with_suffix(".html"))]) == 0
    assert "1 heads" in capsys.readouterr().out


def test_tolerances_of_inputs_are_shown_too(folder, capsys, parse):
    assert main(["tolerance", "a.tokens.npz", "--json"]) == 0
    (folder / "a.tokens.tolerance.json").write_text(capsys.readouterr().out)
    found = collect(networks=["a.tokens.npz"], tolerances=["a.tokens.tolerance.json"])
    assert found.subjects[0].tolerances[0].of_inputs
    text = parse(render(found)).text
    assert "How far off may inputs be before the proof ends?" in text
    assert "Nothing is proved of these inputs" in text


@pytest.mark.parametrize(
    "change",
    [
        {"network_sha256": "x"},
        {"directions": {}},
        {"directions": {"<b>": {}}},
        {"oscillators": "many"},
        {"oscillators": 4},
        {"directions": [1]},
    ],
)
def test_other_files_are_refused_in_one_line(record, change):
    document = json.loads(record.read_text())
    record.write_text(json.dumps(document | change))
    with pytest.raises(InputError, match="is not what"):
        load_tolerance(record)


def test_numbers_that_cannot_be_are_refused(record):
    document = json.loads(record.read_text())
    for wrong in (-1.0, float("nan"), True, "1"):
        document["directions"]["mismatch"]["proved"] = wrong
        record.write_text(json.dumps(document))
        with pytest.raises(InputError, match="is not what"):
            load_tolerance(record)


def test_a_certificate_of_no_verdict_is_told_as_undecided(tokens):
    certificate = certify_inputs(tokens, 0.01)
    claim = certificate.claims["input_box"]
    open_one = replace(claim, verdict=type(claim.verdict)("undecided"), values={}, witness={})
    text = render(collect([replace(certificate, claims={"input_box": open_one})], (), [tokens]))
    assert "Every oscillator settles for all inputs: undecided." in text
