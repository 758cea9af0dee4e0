"""``lohe tolerance`` from the command line: exit codes, certificates, pictures, errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certificate import Certificate


@pytest.fixture
def pair(tmp_path):
    path = tmp_path / "pair.network.npz"
    rng = np.random.default_rng(0)
    anchors = rng.standard_normal((4, 2))
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    Network(couplings=rng.exponential(size=(5, 4)), anchors=anchors).save(path)
    return path


def run(capsys, *words):
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_each_figure_alone_and_all_together(pair, capsys):
    code, out, err = run(capsys, "tolerance", pair)
    assert code == 0
    for name in ("mismatch", "crosstalk", "frequency", "anchors", "together"):
        assert f"\n{name} " in out
    assert "together: a device with mismatch 0.01" in out
    assert err == ""
    code, out, _ = run(capsys, "tolerance", pair, "--json")
    result = json.loads(out)
    assert code == result["exit_code"] == 0
    found = result["directions"]
    assert set(found) == {"mismatch", "crosstalk", "frequency", "anchors", "together"}
    assert found["mismatch"]["theorem"] == "T1"
    assert len(found["mismatch"]["per_oscillator"]) == 5
    assert found["mismatch"]["box"]["mismatch"] == found["mismatch"]["proved"]
    assert found["mismatch"]["proved"] < found["mismatch"]["refuted_at"]
    assert [effect["share"] for effect in found["anchors"]["effects"]] == [0.1, 0.5, 0.9, 1.0]


def test_a_certificate_of_the_box_is_written_and_verifies(pair, tmp_path, capsys):
    path = tmp_path / "box.certificate.json"
    words = ("tolerance", pair, "--mismatch", 1, "--frequency", 0.5, "-o", path)
    code, out, _ = run(capsys, *words, "--json")
    assert code == 0
    box = json.loads(out)["directions"]["together"]["box"]
    certificate = Certificate.load(path)
    assert {name: certificate.parameters[name] for name in box} == box
    assert box["frequency"] == 0.5 * box["mismatch"]
    assert run(capsys, "verify", path, pair)[0] == 0
    assert f"check it: lohe verify {path} {pair}" in run(capsys, *words)[1]


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_picture_is_drawn(pair, tmp_path, capsys, ending):
    path = tmp_path / f"pair.{ending}"
    code, out, _ = run(capsys, "tolerance", pair, "--vary", "mismatch", "--plot", path)
    assert code == 0
    assert f"written: {path}" in out
    if ending == "svg":
        text = path.read_text()
        assert "relative error of a coupling" in text
        assert "some device is known to fail" in text
    else:
        assert path.read_bytes().startswith(b"\x89PNG")


def test_exit_codes_tell_failing_networks_from_open_ones(tmp_path, capsys):
    dead, strong = tmp_path / "dead.network.npz", tmp_path / "strong.network.npz"
    Network([[0.0, 0.0], [1.0, 0.0]]).save(dead)
    Network([[1.0, 0.0]] * 3, crosstalk=0.4 * (1 - np.eye(3))).save(strong)
    code, out, _ = run(capsys, "tolerance", dead, "--vary", "frequency")
    assert code == 1
    assert "the stored network itself fails" in out
    code, out, _ = run(capsys, "tolerance", strong, "--vary", "crosstalk")
    assert code == 3
    assert "not proved by" in out
    words = ("tolerance", strong, "--vary", "crosstalk", "--claim", "local_cap")
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "T6b" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--vary", "noise"], "cannot vary 'noise'; choose from mismatch"),
        (["-o", "x.certificate.json"], "give one direction, as --vary mismatch"),
        (["--plot", "x.gif"], "x.gif ends in none of .svg, .png, .pdf"),
        (["--claim", "local_cap", "--plot", "x.svg"], "leave out --plot"),
        (["--vary", "mismatch", "--claim", "box"], "claim is 'box'"),
        (["--vary", "mismatch", "--claim", "local_cap"], "ask for unique_stable"),
    ],
)
def test_unusable_words_get_one_line(pair, capsys, words, message):
    code, out, err = run(capsys, "tolerance", pair, *words)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_a_network_without_drive_needs_proportions(tmp_path, capsys):
    path = tmp_path / "zero.network.npz"
    Network(np.zeros((2, 2))).save(path)
    code, _, err = run(capsys, "tolerance", path)
    assert code == 2
    assert "give proportions" in err
