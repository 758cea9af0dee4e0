"""Laws of the anchor normalisation."""

import numpy as np
import pytest

from lohe.attention.anchors import anchors_layer, unit_anchors
from lohe.attention.gradcheck import check_pullback
from lohe.dynamics.errors import InputError


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_unit_norm_at_any_scale(scale):
    raw = np.random.default_rng(0).standard_normal((3, 5, 4)) * scale
    np.testing.assert_allclose(np.linalg.norm(unit_anchors(raw)[0], axis=-1), 1, rtol=1e-15)


@pytest.mark.parametrize("kind", ["unit", "free"])
def test_adjoint(kind):
    rng = np.random.default_rng(1)
    raw = rng.standard_normal((2, 3, 4))
    assert check_pullback(lambda r: anchors_layer(r, kind), [raw], rng).relative_error < 1e-9


def test_bad_input():
    with pytest.raises(InputError, match="no direction"):
        unit_anchors(np.zeros((1, 2)))
    with pytest.raises(InputError, match="unit or free"):
        anchors_layer(np.ones((1, 2)), "round")
