"""``lohe basin`` from the command line: results, resumption, one-line errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins import campaign


@pytest.fixture
def stored(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "x.network.npz"
    Network(rng.standard_normal((20, 3))).save(path)
    return path


def test_bounds_and_proof_stand_apart_and_the_file_holds_the_same(stored, capsys):
    assert main(["basin", str(stored), "--trials", "5000", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["proved"] == {"volume": 1.0}
    assert len(result["sampled"]) == 3
    for row in result["sampled"]:
        assert row["lower"] <= row["predicted"] <= row["upper"]
        assert sum(row["labels"].values()) == 5000
    kept = campaign.load(stored.with_name("x.basin.sqlite"))
    assert [estimate.converged for estimate in kept] == [r["converged"] for r in result["sampled"]]


def test_text_says_what_is_sampled_and_what_is_proved(stored, tmp_path, capsys):
    output = tmp_path / "y.basin.sqlite"
    command = ["basin", str(stored), "--trials", "100", "--horizon", "5", "--horizon", "9"]
    for _ in range(2):  # the second run finds the finished campaign
        assert main([*command, "-o", str(output)]) == 0
        out = capsys.readouterr().out
        assert "sampled: 100 uniform starts" in out
        assert "proved: almost every start settles in the end (T1)" in out
    assert main([*command, "--seed", "1", "-o", str(output)]) == 2
    error = capsys.readouterr().err
    assert "another plan (seed 0, here 1)" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent.network.npz"], "no such file"),
        (["{}", "--trials", "0"], "trials is 0"),
        (["{}", "--horizon", "nan"], "horizons"),
        (["{}", "-o", "/dev/null/x.basin.sqlite"], "another path"),
    ],
)
def test_unusable_input_is_one_line_and_exit_code_two(stored, capsys, arguments, words):
    assert main(["basin", *(a.format(stored) for a in arguments)]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
