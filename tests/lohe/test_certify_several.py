"""``lohe certify`` and ``lohe verify`` on many files: one line a claim, the gravest exit code."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.attention.head import Head
from lohe.dynamics.network import Network
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.certificate import Certificate

ANGLES = {"wide": [0.1, 1.0, 4.0, 2.0], "narrow": [0.1, 1.0, 0.3, 2.0]}


def anchors(name):
    return np.stack([np.cos(ANGLES[name]), np.sin(ANGLES[name])], axis=1)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    x, q, k = rng.standard_normal((2, 4, 3)), *rng.standard_normal((2, 2, 3))
    for name in ANGLES:
        Head(x @ q.T, x @ k.T, anchors(name)).save(tmp_path / f"{name}.head.npz")
        Tokens(x, q, k, anchors(name)).save(tmp_path / f"{name}.tokens.npz")
    Network([[3.0, 4.0]]).save(tmp_path / "alone.network.npz")
    return tmp_path


def run(capsys, *words):
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_folder_gives_a_line_for_each_file_and_claim(folder, capsys):
    code, out, err = run(capsys, "certify", folder, "--input-radius", 0.01)
    assert code == 1  # the wide anchors do not lie in a half-space
    assert not err
    lines = [line.split(maxsplit=3) for line in out.splitlines()]
    verdicts = {(line[0], line[1]): line[2] for line in lines if len(line) == 4}
    assert verdicts["wide", "all_inputs"] == "refuted"
    assert verdicts["narrow", "all_inputs"] == "proved"
    assert verdicts["narrow.tokens", "input_box"] == verdicts["wide.tokens", "input_box"]
    assert verdicts["alone", "settling"] == "proved"
    prefixes = {line[0]: line[3] for line in lines if line[1] == "all_inputs"}
    assert "keys 4, prefix 2" in prefixes["wide"]
    assert "keys 4, prefix 4" in prefixes["narrow"]
    assert "overall: refuted (1 refuted, 17 proved)" in out
    assert "all else holds for the stored ones" in out
    assert f"check them: lohe verify {folder}" in out
    made = {path.name for path in folder.glob("*.certificate.json")}
    names = ("alone", "narrow", "narrow.tokens", "wide", "wide.tokens")
    assert made == {f"{name}.certificate.json" for name in names}
    # A head's network, made on the way, is no further instance.
    again = run(capsys, "certify", folder, "--input-radius", 0.01)
    assert again == (code, out, err)


def test_the_checker_takes_the_folder_too(folder, capsys):
    run(capsys, "certify", folder, "--input-radius", 0.01)
    code, out, _ = run(capsys, "verify", folder, "--json")
    found = json.loads(out)
    assert code == found["exit_code"] == 1
    assert len(found["certificates"]) == 5
    assert all(one["unconfirmed"] == [] for one in found["certificates"])
    kinds = [("tokens" in one, "network" in one) for one in found["certificates"]]
    assert sorted(kinds) == [(False, True)] * 3 + [(True, False)] * 2
    code, out, _ = run(capsys, "verify", folder / "narrow.certificate.json")
    assert code == 0
    assert "overall: proved" in out


def test_the_gravest_verdict_decides(folder, capsys):
    narrow = [folder / "narrow.head.npz", folder / "alone.network.npz"]
    assert run(capsys, "certify", *narrow)[0] == 0
    tokens = folder / "wide.tokens.npz"
    code, out, _ = run(capsys, "certify", *narrow, tokens, "--input-radius", 100, "--json")
    found = json.loads(out)
    assert code == found["exit_code"] == 3
    assert found["verdict"] == "undecided"
    assert [one["exit_code"] for one in found["certificates"]] == [0, 0, 3]
    assert run(capsys, "certify", *narrow, folder / "wide.head.npz", tokens)[0] == 1


def test_claims_choose_the_files(folder, capsys):
    code, out, _ = run(capsys, "certify", folder, "--claims", "input_box", "--json")
    assert code == 0
    found = json.loads(out)["certificates"]
    assert [set(one["claims"]) for one in found] == [{"input_box"}] * 2
    words = ("certify", folder / "narrow.head.npz", folder / "wide.tokens.npz", "--json")
    found = json.loads(run(capsys, *words, "--claims", "unique_stable")[1])["certificates"]
    assert [one["oscillators"] for one in found] == [8]


def test_one_tokens_file(folder, capsys):
    path = folder / "narrow.tokens.npz"
    code, out, _ = run(capsys, "certify", path, "--input-radius", 0.02, "--mismatch", 0.01)
    assert code == 0
    # A long path makes the table wrap its reasons.
    assert "L4" in out
    target = folder / "narrow.tokens.certificate.json"
    certificate = Certificate.load(target)
    assert certificate.claims["input_box"].values["radius"] == 0.02
    assert certificate.parameters["mismatch"] == 0.01
    assert certificate.network_sha256 == Tokens.load(path).digest
    assert f"lohe verify {target} {path}" in out


def test_a_folder_for_the_results(folder, capsys):
    out = folder / "out"
    words = ("certify", folder / "narrow.head.npz", folder / "wide.head.npz", "-o", out)
    assert run(capsys, *words)[0] == 1
    names = [f"{name}.{kind}" for name in ANGLES for kind in ("certificate.json", "network.npz")]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("certify", "{}/empty"), "holds no .head.npz"),
        (("verify", "{}/empty"), "holds no .certificate.json"),
        (("verify", "{}/empty", "{}/alone.network.npz"), "is a folder; leave out"),
        (("certify", "{}/alone.network.npz", "--input-radius", "0.1"), "needs a .tokens.npz"),
        (("certify", "{}/wide.tokens.npz", "--step", "0.1"), "--step needs a network"),
        (("certify", "{}/wide.tokens.npz", "--claims", "settling"), "input_box and no other"),
        (("certify", "{}/wide.head.npz", "--claims", "input_box"), "needs a .tokens.npz"),
        (("certify", "{}/wide.tokens.npz", "--input-radius", "-1"), "input radius is -1"),
        (("certify", "{}", "{}/none.head.npz"), "no such file: {}/none.head.npz"),
        (("certify", "{}/alone.network.npz", "{}/alone.network.npz"), "give one of them"),
        (
            ("certify", "{}/wide.head.npz", "{}/alone.network.npz", "--claims", "all_inputs"),
            "alone.network.npz: claim 'all_inputs' needs",
        ),
    ],
)
def test_bad_input_is_one_line(folder, capsys, words, message):
    (folder / "empty").mkdir()
    code, out, err = run(capsys, *(word.format(folder) for word in words))
    assert code == 2
    assert not out
    assert message.format(folder) in err
    assert len(err.splitlines()) == 1


def test_a_certificate_without_its_instance_names_it(folder, capsys):
    run(capsys, "certify", folder / "alone.network.npz")
    (folder / "alone.network.npz").unlink()
    code, _, err = run(capsys, "verify", folder)
    assert code == 2
    assert f"no such file: {folder / 'alone.network.npz'}" in err
