"""New models, their sizes, and what is refused."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from phase_models import SMALL, VARIANTS, config_of, draw_batch

from lohe.attention.kuramoto.config import KuramotoConfig
from lohe.attention.kuramoto.gate import gate
from lohe.attention.kuramoto.initialise import (
    initialise_kuramoto,
    is_scalar_kuramoto,
    kuramoto_shapes,
)
from lohe.attention.kuramoto.model import apply_kuramoto
from lohe.attention.kuramoto.order import order_parameter, watch
from lohe.attention.kuramoto.sphere import Sphere, unit_points
from lohe.attention.model import Model
from lohe.attention.rotary.config import RotaryConfig
from lohe.attention.rotary.initialise import initialise_rotary, rotary_shapes
from lohe.attention.rotary.matching import count_parameters, match_hidden
from lohe.attention.task import Batch
from lohe.dynamics.errors import InputError


@pytest.mark.parametrize("name", VARIANTS)
def test_parameters_are_as_many_as_stated_and_the_same_under_a_seed(name):
    config = config_of(VARIANTS[name])
    first, again = (initialise_kuramoto(config, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first.vector, again.vector)
    assert first.vector.dtype == np.float32
    assert first.vector.size == count_parameters(kuramoto_shapes(config))


def test_scalars_are_those_of_heads_and_oscillators():
    options = {"coupling": "both", "frustration": True, "drift": "learned", "offset": True}
    config = config_of(options)
    scalars = {
        name.removeprefix("layer1.attention.")
        for name in kuramoto_shapes(config)
        if is_scalar_kuramoto(name) and name.startswith("layer1")
    }
    assert scalars == {
        "log_tau", "step", "successor_step", "lag", "successor_lag", "log_drift", "offset",
    }  # fmt: skip


@pytest.mark.parametrize("layers", [2, 24])
@pytest.mark.parametrize("name", ["default", "both", "sphere"])
def test_new_models_of_any_depth_guess_and_keep_their_phases_apart(layers, name):
    """Nor synchronised nor blown up: the last layer's order is near the first's."""
    options = VARIANTS[name] | {"layers": layers, "width": 32, "hidden": 64, "context": 64}
    config = config_of(options)
    model = Model(config, initialise_kuramoto(config, np.random.default_rng(0)))
    batch = draw_batch(tokens=64)
    outputs, _, pullback = apply_kuramoto(model, batch)
    assert outputs.mean() == pytest.approx(np.log(7), abs=0.15)
    orders = [order_parameter(pulled.x).mean() for pulled in watch(model, batch.inputs)]
    assert max(orders) < min(orders) + 0.25
    slopes = pullback(np.full_like(outputs, 1 / outputs.size))
    early = np.linalg.norm(slopes["layer0.feed_forward.weight_out"])
    late = np.linalg.norm(slopes[f"layer{layers - 1}.feed_forward.weight_out"])
    assert 0.2 < early / late < 5


def test_a_shape_survives_its_record():
    config = config_of({"d_osc": 3, "retraction": "normalise", "coupling": "both"})
    assert KuramotoConfig(**asdict(config)) == config
    assert (config.mechanism, config.readout, config.coherence, config.features) == (
        "kuramoto", "next", 0.0, 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"gate": "none"},
        {"values": "free"},
        {"d_osc": 3},
        {"width": 256, "layers": 8, "hidden": 512},
    ],
)
def test_a_baseline_of_any_phase_models_size_is_found(change):
    shape = {"context": 128, "outputs": 205, "vocabulary": 205, "width": 128, "layers": 5}
    phases = KuramotoConfig(**shape | change)
    wanted = count_parameters(kuramoto_shapes(phases))
    baseline = RotaryConfig(**shape | {k: v for k, v in change.items() if k in {"width", "layers"}})
    matched = match_hidden(baseline, wanted)
    found = initialise_rotary(matched, np.random.default_rng(0)).vector.size
    assert found == count_parameters(rotary_shapes(matched))
    assert abs(found / wanted - 1) < 0.01
    assert replace(matched, hidden=baseline.hidden) == baseline
    back = match_hidden(phases, found, kuramoto_shapes)
    assert abs(count_parameters(kuramoto_shapes(back)) / found - 1) < 0.01


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "width is 0"),
        ({"heads": 4}, "does not divide into 4 heads"),
        ({"outputs": 5}, "outputs are its words"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"d_osc": 1}, "needs 2 coordinates"),
        ({"base": 0.0}, "base is 0.0"),
        ({"gate": "relu"}, "gate is 'relu'; choose none or sigmoid"),
        ({"drift": "rotary"}, "drift is 'rotary'"),
        ({"values": "raw"}, "values is 'raw'"),
        ({"coupling": "next"}, "coupling is 'next'"),
        ({"retraction": "cayley", "d_osc": 3}, "retraction is 'cayley'"),
        ({"retraction": "normalise"}, "needs no retraction"),
    ],
)
def test_bad_shapes_are_named(change, message):
    with pytest.raises(InputError, match=message):
        KuramotoConfig(**SMALL | change)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Sphere(1), "dimension is 1"),
        (lambda: Sphere(3, "cayley"), "retraction is 'cayley'"),
        (lambda: unit_points(np.zeros((2, 3))), "centre of its sphere"),
        (lambda: gate("relu", *np.ones((3, 1, 1))), "gate is 'relu'"),
        (lambda: _run(np.array([[0, 7]])), "outside the vocabulary"),
        (lambda: _run(np.array([[0, 1]]), log_tau=np.nan), "not finite"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message), np.errstate(invalid="ignore"):
        call()


def _run(tokens, log_tau=None):
    config = config_of({})
    parameters = initialise_kuramoto(config, np.random.default_rng(0))
    if log_tau is not None:
        parameters["layer0.attention.log_tau"][:] = log_tau
    apply_kuramoto(Model(config, parameters), Batch(tokens, tokens))
