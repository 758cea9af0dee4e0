"""``lohe train text`` trains any architecture on any text, with fields that are set."""

import json

import pytest

from lohe.__main__ import main
from lohe.attention.architecture import ARCHITECTURES
from lohe.attention.checkpoint import Checkpoint
from lohe.attention.head import Head

SMALL = ["--length", "8", "--recipe", "epochs=1"]


@pytest.fixture(autouse=True)
def library(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "tinyshakespeare"
    folder.mkdir(parents=True)
    (folder / "input.txt").write_bytes(b"To be, or not to be, that is the question.\n" * 12)
    monkeypatch.setenv("LOHE_DATA", str(folder.parent))
    monkeypatch.setenv("LOHE_CACHE", str(tmp_path))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_trains_and_goes_on(architecture, tmp_path, capsys):
    command = ["train", "text", "shakespeare", *SMALL, "--architecture", architecture]
    command += ["--set", "layers=1", "-o", str(tmp_path), "--json"]
    assert main(command) == 0
    result = json.loads(capsys.readouterr().out)
    assert 1 < result["metrics"]["test_bits"] < 8
    state = Checkpoint.load(result["files"][0])
    assert state.model.config.layers == 1
    assert state.model.parameters.vector.size == result["parameters"]
    assert main(command[:-1]) == 0
    assert "bits" in capsys.readouterr().out


def test_heads_of_phases_are_left_as_networks_that_are_certified(tmp_path, capsys):
    command = ["train", "text", "shakespeare", *SMALL, "--architecture", "kuramoto"]
    command += ["--set", "layers=1", "--set", "heads=2", "-o", str(tmp_path / "runs"), "--json"]
    assert main(command) == 0
    _, _, *networks = json.loads(capsys.readouterr().out)["files"]
    assert [name.rpartition("seed0")[2] for name in networks] == [
        "-layer0-head0.network.npz",
        "-layer0-head1.network.npz",
    ]
    assert main(["certify", *networks, "--claims", "consensus"]) == 0
    assert main(["verify", str(tmp_path / "runs")]) == 0
    assert main([*command[:-1], "--heads", "0"]) == 0
    assert "layer0" not in capsys.readouterr().out.splitlines()[-1]


def test_heads_of_fixed_queries_are_left_with_their_tokens(tmp_path, capsys):
    command = ["train", "text", "shakespeare", *SMALL, "--set", "layers=1", "--heads", "2"]
    assert main([*command, "-o", str(tmp_path), "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    heads = [file for file in files if file.endswith(".head.npz")]
    assert len(heads) == sum(file.endswith(".tokens.npz") for file in files) == 4
    network = Head.load(heads[0]).network()
    assert network.n == 16
    assert set(network.labels) <= set("To be, or not to be, that is the question.\n")


def test_what_is_no_network_is_said(tmp_path, capsys):
    command = ["train", "text", "shakespeare", *SMALL, "--architecture", "kuramoto"]
    command += ["--set", "layers=1", "--set", "frustration=true", "-o", str(tmp_path)]
    assert main(command) == 0
    assert "no networks: with frustration" in capsys.readouterr().out
    assert not list(tmp_path.glob("*.network.npz"))


def test_fields_are_listed_and_nothing_is_trained(tmp_path, capsys):
    command = ["train", "text", "shakespeare", *SMALL, "--fields", "-o", str(tmp_path / "runs")]
    assert main([*command, "--set", "width=32", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert (listed["model"]["width"], listed["recipe"]["epochs"]) == (32, 1)
    assert main(command) == 0
    assert "recipe epochs=1" in capsys.readouterr().out
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--architecture", "perceptron"], "no architecture is called 'perceptron'"),
        (["--set", "depth=3"], "no field=value of context"),
        (["--recipe", "epochs=0"], "epochs is 0"),
        (["--length", "50"], "make less than two windows of 50"),
    ],
)
def test_bad_options_are_one_line(options, message, tmp_path, capsys):
    assert main(["train", "text", "shakespeare", *options, "-o", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


def test_a_missing_text_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LOHE_DATA", str(tmp_path))
    assert main(["train", "text", "enwik8"]) == 2
    assert "lohe data fetch enwik8" in capsys.readouterr().err
