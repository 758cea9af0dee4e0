"""``lohe tolerance`` on tokens: the largest box of inputs, for each oscillator and for all."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.input_box import largest_radius


@pytest.fixture
def path(tmp_path):
    rng = np.random.default_rng(0)
    anchors = rng.standard_normal((4, 2))
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    weights = rng.standard_normal((2, 2, 3))
    labels = np.array([[f"word {t} of {b}" for t in range(4)] for b in range(2)])
    tokens = Tokens(rng.standard_normal((2, 4, 3)), *weights, anchors, causal=True, labels=labels)
    tokens.save(tmp_path / "a.tokens.npz")
    return tmp_path / "a.tokens.npz"


def run(capsys, *words):
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_box_is_found_certified_and_confirmed(path, tmp_path, capsys):
    output = tmp_path / "box.certificate.json"
    code, out, err = run(capsys, "tolerance", path, "-o", output, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    radii = largest_radius(Tokens.load(path))
    assert found["per_oscillator"] == radii.tolist()
    assert found["proved"] == radii.min()
    assert found["written"] == {"certificate": str(output)}
    assert run(capsys, "verify", output, path)[0] == 0
    out = run(capsys, "tolerance", path)[1]
    worst = int(radii.argmin())
    line = f"oscillator {worst}, token {worst % 4} of sequence {worst // 4} (word {worst % 4}"
    assert line in out
    # A causal head's first token sees one anchor, which no input can cancel.
    assert f"{int((radii == 16).sum())} of 8 reach 16" in out


def test_a_drive_that_vanishes_has_no_box(tmp_path, capsys):
    path = tmp_path / "b.tokens.npz"
    Tokens(np.ones((1, 2, 3)), np.eye(3), np.eye(3), [[0.6, 0.8], [-0.6, -0.8]]).save(path)
    output = tmp_path / "box.certificate.json"
    code, out, _ = run(capsys, "tolerance", path, "-o", output)
    assert code == 3
    assert "no box is proved" in out
    assert not output.exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--vary", "mismatch"),
        ("--mismatch", "0.1"),
        ("--plot", "a.svg"),
        ("--claim", "local_cap"),
    ],
)
def test_options_about_devices_are_refused(path, capsys, options):
    code, out, err = run(capsys, "tolerance", path, *options)
    assert (code, out) == (2, "")
    assert f"{options[0]} is about devices" in err
    assert len(err.splitlines()) == 1
