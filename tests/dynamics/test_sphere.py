"""Laws of the sphere's geometry, and its accuracy where textbook formulas lose digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from lohe.dynamics import sphere
from lohe.dynamics.errors import InputError

seeds = st.integers(0, 10**6)
dimensions = st.integers(2, 9)


def points(seed, d, count=2):
    return sphere.uniform(np.random.default_rng(seed), count, d)


def tangent(seed, x):
    v = sphere.project(x, np.random.default_rng(seed + 1).standard_normal(x.shape))
    # A draw almost along x leaves little: scaled up and projected again, it is tangent to rounding.
    return sphere.project(x, v / np.linalg.norm(v))


@given(seeds, dimensions)
@settings(max_examples=25)
def test_projection_is_orthogonal_and_idempotent(seed, d):
    x, v = points(seed, d)
    w = sphere.project(x, v)
    assert abs(x @ w) < 1e-15
    np.testing.assert_allclose(sphere.project(x, w), w, atol=1e-15)


@given(seeds, dimensions, st.floats(-12, 0.49))
@settings(max_examples=40)
def test_log_undoes_exp_up_to_the_antipode(seed, d, exponent):
    x = points(seed, d)[0]
    v = tangent(seed, x)
    v *= 10**exponent / np.linalg.norm(v)
    y = sphere.exp(x, v)
    assert abs(np.linalg.norm(y) - 1) < 4e-15
    np.testing.assert_allclose(sphere.log(x, y), v, atol=1e-13)
    assert float(sphere.distance(x, y)) == pytest.approx(10**exponent, abs=1e-15, rel=1e-13)


@given(seeds, dimensions)
@settings(max_examples=25)
def test_exp_undoes_log_and_log_of_itself_is_zero(seed, d):
    x, y = points(seed, d)
    np.testing.assert_allclose(sphere.exp(x, sphere.log(x, y)), y, atol=1e-14)
    np.testing.assert_array_equal(sphere.log(x, x), np.zeros(d))
    np.testing.assert_array_equal(sphere.exp(x, np.zeros(d)), x)


@given(seeds, dimensions)
@settings(max_examples=25)
def test_transport_is_an_isometry_that_carries_the_geodesic_along(seed, d):
    x, y = points(seed, d)
    v = tangent(seed, x)
    w = sphere.transport(x, y, v)
    assert abs(w @ y) < 1e-13
    assert np.linalg.norm(w) == pytest.approx(np.linalg.norm(v), rel=1e-12)
    np.testing.assert_allclose(sphere.transport(y, x, w), v, atol=1e-12)
    carried = sphere.transport(x, y, sphere.log(x, y))
    np.testing.assert_allclose(carried, -sphere.log(y, x), atol=1e-12)


def test_retraction_agrees_with_exp_to_second_order():
    x = points(0, 4)[0]
    v = tangent(0, x)
    gaps = [
        np.linalg.norm(sphere.retract(x, s * v) - sphere.exp(x, s * v)) for s in (0.02, 0.01, 0.005)
    ]
    np.testing.assert_allclose(np.log2(np.divide(gaps[:-1], gaps[1:])), 3, atol=0.05)


@pytest.mark.parametrize("angle", [1e-300, 1e-16, 1e-8, 1.0, np.pi - 1e-8, np.pi - 1e-15])
def test_distance_keeps_its_digits_at_both_ends(angle):
    x, y = np.array([1.0, 0.0]), np.array([np.cos(angle), np.sin(angle)])
    assert float(sphere.distance(x, y)) == pytest.approx(angle, rel=4e-16)
    assert float(sphere.distance(x, x)) == 0
    assert float(sphere.distance(x, -x)) == np.pi


def test_antipodes_have_no_shortest_path():
    x = points(3, 5, 100)
    for call in (sphere.log, lambda x, y: sphere.transport(x, y, np.zeros_like(x))):
        with pytest.raises(InputError, match="antipodal"):
            call(x[0], -x[0])
        with pytest.raises(InputError, match="antipodal"):
            call(x, np.where(np.arange(100)[:, np.newaxis] == 57, -x, x))
    near = sphere.normalise(-x[0] + 1e-12 * tangent(0, x[0]))
    assert np.linalg.norm(sphere.log(x[0], near)) == pytest.approx(np.pi)


@pytest.mark.parametrize("d", [2, 3, 7])
def test_uniform_points_have_the_beta_law_in_every_direction(d):
    rng = np.random.default_rng(d)
    x = sphere.uniform(rng, (50, 40), d)
    assert x.shape == (50, 40, d)
    np.testing.assert_allclose(np.linalg.norm(x, axis=-1), 1, rtol=1e-15 * 4)
    direction = sphere.uniform(rng, (), d)
    a = (d - 1) / 2
    assert kstest((1 + (x.reshape(-1, d) @ direction)) / 2, "beta", args=(a, a)).pvalue > 1e-4


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1.0, 1e200, 1e308])
def test_normalise_has_the_whole_range_of_floats(scale):
    np.testing.assert_allclose(
        sphere.normalise([0.3 * scale, -0.4 * scale]), [0.6, -0.8], rtol=2e-4
    )
    assert float(sphere.norm([0.3 * scale, 0.4 * scale])) == pytest.approx(0.5 * scale, rel=2e-4)


@pytest.mark.parametrize("bad", [[0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_vectors_without_direction_are_refused(bad):
    with pytest.raises(InputError, match="no direction"):
        sphere.normalise(bad)
    with pytest.raises(InputError, match="at least 2"):
        sphere.uniform(np.random.default_rng(0), 3, 1)
