"""``lohe certify`` and ``lohe verify`` from the command line: exit codes, files, errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.attention.head import Head
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certificate import Certificate

SAFE = [[0.6, 0.8], [0.8, 0.6]]


@pytest.fixture
def safe(tmp_path):
    path = tmp_path / "safe.network.npz"
    Network(couplings=[[1.0, 2.0], [3.0, 1.0]], anchors=SAFE).save(path)
    return path


def run(capsys, *words):
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_proved_network_round_trips(safe, capsys):
    code, out, _ = run(capsys, "certify", safe, "--mismatch", 0.01, "--step", 0.05)
    assert code == 0
    path = safe.with_name("safe.certificate.json")
    assert f"lohe verify {path} {safe}" in out
    assert "devices: mismatch 0.01\n" in out
    assert "overall: proved" in out
    for name in Certificate.load(path).claims:
        assert name in out
    code, out, _ = run(capsys, "verify", path, safe, "--json")
    assert code == 0
    result = json.loads(out)
    assert result["verdict"] == "proved"
    assert result["unconfirmed"] == []
    assert {claim["verdict"] for claim in result["claims"].values()} == {"proved"}


def test_exit_codes_follow_the_claims_asked_for(tmp_path, capsys):
    path = tmp_path / "square.network.npz"
    anchors = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]
    Network(couplings=[[3.0, 2.0, 1.0, 1.0]], anchors=anchors).save(path)
    code, out, _ = run(capsys, "certify", path, "--json")
    assert code == 1  # no half-space holds the square: some other input cancels the drive
    result = json.loads(out)
    assert result["claims"]["all_inputs"]["verdict"] == "refuted"
    assert result["claims"]["all_inputs"]["values"]["prefix"] == 2
    assert result["claims"]["unique_stable"]["verdict"] == "proved"
    code, out, _ = run(capsys, "verify", tmp_path / "square.certificate.json", path)
    assert code == 1
    assert "all else holds for the stored one" in out
    assert run(capsys, "certify", path, "--claims", "unique_stable, settling")[0] == 0
    coupled = tmp_path / "coupled.network.npz"
    Network([[1.0, 0.0], [1.0, 0.0]], crosstalk=[[0, 1.0], [0.9, 0]]).save(coupled)
    assert run(capsys, "certify", coupled)[0] == 3
    assert run(capsys, "verify", tmp_path / "coupled.certificate.json", coupled)[0] == 3


def test_a_head_is_certified_through_the_network_stored_beside_the_certificate(tmp_path, capsys):
    rng = np.random.default_rng(0)
    anchors = rng.standard_normal((5, 2))
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    head = Head(rng.standard_normal((3, 5, 4)), rng.standard_normal((3, 5, 4)), anchors)
    head.save(tmp_path / "a.head.npz")
    output = tmp_path / "out" / "b.certificate.json"
    code, out, _ = run(capsys, "certify", tmp_path / "a.head.npz", "-o", output, "--json")
    network = Network.load(tmp_path / "out" / "b.network.npz")
    assert json.loads(out)["network_sha256"] == network.digest == head.network().digest
    assert run(capsys, "verify", output, tmp_path / "out" / "b.network.npz")[0] == code


def test_the_files_are_the_same_bytes_each_time(safe, tmp_path, capsys):
    first, second = tmp_path / "1.certificate.json", tmp_path / "2.certificate.json"
    for path in (first, second):
        assert run(capsys, "certify", safe, "-o", path)[0] == 0
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("certify", "{}/none.network.npz"), "no such file"),
        (("certify", "{}/safe.network.npz", "--claims", "lock"), "needs natural frequencies"),
        (("certify", "{}/safe.network.npz", "--claims", "luck"), "unknown claims: 'luck'"),
        (("certify", "{}/safe.network.npz", "--mismatch", "-1"), "mismatch is -1"),
        (("certify", "{}/safe.network.npz", "-o", "{}/safe.network.npz/x"), "cannot write"),
        (("verify", "{}/none.certificate.json", "{}/safe.network.npz"), "no such file"),
        (("verify", "{}/safe.network.npz", "{}/safe.network.npz"), "not"),
        (("verify", "{}/other.certificate.json", "{}/safe.network.npz"), "another network"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(safe, tmp_path, capsys, words, message):
    other = tmp_path / "other.network.npz"
    Network(couplings=[[1.0, 2.5], [3.0, 1.0]], anchors=SAFE).save(other)
    assert run(capsys, "certify", other)[0] == 0
    before = sorted(tmp_path.iterdir())
    code, out, err = run(capsys, *(word.format(tmp_path) for word in words))
    assert code == 2
    assert not out
    assert message in err
    assert len(err.splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before


def test_a_forged_certificate_is_shown_as_unconfirmed(safe, capsys):
    run(capsys, "certify", safe, "--claims", "unique_stable")
    path = safe.with_name("safe.certificate.json")
    honest = Certificate.load(path)
    claim = honest.claims["unique_stable"]
    claim.values["drive_norm_lower"] = 100.0  # type: ignore[index]
    honest.save(path)
    code, out, _ = run(capsys, "verify", path, safe)
    assert code == 3
    assert "stated but not confirmed: unique_stable" in out


def test_attractors_of_a_campaign_are_certified(tmp_path, capsys):
    # Opposite anchors, and the pair would rather agree: it turns off to either side.
    path = tmp_path / "pair.network.npz"
    crosstalk = [[0.0, 1.0], [1.0, 0.0]]
    Network([[1.0, 0.0], [-1.0, 0.0]], crosstalk=crosstalk).save(path)
    code, out, _ = run(capsys, "basin", path, "--trials", 40, "--horizon", 60)
    assert code == 0
    basin = tmp_path / "pair.basin.sqlite"
    code, out, _ = run(
        capsys, "certify", path, "--attractors", basin, "--claims", "box,unique_stable"
    )
    assert code == 1
    certificate = tmp_path / "pair.certificate.json"
    assert Certificate.load(certificate).claims["box"].values["stable"] == 2
    code, out, _ = run(capsys, "verify", certificate, path, "--json")
    result = json.loads(out)
    assert result["unconfirmed"] == []
    assert result["claims"]["box"]["verdict"] == "proved"
    assert result["claims"]["unique_stable"]["verdict"] == "refuted"


def test_attractors_belong_to_one_network(safe, tmp_path, capsys):
    other = tmp_path / "other.network.npz"
    Network([[1.0, 0.0]]).save(other)
    code, _, err = run(capsys, "certify", safe, other, "--attractors", tmp_path / "a.basin.sqlite")
    assert code == 2
    assert "--attractors are those of one network or head" in err
