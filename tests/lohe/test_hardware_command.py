"""``lohe hardware``: what it says, its figures, and its errors in one line."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from lohe.attention.head import Head
from lohe.commands.app import build
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
    for text in ("softmax", "charge-density-wave: joules a token", "multiply add"):
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
