"""Trained models on arrays: ideal arrays change nothing, and faults are each head's own."""

from dataclasses import replace

import numpy as np
import pytest

from lohe.attention.initialise import initialise
from lohe.attention.model import Model
from lohe.attention.task import Batch
from lohe.attention.transformer import apply_regularised
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError
from lohe.hardware.nonideal.device import draw_device
from lohe.hardware.nonideal.imperfections import Imperfections
from lohe.hardware.nonideal.model import apply_on_devices, draw_model_devices

SMALL = TransformerConfig(
    context=6, outputs=7, vocabulary=7, width=8, heads=2, layers=2, hidden=6, dropout=0.0,
    causal=True, readout="next",
)  # fmt: skip
VARIANTS = {
    "language": SMALL,
    "sharp, d = 3": replace(SMALL, d_osc=3, readout_exponent=4),
    "position": replace(SMALL, causal=False, readout="position", outputs=1, layers=1),
    "mean": replace(SMALL, causal=False, readout="mean"),
}


def draw(config, tokens=6):
    rng = np.random.default_rng(1)
    model = Model(config, initialise(config, rng, np.float64))
    inputs = rng.integers(7, size=(3, tokens))
    mask = None
    if not config.causal:
        mask = np.ones((3, tokens), dtype=bool)
        mask[1, -2:] = False
    targets = {"next": inputs, "position": np.zeros(3), "mean": np.zeros(3, int)}[config.readout]
    return model, Batch(inputs, targets, mask, np.array([1, 2, 0]))


@pytest.mark.parametrize("name", VARIANTS)
def test_ideal_arrays_are_the_model(name):
    model, batch = draw(VARIANTS[name])
    rng = np.random.default_rng(0)
    devices = draw_model_devices(model, Imperfections(), 6, rng)
    expected, _, back = apply_regularised(model, batch)
    found, _, back_device = apply_on_devices(devices, rng)(model, batch)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    d_outputs = np.random.default_rng(2).standard_normal(expected.shape)
    for key, gradient in back(d_outputs).items():
        np.testing.assert_allclose(back_device(d_outputs)[key], gradient, atol=1e-8)


@pytest.mark.parametrize(
    "faults", [{"mismatch": 0.3}, {"crosstalk": 0.5}, {"detuning": 0.5}, {"reading": 0.2}]
)
def test_every_fault_changes_outputs(faults):
    model, batch = draw(SMALL)
    rng = np.random.default_rng(0)
    devices = draw_model_devices(model, Imperfections(settling=20.0, **faults), 6, rng)
    ideal = apply_regularised(model, batch)[0]
    found = apply_on_devices(devices, rng)(model, batch)[0]
    assert np.abs(found - ideal).max() > 1e-4
    assert np.isfinite(found).all()


def test_shorter_sequences_use_the_first_oscillators():
    model, batch = draw(SMALL, tokens=4)
    for d_osc, faults in ((2, {"harmonics": (0.1,)}), (3, {})):
        everything = Imperfections(
            mismatch=0.1, crosstalk=0.2, detuning=0.1, settling=5.0, topology="king", **faults
        )
        whole = draw_device(
            everything, oscillators=6, keys=6, d_osc=d_osc, rng=np.random.default_rng(3)
        )
        part = whole.first(4)
        np.testing.assert_array_equal(part.factors, whole.factors[:4, :4])
        np.testing.assert_array_equal(part.frequency, whole.frequency[:4])
        np.testing.assert_array_equal(part.crosstalk.dense(), whole.crosstalk.dense()[:4, :4])
    devices = draw_model_devices(model, everything, 6, np.random.default_rng(0))
    with pytest.raises(InputError, match="no room for 7"):
        whole.first(7)
    assert len(devices) == 2
    rng = np.random.default_rng(0)
    devices = draw_model_devices(model, Imperfections(mismatch=0.1), 6, rng)
    assert np.isfinite(apply_on_devices(devices, rng)(model, batch)[0]).all()


def test_other_models_are_refused():
    model, _ = draw(replace(SMALL, mechanism="softmax"))
    with pytest.raises(InputError, match="no oscillators that rest"):
        draw_model_devices(model, Imperfections(), 6, np.random.default_rng(0))
    model, batch = draw(replace(SMALL, two_sided=True))
    rng = np.random.default_rng(0)
    devices = draw_model_devices(model, Imperfections(), 6, rng)
    with pytest.raises(InputError, match="one anchor per key"):
        apply_on_devices(devices, rng)(model, batch)
