"""Laws of the anchor normalisation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lohe.attention.anchors import half_space_anchors, unit_anchors
from lohe.dynamics.errors import InputError


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_unit_norm_at_any_scale(scale):
    raw = np.random.default_rng(0).standard_normal((3, 5, 4)) * scale
    np.testing.assert_allclose(np.linalg.norm(unit_anchors(raw)[0], axis=-1), 1, rtol=1e-15)


@pytest.mark.parametrize("margin", [0.0, 0.3, 0.99])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 30.0])
def test_half_space_anchors_keep_their_margin_and_norm(margin, scale):
    raw = np.random.default_rng(0).standard_normal((50, 3)) * scale
    anchors = half_space_anchors(raw, margin)[0]
    np.testing.assert_allclose(np.linalg.norm(anchors, axis=-1), 1, rtol=1e-15)
    assert np.all(anchors[:, 0] > margin)
    aside = anchors[:, 1:]
    np.testing.assert_allclose(  # towards t, as far as the formula says
        aside,
        raw * np.sqrt((1 - margin**2) / (1 + np.sum(raw**2, -1, keepdims=True))),
        rtol=1e-13,
    )


@given(st.floats(-1e300, 1e300), st.floats(0, 0.999))
def test_no_raw_parameter_leaves_the_half_space(raw, margin):
    along, aside = half_space_anchors(np.array([raw]), margin)[0]
    assert along >= margin * (1 - 1e-15)
    assert along**2 + aside**2 == pytest.approx(1, abs=1e-15)


def test_bad_input():
    with pytest.raises(InputError, match="no direction"):
        unit_anchors(np.zeros((1, 2)))
    with pytest.raises(InputError, match="below 1"):
        half_space_anchors(np.ones((1, 2)), 1.0)
