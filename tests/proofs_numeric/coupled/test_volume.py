"""Angles and shares of caps, against mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.proofs_numeric.coupled import volume

TANGENTS = st.floats(1e-12, 1.0)


@given(TANGENTS, st.integers(2, 40))
@settings(max_examples=60)
def test_the_share_is_bounded_from_below_and_tight(tangent, d):
    with mpmath.workdps(60):
        u = 2 * mpmath.atan(mpmath.mpf(tangent))
        shape = mpmath.mpf(d - 1) / 2
        exact = mpmath.betainc(shape, shape, 0, mpmath.sin(u) ** 2, regularized=True)
        found = volume.share_lower(tangent, d)
        assert mpmath.mpf(found) <= exact
        assert found >= exact * (1 - mpmath.mpf(10) ** -15) - mpmath.mpf(2) ** -1074
        assert mpmath.mpf(volume.angle_lower(tangent)) <= 2 * u <= volume.angle_upper(tangent)
        assert volume.angle_upper(tangent) <= volume.angle_lower(tangent) * (1 + 1e-15)


@pytest.mark.parametrize("d", [2, 3])
def test_low_dimensions_have_closed_forms(d):
    angle = volume.angle_lower(0.3)
    exact = angle / mpmath.pi if d == 2 else (1 - mpmath.cos(angle)) / 2
    assert abs(volume.share_lower(0.3, d) - exact) < 1e-15


def test_the_volume_is_a_power_of_the_share_even_where_it_vanishes():
    share = volume.share_lower(0.5, 3)
    assert volume.volume_lower(0.5, 3, 4) == pytest.approx(share**4, rel=1e-14)
    assert volume.volume_lower(0.5, 3, 10**6) == 0.0
    assert volume.volume_lower(1.0, 3, 10**6) == 1.0
    nearly = 1 - 2.0**-50
    assert 1 - 1e-8 < volume.volume_lower(nearly, 8, 10**6) <= 1.0
    assert volume.share_lower(5e-324, 64) == 0.0


def test_large_dimensions_and_tiny_caps_stay_below():
    assert 0.0 <= volume.share_lower(0.4, 4096) < 0.5
    assert volume.share_lower(0.42, 4096) > 0.5
    assert volume.angle_upper(5e-324) >= 4 * 5e-324


@pytest.mark.parametrize("d", [2, 3, 7])
def test_caps_of_different_sizes_multiply(d):
    cosines = np.array([0.9, 0.5, 0.5, 1e-3, 1e-12])
    with mpmath.workdps(60):
        shape, exact = mpmath.mpf(d - 1) / 2, mpmath.mpf(1)
        for cosine in cosines.tolist():
            square = 1 - mpmath.mpf(cosine) ** 2
            exact *= mpmath.betainc(shape, shape, 0, square, regularized=True)
        found = volume.product_lower(cosines, d)
        assert exact * (1 - mpmath.mpf(10) ** -15) <= found <= exact


def test_many_caps_are_grouped_to_the_safe_side():
    cosines = np.random.default_rng(0).uniform(1e-3, 3e-2, 3000)
    exact = float(np.exp(np.sum(np.log1p(-np.square(cosines)))))  # d = 3
    found = volume.product_lower(cosines, 3)
    assert exact**1.03 < found < exact
    assert volume.product_lower(np.full(10**6, 1e-4), 3) > 0.99
    assert volume.product_lower(np.full(10**6, 0.9), 3) == 0.0
