"""Bias and spread of gradients: zero where they must be, and as noise and nudges have them."""

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.hardware.in_situ.answers import ANSWERS
from lohe.hardware.in_situ.quality import ASKED_OF, gradient_quality
from lohe.hardware.nonideal.imperfections import Imperfections

EXACT = [name for name in ANSWERS if name != "perturbation"]


@pytest.mark.parametrize("d_osc", [2, 3])
def test_without_faults_and_with_small_nudges_there_is_neither(d_osc):
    found = gradient_quality(Imperfections(), EXACT, uses=3, nudge=1e-4, d_osc=d_osc)
    for name, quality in found.items():
        assert quality.bias < 1e-6, name
        assert quality.spread < 1e-8, name


def test_what_knows_less_than_the_device_does_is_biased():
    """Mismatch misleads the model alone; crosstalk that is not symmetric also those that nudge."""
    mismatched = Imperfections(mismatch=1.0, settling=60.0)
    found = gradient_quality(mismatched, EXACT, uses=3, nudge=1e-3)
    for name in ("response", "equilibrium", "differences"):
        assert found[name].bias < 1e-5
    assert found["resting"].bias > 0.1
    coupled = Imperfections(crosstalk=0.3, settling=60.0)
    found = gradient_quality(coupled, EXACT, uses=3, nudge=1e-3)
    assert found["differences"].bias < 1e-4
    for name in ("resting", "response", "equilibrium"):
        assert found[name].bias > 0.05
    turning = Imperfections(detuning=0.2, settling=60.0)
    found = gradient_quality(turning, EXACT, uses=3, nudge=1e-3)
    assert found["equilibrium"].bias < 1e-4  # detuned phases have an energy
    assert found["flow"].bias > 0.05


def test_spread_is_that_of_reading_over_the_nudge():
    """A difference of two reads of deviation s, over twice the nudge."""
    s, nudge, n, d = 0.01, 0.2, 8, 2
    found = gradient_quality(
        Imperfections(reading=s), ["response"], uses=2000, nudge=nudge, seed=[3]
    )["response"]
    rng = np.random.default_rng([3])  # the drives and the slope of the seed, as documented
    anchors = rng.standard_normal((n, d))
    anchors[:, 0] = np.abs(anchors[:, 0])
    anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    couplings = rng.uniform(0.2, 1.0, (n, n))
    couplings /= np.median(np.linalg.norm(couplings @ anchors, axis=-1))
    slope = rng.standard_normal((n, d))
    drive = couplings @ anchors
    size = np.linalg.norm(drive, axis=-1, keepdims=True)
    states = drive / size
    truth = (slope - np.vecdot(slope, states)[:, None] * states) / size
    variance = d * 2 * (s / (2 * nudge)) ** 2 * (slope**2).sum()
    assert found.spread == pytest.approx(np.sqrt(variance) / np.linalg.norm(truth), rel=0.03)
    assert found.noticed == pytest.approx(2 * found.spread / np.sqrt(2000))


def test_the_grid_varies_one_field_at_a_time():
    for field, arrays in ASKED_OF.items():
        ideal = vars(Imperfections(settling=30.0))
        sizes = [getattr(array, field) for array in arrays]
        assert sizes == sorted({*sizes})
        for array in arrays:
            assert {name for name, value in vars(array).items() if value != ideal[name]} == {field}


def test_an_array_that_does_not_rest_is_refused():
    with pytest.raises(InputError, match="does not lock"):
        gradient_quality(Imperfections(detuning=5.0, settling=30.0), ["resting"], uses=2)
    with pytest.raises(InputError, match="no gradient is called"):
        gradient_quality(Imperfections(), ["guess"], uses=2)
