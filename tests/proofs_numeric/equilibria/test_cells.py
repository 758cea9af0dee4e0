"""Cells cover the spheres, and what is said of them holds for every point in exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from equilibria_by_cells import cell_of, exact_point, random_cells, some_points

from lohe.proofs_numeric.equilibria.cells import (
    WHOLE,
    Cells,
    beyond,
    inside,
    join,
    middles,
    ranges,
    root,
    split,
    widths,
)


def test_a_whole_sphere_splits_into_two_cubes() -> None:
    halves = split(root(2, 3), np.array([1]))
    assert halves.charts.tolist() == [[WHOLE, 0], [WHOLE, 1]]
    assert np.all(halves.lower == -1)
    assert np.all(halves.upper == 1)


@pytest.mark.parametrize("d", [2, 3, 4])
def test_bisections_tile_a_cube(d: int) -> None:
    rng = np.random.default_rng(d)
    cells = split(root(1, d), np.array([0]))
    for _ in range(6):
        cells = split(cells, 1 + rng.integers(0, d - 1, len(cells)))
    for chart in (0, 1):
        own = cells[cells.charts[:, 0] == chart]
        assert np.sum(np.prod(own.upper - own.lower, axis=(1, 2))) == 2.0 ** (d - 1)
    # Every point has coordinates of size at most 1 in one of the charts, and a cell there.
    for x in rng.standard_normal((50, d)):
        x /= np.linalg.norm(x)
        xi = x[1:] / (1 + abs(x[0]))
        hit = np.all((cells.lower <= xi) & (xi <= cells.upper), axis=(1, 2))
        assert np.any(hit & (cells.charts[:, 0] == (x[0] < 0)))


def test_whole_spheres_are_not_bisected_nor_boxes_charted() -> None:
    cells = root(1, 2)
    with pytest.raises(ValueError, match="only whole spheres"):
        split(cells, np.array([1]))
    with pytest.raises(ValueError, match="only whole spheres"):
        split(split(cells, np.array([0])), np.array([0, 0]))


@pytest.mark.parametrize("d", [2, 3, 5])
def test_ranges_hold_every_point_of_a_cell(d: int) -> None:
    rng = np.random.default_rng(10 + d)
    cells = random_cells(rng, 200, 2, d)
    points, factors = ranges(cells)
    for row in range(len(cells)):
        for i in range(2):
            for xi in some_points(rng, cells, row, i, 6):
                exact = exact_point(int(cells.charts[row, i]), xi)
                for value, low, high in zip(
                    exact, points.lower[row, i], points.upper[row, i], strict=True
                ):
                    assert Fraction(float(low)) <= value <= Fraction(float(high))
                factor = 2 / (1 + sum((c * c for c in xi), Fraction(0)))
                assert Fraction(float(factors.lower[row, i])) <= factor
                assert factor <= Fraction(float(factors.upper[row, i]))


def test_ranges_are_attained() -> None:
    rng = np.random.default_rng(20)
    cells = random_cells(rng, 100, 1, 3, deepest=8)
    points, _ = ranges(cells)
    grid = np.linspace(0, 1, 65)
    for row in range(len(cells)):
        low, high = cells.lower[row, 0], cells.upper[row, 0]
        # The ends are attained at corners, or where a coordinate is zero.
        sides = [
            np.unique([*(a + (b - a) * grid), np.clip(0.0, a, b)])
            for a, b in zip(low, high, strict=True)
        ]
        xi = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
        rho = np.sum(xi * xi, axis=-1)
        sign = 1 - 2 * cells.charts[row, 0]
        x = np.concatenate(
            [sign * ((1 - rho) / (1 + rho))[:, None], 2 * xi / (1 + rho)[:, None]], 1
        )
        np.testing.assert_allclose(points.lower[row, 0], x.min(axis=0), atol=1e-12)
        np.testing.assert_allclose(points.upper[row, 0], x.max(axis=0), atol=1e-12)


def test_a_whole_oscillator_ranges_over_the_cube() -> None:
    points, _ = ranges(root(2, 3))
    assert np.all(points.lower <= -1)
    assert np.all(points.upper >= 1)


@pytest.mark.parametrize("d", [3, 4])
def test_cells_beyond_the_equator_have_no_point_within(d: int) -> None:
    rng = np.random.default_rng(30 + d)
    cells = random_cells(rng, 400, 1, d)
    told = beyond(cells)
    assert 0 < np.count_nonzero(told) < len(cells)
    for row in range(len(cells)):
        nearest = [
            max(Fraction(float(a)), -Fraction(float(b)), Fraction(0))
            for a, b in zip(cells.lower[row, 0], cells.upper[row, 0], strict=True)
        ]
        size = sum((c * c for c in nearest), Fraction(0))
        assert not told[row] or size > 1
        assert told[row] or size < 1 + Fraction(1, 10**12)


def test_cells_that_touch_the_equator_are_not_beyond_it() -> None:
    # (3/5, 4/5) is not dyadic; (1, 0) is, and on the equator.
    touching = cell_of(0, [[1.0, 1.0], [0.0, 0.5]])
    assert not beyond(touching)[0]
    assert not beyond(cell_of(0, [[-1.0, -1.0], [-0.25, 0.0]]))[0]
    assert beyond(cell_of(0, [[1.0, 1.0], [2.0**-12, 0.5]]))[0]


@pytest.mark.parametrize("d", [2, 3])
def test_inside_is_exact_containment_or_less(d: int) -> None:
    rng = np.random.default_rng(40 + d)
    found = 0
    for _ in range(40):
        cells = random_cells(rng, 50, 1, d)
        charts = rng.integers(0, 2, 1)
        centre = np.stack(
            [rng.uniform(-1.1, 1.1, (1, d - 1)), rng.uniform(-1, 1, (1, d - 1)) * 1e-17]
        )
        radius = float(rng.uniform(0, 1.5))
        told = inside(cells, charts, centre, radius)
        found += int(np.count_nonzero(told))
        exact = [
            sum((Fraction(float(c)) for c in column), Fraction(0)) for column in centre[:, 0].T
        ]
        for row in np.flatnonzero(told):
            for xi in some_points(rng, cells, row, 0, 6):
                if cells.charts[row, 0] != charts[0]:
                    size = sum((c * c for c in xi), Fraction(0))
                    xi = [c / size for c in xi]
                assert all(abs(c - m) <= Fraction(radius) for c, m in zip(xi, exact, strict=True))
    assert found > 100


def test_inside_refuses_a_cell_that_is_an_ulp_too_large() -> None:
    cells = cell_of(0, [[0.25, 0.75]])
    centre = np.array([[[0.5]]])
    assert not inside(cells, np.array([0]), centre, 0.25)[0]
    assert not inside(cells, np.array([0]), centre, np.nextafter(0.25, 0))[0]
    assert inside(cells, np.array([0]), centre, 0.25 + 1e-12)[0]


def test_the_equator_belongs_to_both_charts() -> None:
    edge = cell_of(1, [[0.9375, 1.0]])
    # In chart 0 the cell is [1, 1/0.9375], enclosed by [0.9375, 1/0.9375**2].
    assert inside(edge, np.array([0]), np.array([[[1.0]]]), 0.14)[0]
    assert not inside(edge, np.array([0]), np.array([[[1.0]]]), 0.06)[0]
    # A cell with the pole has no image in the other chart.
    assert not inside(cell_of(1, [[0.0, 1.0]]), np.array([0]), np.array([[[1.0]]]), 1e300)[0]


def test_cells_with_whole_oscillators_are_never_inside() -> None:
    assert not inside(root(1, 2), np.array([0]), np.array([[[0.0]]]), 1e9)[0]


def test_middles_and_widths_and_joining() -> None:
    cells = join([cell_of(0, [[0.25, 0.75]]), cell_of(1, [[0.25, 0.75]])])
    np.testing.assert_allclose(middles(cells)[:, 0], [[0.6, 0.8], [-0.6, 0.8]])
    np.testing.assert_allclose(widths(cells)[:, 0, 0], 0.5 * 2 / 1.25)
    assert isinstance(cells[:1], Cells)
    assert len(cells[:1]) == 1
