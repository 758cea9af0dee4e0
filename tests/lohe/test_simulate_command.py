"""``lohe simulate``: files, tables, pictures and escapes from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.dynamics.exit_times import mean_slip_time
from lohe.dynamics.gallery import anchored_circulant, two_kuramoto
from lohe.dynamics.network import Network
from lohe.dynamics.trajectories import Trajectories


@pytest.fixture
def folder(tmp_path):
    Network([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]).save(tmp_path / "pair.network.npz")
    two_kuramoto(1.0, 0.3).save(tmp_path / "locked.network.npz")
    two_kuramoto(1.0, 1.3).save(tmp_path / "drifting.network.npz")
    Network([[0.0, 0.0]]).save(tmp_path / "still.network.npz")
    coupled = Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.2], [0.1, 0.0]])
    coupled.save(tmp_path / "coupled.network.npz")
    return tmp_path


def test_settling_is_printed_and_kept(folder, capsys):
    assert main(["simulate", str(folder / "pair.network.npz"), "--horizon", "20"]) == 0
    out = capsys.readouterr().out
    assert "2 oscillators, d = 3; 20 trials from uniform starts, seed 0; no noise" in out
    kept = Trajectories.load(folder / "pair.trajectories.npz")
    assert kept.states.shape == (201, 20, 2, 3)
    assert np.allclose(kept.states[-1], [[1, 0, 0], [0, 1, 0]], atol=1e-6)
    assert kept.times[-1] == 20.0


def test_json_says_what_the_file_holds(folder, capsys):
    path = folder / "sub" / "x.trajectories.npz"
    words = ["--noise", "0.1", "--start", "rest", "--trials", "3", "--samples", "4", "--json"]
    network = folder / "coupled.network.npz"
    assert main(["simulate", str(network), "-o", str(path), *words]) == 0
    result = json.loads(capsys.readouterr().out)
    kept = Trajectories.load(path)
    assert result["path"] == str(path)
    assert result["network_sha256"] == kept.network_sha256 == Network.load(network).digest
    assert result["trajectories"]["trials"] == kept.states.shape[1] == 3
    first, *_, last = result["trajectories"]["at"]
    assert first["largest_angle"] < 1e-9 < last["largest_angle"]
    assert last["time"] == kept.times[-1] == result["horizon"]


@pytest.mark.parametrize("ending", ["svg", "png"])
@pytest.mark.parametrize("trials", ["3", "60"])
def test_pictures_are_written(folder, capsys, ending, trials):
    plot = folder / f"pair.{ending}"
    words = ["--plot", str(plot), "--trials", trials, "--samples", "20"]
    assert main(["simulate", str(folder / "pair.network.npz"), *words]) == 0
    start = plot.read_bytes()[:300]
    assert start.startswith(b"\x89PNG") if ending == "png" else b"<svg" in start
    if ending == "svg":
        text = plot.read_text()
        assert "angle to rest" in text
        assert ("median" in text) == (trials == "60")
    assert f"drawn in {plot}" in capsys.readouterr().out


def test_escape_is_bounded_and_stands_beside_the_exact_time(folder, capsys):
    command = ["simulate", str(folder / "locked.network.npz"), "--noise", "0.6"]
    command += ["--horizon", "30", "--trials", "1500", "--escape", "slip"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["escape"]
    assert found["exact_mean_time"] == pytest.approx(mean_slip_time(1.0, 0.3, 0.6))
    # The relaxed rate is the inverse of the mean time up to the time to relax.
    assert found["rate"]["lower"] < 1 / (found["exact_mean_time"] - 3)
    assert found["rate"]["upper"] > 1 / (found["exact_mean_time"] + 3)
    assert sum(found["through"].values()) == found["exits"]
    shares = [row["fraction"] for row in found["survival"]]
    assert shares == sorted(shares, reverse=True)
    assert not list(folder.glob("*.trajectories.npz"))
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "sampled: 1500 walkers from rest" in out
    assert "exact mean time from rest" in out


def test_escapes_are_drawn_and_trajectories_kept_when_asked_for(folder, capsys):
    plot, kept = folder / "x.svg", folder / "x.trajectories.npz"
    command = ["simulate", str(folder / "locked.network.npz"), "--noise", "0.6", "--horizon", "9"]
    command += ["--escape", "slip", "--plot", str(plot), "--trials", "200", "-o", str(kept)]
    assert main(command) == 0
    assert "share still inside" in plot.read_text()
    assert "constant rate" in plot.read_text()
    assert Trajectories.load(kept).states.shape[1] == 200
    out = capsys.readouterr().out
    assert f"kept in {kept}" in out
    assert f"drawn in {plot}" in out


@pytest.mark.parametrize("region", ["cap", "0.8"])
def test_escapes_from_caps_of_coupled_oscillators(folder, capsys, region):
    command = ["simulate", str(folder / "coupled.network.npz"), "--noise", "0.3", "--json"]
    assert main([*command, "--horizon", "5", "--trials", "200", "--escape", region]) == 0
    found = json.loads(capsys.readouterr().out)["escape"]
    assert set(found["through"]) <= {"oscillator 0", "oscillator 1"}
    assert found["exact_mean_time"] is None


def test_escapes_to_attractors_that_a_campaign_found(folder, capsys):
    ring, basin = folder / "ring.network.npz", folder / "ring.basin.sqlite"
    anchored_circulant(8, strength=1.0).save(ring)
    words = ["--trials", "100", "--horizon", "600", "--tolerance", "1e-3", "-o", str(basin)]
    assert main(["basin", str(ring), *words]) == 0
    capsys.readouterr()
    command = ["simulate", str(ring), "--noise", "0.5", "--horizon", "10", "--trials", "50"]
    assert main([*command, "--escape", str(basin), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["escape"]
    assert found["region"] == "to one of 2 other attractors"  # twisted once, either way
    assert set(found["through"]) <= {"state 1", "state 2"}
    other = str(folder / "pair.network.npz")
    assert main(["simulate", other, "--noise", "1", "--escape", str(basin)]) == 2
    assert "another network" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("absent", [], "no such file"),
        ("pair", ["--horizon", "-1"], "horizon is -1"),
        ("pair", ["--trials", "0"], "trials is 0"),
        ("pair", ["--samples", "0"], "samples is 0"),
        ("pair", ["--samples", "100000000"], "fewer --trials or --samples"),
        ("pair", ["--step", "0.1"], "leave it out"),
        ("pair", ["--noise", "-1"], "not negative"),
        ("pair", ["--plot", "x.gif"], "choose one of these"),
        ("pair", ["--escape", "cap"], "give --noise D"),
        ("pair", ["--escape", "far", "--noise", "1"], "give cap, slip, an angle"),
        ("pair", ["--escape", "slip", "--noise", "1"], "planar"),
        ("pair", ["--start", "centre"], "centre"),
        ("pair", ["-o", "/dev/null/x.npz"], "another output path"),
        ("drifting", ["--start", "rest"], "no resting point"),
        ("drifting", ["--escape", "slip", "--noise", "1"], "no resting point"),
        ("drifting", ["--plot", "x.svg"], "do not plot"),
        ("still", [], "give a horizon"),
    ],
)
def test_unusable_input_is_one_line_and_exit_code_two(folder, capsys, name, words, message):
    assert main(["simulate", str(folder / f"{name}.network.npz"), *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
