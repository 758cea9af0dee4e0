"""``lohe hardware``: what it says, its figures, and its errors in one line."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from lohe.attention.head import Head
from lohe.attention.initialise import initialise
from lohe.attention.model import Model
from lohe.attention.recipe import Recipe
from lohe.attention.studies.study import Setting
from lohe.attention.tasks.sva import SubjectVerbAgreement, sva_config
from lohe.commands.app import build
from lohe.dynamics.network import Network
from lohe.hardware.cost import ROWS


def run(*arguments):
    return CliRunner().invoke(build(), ["hardware", *map(str, arguments)])


def told(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_substrates_are_reduced():
    found = told("substrates")["substrates"]
    assert {*found} == {"electrical", "mechanical", "superconducting", "charge-density-wave"}
    assert found["electrical"]["frequency_hz"] == pytest.approx(5.03e9, rel=1e-3)
    assert found["superconducting"]["decay_share"] is None
    text = run("substrates", "--substrate", "electrical").stdout
    assert "5.03 GHz" in text
    assert "mechanical" not in text


def test_parameters_change_a_substrate():
    found = told("substrates", "--substrate", "electrical", "--set", "capacitance=4e-12")
    assert found["substrates"]["electrical"]["frequency_hz"] == pytest.approx(2.51e9, rel=1e-2)


def test_cost_is_the_published_count():
    found = told("cost", "--substrate", "electrical")
    totals = [found["operations"][row]["total"] for row in ROWS]
    assert totals == [331_264, 563_456, 298_240, 34_048]
    physical = found["substrates"]["electrical"]
    assert physical["assumptions"]["settling"] == physical["settling_s"]["longest"]
    energy = physical["joules_per_token"]["settling physical"]
    assert energy["total"] == pytest.approx(
        energy["digital"] + energy["conversion"] + energy["oscillators"]
    )


def test_cost_of_a_head_takes_its_drives(tmp_path):
    rng = np.random.default_rng(0)
    q, k = rng.standard_normal((2, 3, 5, 4))
    anchors = rng.standard_normal((5, 2))
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    head = Head(q, k, anchors, causal=True)
    head.save(tmp_path / "a.head.npz")
    found = told("cost", tmp_path / "a.head.npz", "--substrate", "superconducting")
    assert found["shape"] == {
        "tokens": 5, "heads": 1, "d_osc": 2, "causal": True, "coupling": "softplus"
    }  # fmt: skip
    norms = np.linalg.norm(head.network().drive, axis=-1)
    settling = found["substrates"]["superconducting"]["settling_s"]
    assert settling["longest"] / settling["median"] == pytest.approx(np.median(norms) / norms.min())


def test_costs_are_drawn(tmp_path):
    assert run("cost", "--plot", tmp_path / "cost.svg").exit_code == 0
    picture = (tmp_path / "cost.svg").read_text()
    for text in ("softmax", "charge-density-wave: energy of a token", "multiply add"):
        assert text in picture


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["substrates", "--set", "bias=1"], "name it by --substrate"),
        (["substrates", "--substrate", "electrical", "--set", "bias=1"], "has the parameters"),
        (["substrates", "--substrate", "electrical", "--set", "power=x"], "'x' is no number"),
        (["substrates", "--substrate", "superconducting", "--set", "bias=0"], "must be positive"),
        (["substrates", "--plot", "x.svg"], "give both"),
        (["cost", "--coupling", "tanh"], "choose relu"),
        (["cost", "--strength", "0"], "must be positive"),
        (["cost", "--drive", "-1"], "never settles"),
        (["cost", "missing.head.npz"], "missing.head.npz"),
    ],
)
def test_errors_are_one_line(arguments, said):
    result = run(*arguments)
    assert result.exit_code != 0
    assert said in str(result.exception)
    assert "\n" not in str(result.exception)


@pytest.fixture
def small_run(monkeypatch):
    """A run of a study that need not be trained."""
    task = SubjectVerbAgreement(sizes=(64, 32, 32))
    config = sva_config(task)
    model = Model(config, initialise(config, np.random.default_rng(0)))
    setting = Setting(task, config, Recipe(epochs=1))
    for command in ("robustness", "train"):
        where = f"lohe.commands.hardware_{command}.finished_run"
        monkeypatch.setattr(where, lambda *_: (model, setting))


def test_robustness_goes_on_where_it_was_and_draws(small_run, tmp_path):
    path, picture = tmp_path / "r.hardware.json", tmp_path / "r.svg"
    options = ["--devices", 2, "-o", path, "--json"]
    first = told("robustness", "sva", "a", "--fault", "reading", *options[:-1])
    readings = [f"reading {s:g}" for s in (0.03, 0.1, 0.2, 0.5)]
    assert {*first["cases"]} == {"ideal", "certified", *readings}
    assert all(len(first["cases"][name]["scores"]) == 2 for name in readings)
    more = told(
        "robustness", "sva", "a", "--fault", "reading", "--fault", "mismatch", "--plot", picture,
        *options[:-1],
    )  # fmt: skip
    for name in first["cases"]:
        assert more["cases"][name] == first["cases"][name]
    assert "mismatch" in picture.read_text()
    text = run("robustness", "sva", "a", "--fault", "reading", "-o", path, "--devices", 2)
    assert "hard accuracy" in text.stdout
    other = run("robustness", "sva", "a", "-o", path, "--devices", 3)
    assert "devices differ" in str(other.exception)


def test_training_goes_on_where_it_was_and_draws(small_run, tmp_path):
    path, picture = tmp_path / "t.hardware.json", tmp_path / "t.svg"
    options = ["--devices", 2, "--epochs", 1, "-o", path]
    first = told("train", "sva", "a", "--gradient", "resting", *options)
    ways = {"ideal": 1, "ideal, trained on": 1, "deployed": 2, "trained for any": 2}
    ways |= {"resting 0": 1, "resting 1": 1}
    assert {name: len(case["scores"]) for name, case in first["cases"].items()} == ways
    assert first["config"]["imperfections"]["coupling_bits"] == 2
    more = told(
        "train", "sva", "a", "--gradient", "resting", "--gradient", "ideal", "--plot", picture,
        *options,
    )  # fmt: skip
    for name in ways:
        assert more["cases"][name] == first["cases"][name]
    assert "epochs on the instance" in picture.read_text()
    text = run("train", "sva", "a", "--gradient", "resting", *options).stdout
    assert "trained back, resting" in text
    other = run("train", "sva", "a", "--fault", "mismatch=0.5", *options)
    assert "imperfections differ" in str(other.exception)
    for fault, said in (
        ("rust=1", "the faults are mismatch"),
        ("mismatch=x", "'x' is no number"),
        ("coupling_bits=0", "choose from 1"),
    ):
        assert said in str(run("train", "sva", "a", "--fault", fault, *options).exception)
    wrong = run("train", "sva", "a", "--gradient", "guess", *options)
    assert "no gradient is called 'guess'" in str(wrong.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing", "a"], "no study is called 'nothing'"),
        (["sva", "nothing"], "no arm is called"),
        (["sva", "fixed*"], "stands for several arms"),
        (["sva", "fixed_query-ff64"], "has no finished run"),
    ],
)
def test_models_that_are_not_there(arguments, said, tmp_path):
    result = run("robustness", *arguments, "--work", tmp_path)
    assert said in str(result.exception)


def test_export(tmp_path):
    path = tmp_path / "a.network.npz"
    Network(np.eye(3, 2) + 0.1, crosstalk=0.1 * (1 - np.eye(3))).save(path)
    found = told("export", path, "-o", tmp_path / "a.cir", "--first", 2)
    assert found["oscillators"] == 2
    netlist = (tmp_path / "a.cir").read_text()
    assert ".subckt oscillator" in netlist
    assert "\nG0_1 " in netlist
    told("export", path, "-o", tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text())["oscillators"] == 3
    assert "neither .cir nor .json" in str(run("export", path, "-o", "a.txt").exception)
    Network(np.eye(3)).save(path)
    result = run("export", path, "-o", tmp_path / "b.cir")
    assert "has dimension 3; a netlist is of" in str(result.exception)


def test_gradients_are_compared_and_drawn(tmp_path):
    path, picture = tmp_path / "g.hardware.json", tmp_path / "g.svg"
    found = told("gradients", "--uses", 3, "-o", path, "--plot", picture)
    assert found["cases"]["mismatch 1"]["gradients"]["equilibrium"]["settlings"] == 2
    assert "spread of one estimate" in picture.read_text()
    text = run("gradients", "--uses", 3, "-o", path).stdout
    assert "further settlings" in text
    assert "uses differ" in str(run("gradients", "--uses", 4, "-o", path).exception)
