"""``lohe simulate`` on trained models: depth as time, and heads by themselves."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.attention.checkpoint import Checkpoint
from lohe.attention.depth import Depth
from lohe.attention.kuramoto.frozen import frozen_networks
from lohe.attention.tasks.reading import read_window, reopen
from lohe.dynamics.network import Network
from lohe.dynamics.trajectories import Trajectories

KINDS = {
    "kuramoto": "kuramoto",
    "accelerated": "linear_presymplectic_euler",
    "transformer": "fixed_query",
    "rotary": "rotary",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A data set, and a model of each architecture trained on it for an epoch."""
    folder = tmp_path_factory.mktemp("models")
    data = folder / "data" / "tinyshakespeare"
    data.mkdir(parents=True)
    (data / "input.txt").write_bytes(b"To be, or not to be, that is the question.\n" * 12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOHE_DATA", str(data.parent))
        patch.setenv("LOHE_CACHE", str(folder))
        for kind in KINDS:
            command = ["train", "text", "shakespeare", "--architecture", kind, "--length", "8"]
            command += ["--recipe", "epochs=1", "--set", "layers=2", "--set", "width=16"]
            assert main([*command, "--heads", "0", "-o", str(folder)]) == 0
    return folder


@pytest.fixture
def model_of(made, tmp_path, monkeypatch):
    monkeypatch.setenv("LOHE_DATA", str(made / "data"))
    monkeypatch.setenv("LOHE_CACHE", str(made))

    def copied(kind):
        name = f"shakespeare-{KINDS[kind]}-seed0.model.npz"
        path = tmp_path / name
        path.write_bytes((made / name).read_bytes())
        return path

    return copied


@pytest.mark.parametrize("kind", ["kuramoto", "accelerated", "transformer"])
def test_depth_is_printed_kept_and_drawn(kind, model_of, capsys, tmp_path):
    path = model_of(kind)
    assert main(["simulate", str(path), "--plot", str(tmp_path / "x.svg")]) == 0
    out = capsys.readouterr().out
    assert f"{KINDS[kind]}, 2 layers; 8 tokens, window 0 of the test text of shakespeare" in out
    depth = Depth.load(tmp_path / f"shakespeare-{KINDS[kind]}-seed0.depth.npz")
    for measure in depth.measures:
        assert f"{measure.short} " in out
        assert measure.meaning in out
    assert "layer" in (tmp_path / "x.svg").read_text()
    assert main(["simulate", str(path), "--window", "2", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    kept = Depth.load(result["depth"])
    assert "-window2.depth" in result["depth"]
    assert "".join(kept.labels) in "To be, or not to be, that is the question.\n" * 2
    for name, found in result["measures"].items():
        values = np.array(found["values"], dtype=float)
        assert np.array_equal(values, kept.of(name), equal_nan=True)


def test_a_head_of_phases_is_followed_from_what_the_model_holds(model_of, capsys):
    path = model_of("kuramoto")
    command = ["simulate", str(path), "--layer", "1", "--head", "0", "--window", "1"]
    assert main([*command, "--samples", "4", "--horizon", "100", "--json"]) == 0
    head = json.loads(capsys.readouterr().out)["head"]
    state = Checkpoint.load(path)
    read = read_window(reopen(state.task, state.task_config), 1)
    network = frozen_networks(state.model, read.batch.inputs[0])[1, 0]
    assert Network.load(head["network"]).digest == head["network_sha256"] == network.digest
    flow = Trajectories.load(head["path"])
    depth = Depth.load(path.with_name(f"{path.name[:-10]}-window1.depth.npz"))
    held = depth.states["points"][1][:, 0].transpose(1, 0, 2)
    np.testing.assert_allclose(flow.states[0], held, atol=1e-6)
    assert flow.times[-1] == 100
    assert head["trajectories"]["angles_from"] == "the first"
    # T11: all end where the first token is, at the rate that a certificate proves.
    assert head["trajectories"]["at"][-1]["largest_angle"] < 1e-2
    assert main(["certify", head["network"], "--claims", "consensus"]) == 0


def test_one_oscillator_runs_at_its_own_step(model_of, capsys, tmp_path):
    path = model_of("kuramoto")
    command = ["simulate", str(path), "--layer", "0", "--head", "1", "--oscillator", "2"]
    assert main([*command, "--plot", str(tmp_path / "flow.png")]) == 0
    out = capsys.readouterr().out
    assert "1 trial from the states of the model" in out
    assert "attracted" in out
    network = Network.load(next(tmp_path.glob("*layer0-head1-oscillator2.network.npz")))
    step = Checkpoint.load(path).model.parameters["layer0.attention.step"][1, 2]
    whole = ["simulate", str(path), "--layer", "0", "--head", "1"]
    assert main([*whole, "--start", "uniform", "--trials", "3", "--noise", "0.1"]) == 0
    assert "3 trials from uniform starts" in capsys.readouterr().out
    one = Network.load(next(tmp_path.glob("*layer0-head1.network.npz")))
    np.testing.assert_allclose(network.crosstalk, step * one.crosstalk, rtol=1e-12)


def test_a_head_of_fixed_queries_settles(model_of, capsys):
    path = model_of("transformer")
    assert main(["simulate", str(path), "--layer", "0", "--head", "1", "--json"]) == 0
    head = json.loads(capsys.readouterr().out)["head"]
    assert head["trajectories"]["angles_from"] == "rest"
    assert head["trajectories"]["start"] == "uniform"
    assert Network.load(head["network"]).n == 8


def test_tokens_of_a_file_need_no_data_set(model_of, capsys, tmp_path, monkeypatch):
    path = model_of("accelerated")
    monkeypatch.setenv("LOHE_DATA", str(tmp_path))
    assert main(["simulate", str(path)]) == 2
    assert "tinyshakespeare" in capsys.readouterr().err
    (tmp_path / "some.txt").write_text("3 1 4 1 5")
    assert main(["simulate", str(path), "--tokens", str(tmp_path / "some.txt")]) == 0
    assert "5 tokens, those of some.txt" in capsys.readouterr().out
    assert list(tmp_path.glob("*-some.depth.npz"))


@pytest.mark.parametrize(
    ("kind", "words", "message"),
    [
        ("rotary", [], "a rotary model is a baseline"),
        ("accelerated", ["--layer", "0", "--head", "0"], "are no networks of oscillators"),
        ("kuramoto", ["--layer", "0"], "--layer and --head go together"),
        ("kuramoto", ["--layer", "2", "--head", "0"], "no layer 2: the model has 2"),
        ("kuramoto", ["--layer", "0", "--head", "4"], "no head 4: the model has 4"),
        ("kuramoto", ["--window", "99"], "has no window 99"),
        ("kuramoto", ["--window", "0", "--tokens", "x"], "give one"),
        ("kuramoto", ["--tokens", "absent.txt"], "cannot read"),
        ("kuramoto", ["--noise", "1"], "--noise is of a head"),
        ("kuramoto", ["--horizon", "9"], "--horizon is of fixed queries, or of a head"),
        ("accelerated", ["--horizon", "9"], "--horizon is of fixed queries, or of a head"),
        ("kuramoto", ["--escape", "slip"], "--escape is of a network"),
        ("kuramoto", ["--plot", "x.gif"], "choose one of these"),
        ("kuramoto", ["--layer", "0", "--head", "0", "--trials", "3"], "leave --trials out"),
        ("kuramoto", ["--layer", "0", "--head", "0", "--horizon", "0"], "horizon is 0"),
        ("kuramoto", ["--layer", "0", "--head", "0", "--samples", "0"], "samples is 0"),
        ("transformer", ["--horizon", "-1"], "horizon is -1"),
        (
            "transformer",
            ["--layer", "0", "--head", "0", "--start", "model"],
            "holds no states to start from",
        ),
    ],
)
def test_unusable_input_is_one_line_and_exit_code_two(kind, words, message, model_of, capsys):
    path = model_of(kind)
    assert main(["simulate", str(path), *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not list(path.parent.glob("*.depth.npz"))


def test_options_of_models_are_not_of_networks(tmp_path, capsys):
    path = tmp_path / "pair.network.npz"
    Network([[1.0, 0.0]]).save(path)
    assert main(["simulate", str(path), "--layer", "0", "--head", "0"]) == 2
    assert "are of *.model.npz files" in capsys.readouterr().err
    assert main(["simulate", str(path), "--start", "model"]) == 2
    assert "choose another start" in capsys.readouterr().err


def test_a_model_is_no_instance_but_says_how_to_get_one(model_of, capsys):
    assert main(["certify", str(model_of("kuramoto"))]) == 2
    assert "--layer 0 --head 0" in capsys.readouterr().err
