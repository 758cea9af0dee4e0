"""Charts: exact unit vectors, exact inverses, and ranges that hold every point of a box."""

from fractions import Fraction

import numpy as np
import pytest
from equilibria_oracle import basis, exact, point
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.equilibria.chart import (
    exact_coordinates,
    exact_point,
    frame_at,
    poles,
    ranges,
    seen_from,
    to_chart,
    to_points,
)

COORDINATES = st.lists(st.fractions(-3, 3, max_denominator=10**6), min_size=1, max_size=5)


@given(st.integers(0, 1), COORDINATES)
@settings(max_examples=60)
def test_coordinates_and_points_are_each_others_inverses_and_points_are_unit(index, xi):
    x = exact_point(index, xi)
    assert sum(v * v for v in x) == 1
    assert x == list(point(index, xi))
    assert exact_coordinates(index, x) == xi
    size = sum(c * c for c in xi)
    if size:
        assert exact_coordinates(1 - index, x) == [c / size for c in xi]


@pytest.mark.parametrize("d", [2, 3, 7])
def test_the_sign_of_the_first_coordinate_chooses_the_chart(d):
    rng = np.random.default_rng(d)
    x = rng.normal(size=(50, d))
    x[0, 0] = 0.0
    charts, xi = to_chart(x)
    np.testing.assert_array_equal(charts, x[:, 0] < 0)
    assert np.linalg.norm(xi, axis=-1).max() < 1 + 1e-15
    unit = x / np.linalg.norm(x, axis=-1, keepdims=True)
    np.testing.assert_allclose(to_points(charts, np.array([xi, 0 * xi])), unit, atol=1e-15)


@pytest.mark.parametrize("d", [2, 3, 5])
@pytest.mark.parametrize("reach", [1e-12, 0.1, 1.0, 3.0])
def test_ranges_hold_every_point_of_a_box_within_the_cube_and_beyond(d, reach):
    rng = np.random.default_rng(d)
    n = 30
    middle = rng.uniform(-1.5, 1.5, (n, d - 1))
    middle[0] = 0.0
    radius = reach * rng.uniform(size=(n, d - 1))
    charts = rng.integers(0, 2, n)
    points, conformal = ranges(poles(charts), Balls(middle, radius))
    low, high = points.middle.copy(), points.middle.copy()
    for place in [
        *rng.choice([-1, 0, 1], size=(20, n, d - 1)),
        *rng.uniform(-1, 1, (20, n, d - 1)),
    ]:
        xi = exact(middle) + exact(radius) * exact(place)
        for i in range(n):
            x = np.array(exact_point(charts[i], list(xi[i])), dtype=object)
            assert np.all(abs(x - exact(points.middle[i])) <= exact(points.radius[i]))
            factor = 2 / (1 + sum(v * v for v in xi[i]))
            error = abs(factor - Fraction(float(conformal.middle[i])))
            assert error <= Fraction(float(conformal.radius[i]))
            low[i] = np.minimum(low[i], x.astype(float))
            high[i] = np.maximum(high[i], x.astype(float))
    if d == 2:  # the samples come close to the ends
        assert np.all(points.radius * 2 <= 1.6 * (high - low) + reach**2 + 1e-13)


@pytest.mark.parametrize("d", [2, 3, 5])
def test_frames_seen_from_a_centre_are_the_products_of_both(d):
    rng = np.random.default_rng(d)
    n = 4
    charts = np.array([0, 1, 0, 1])
    middle, offset = exact(rng.uniform(-1, 1, (n, d - 1))), exact(rng.normal(size=(n, d - 1)))
    # The formulas themselves.
    centre = frame_at(poles(charts), middle.astype(float))
    other = frame_at(poles(charts), (middle + offset).astype(float))
    seen = seen_from(centre, other, offset.astype(float))
    for i in range(n):
        frames = []
        for xi in (middle[i], middle[i] + offset[i]):
            x = point(charts[i], xi)
            frames.append(np.column_stack([x, basis(charts[i], x)]))
        product = frames[0].T @ frames[1]
        found = np.column_stack([seen[0][i], seen[1][i]])
        np.testing.assert_allclose(found, product.astype(float), atol=1e-14)
    # Over a box, in balls.
    reach = 0.3 * rng.uniform(size=(n, d - 1))
    start = frame_at(poles(charts), Balls.exact(middle.astype(float)))
    box = frame_at(poles(charts), Balls(middle.astype(float), reach))
    x, b = seen_from(start, box, Balls(np.zeros_like(reach), reach))
    for _ in range(20):
        place = exact(reach) * exact(rng.choice([-1.0, 0.25, 1.0], size=reach.shape))
        for i in range(n):
            old, new = point(charts[i], middle[i]), point(charts[i], middle[i] + place[i])
            frame = np.column_stack([old, basis(charts[i], old)])
            values = (frame.T @ new, frame.T @ basis(charts[i], new))
            for ball, value in zip((x[i], b[i]), values, strict=True):
                assert np.all(abs(value - exact(ball.middle)) <= exact(ball.radius))
