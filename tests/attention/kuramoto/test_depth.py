"""Depth of phase models: the values are those of the model's own observers."""

import numpy as np
import pytest
from phase_models import VARIANTS, draw_model

from lohe.attention.kuramoto.depth import kuramoto_depth, pass_layers
from lohe.attention.kuramoto.model import logits_kuramoto
from lohe.attention.kuramoto.order import (
    attended_order,
    coupling_energy,
    order_parameter,
    phase_locking,
    watch,
)

TOKENS = np.array([3, 1, 4, 1, 5, 2])
LABELS = TOKENS.astype(str)


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_layers_pass_as_the_model_does(options):
    model = draw_model(options)
    passed, seen = pass_layers(model, TOKENS[None]), watch(model, TOKENS[None])
    for layer, pulled in zip(passed, seen, strict=True):
        assert np.array_equal(layer.seen.x, pulled.x)
    last = passed[-1].turned.reshape(1, len(TOKENS), -1)
    logits = last @ model.parameters["output.weight"].T + model.parameters["output.bias"]
    np.testing.assert_allclose(logits, logits_kuramoto(model, TOKENS[None]), rtol=1e-12)


def test_measures_are_those_of_the_observers():
    model = draw_model({"coupling": "both"})
    depth, seen = kuramoto_depth(model, TOKENS, LABELS), watch(model, TOKENS[None])
    assert (depth.layers, depth.heads) == (2, 2)
    for layer, pulled in enumerate(seen):
        assert np.array_equal(depth.states["points"][layer], pulled.x[0])
        np.testing.assert_allclose(
            depth.of("order")[layer], order_parameter(pulled.x)[0].mean(axis=-1)
        )
        for kind, mean in pulled.means.items():
            np.testing.assert_allclose(
                depth.of(f"{kind}_order")[layer], attended_order(mean)[0].mean(axis=(0, 2))
            )
            energy = coupling_energy(pulled.x, mean)[0].mean(axis=0) / pulled.x.shape[3]
            np.testing.assert_allclose(depth.of(f"{kind}_energy")[layer], energy)
            name = "step" if kind == "attended" else "successor_step"
            steps = model.parameters[f"layer{layer}.attention.{name}"]
            assert np.array_equal(depth.of(f"{kind}_attracted")[layer], (steps > 0).mean(axis=1))
    locked = phase_locking(seen[0].x, seen[1].x).mean(axis=-1)
    np.testing.assert_allclose(depth.of("locking")[0], locked)
    assert np.isnan(depth.of("locking")[2]).all()
    assert not np.isnan(depth.of("order")[2]).any()


def test_a_pull_alone_changes_order_between_entering_and_pulled():
    model = draw_model({})
    for name in model.parameters:
        if name.endswith("attention.step"):
            model.parameters[name][:] = 0
    depth = kuramoto_depth(model, TOKENS, LABELS)
    np.testing.assert_allclose(depth.of("order_pulled")[:2], depth.of("order")[:2])
    assert not depth.of("attended_attracted")[:2].any()


def test_spheres_have_no_phase_to_lock():
    names = {measure.name for measure in kuramoto_depth(draw_model({"d_osc": 3}), TOKENS, LABELS)
             .measures}  # fmt: skip
    assert "order" in names
    assert "locking" not in names
