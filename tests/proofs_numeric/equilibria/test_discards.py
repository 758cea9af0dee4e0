"""No cell with an equilibrium is ever discarded, not even one that touches it with a corner."""

from fractions import Fraction

import numpy as np
import pytest
from equilibria_by_cells import exact_point, random_cells

from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform
from lohe.proofs_numeric.equilibria.cells import WHOLE, Cells, middles, ranges, root
from lohe.proofs_numeric.equilibria.discards import excluded_by_minors, krawczyk
from lohe.proofs_numeric.equilibria.newton import distinct, find_rest
from lohe.proofs_numeric.equilibria.system import read_system


def planted(rng: np.random.Generator, n: int, d: int, turning: bool) -> tuple[Network, Cells]:
    """Return a network with an equilibrium at dyadic coordinates, exactly, and that point.

    All |xi|^2 are 1/4 at d = 2 and 1/2 at d = 3, so that 5 x or 3 x is a vector of integers, and
    with integer couplings that are multiples of 5 or 3 the drives are integers.
    """
    unit = {2: 5, 3: 3}[d]
    charts = rng.integers(0, 2, (1, n))
    xi = rng.choice([-0.5, 0.5], (1, n, d - 1))
    whole = [
        [unit * value for value in exact_point(int(c), [Fraction(float(v)) for v in row])]
        for c, row in zip(charts[0], xi[0], strict=True)
    ]
    x = np.array([[int(value) for value in row] for row in whole])
    couplings = rng.integers(-2, 3, (n, n)) * (1 - np.eye(n, dtype=np.int64))
    turn = rng.integers(-2, 3, (n, d, d)) * int(turning)
    frequency = turn - np.swapaxes(turn, 1, 2)
    pull = rng.integers(-9, 10, (n, 1))
    drive = pull * x - couplings @ x - np.einsum("iab,ib->ia", frequency, x)
    network = Network(
        drive.astype(float),
        crosstalk=unit * couplings.astype(float),
        frequency=unit * frequency.astype(float),
    )
    return network, Cells(charts, xi, xi)


def around(rng: np.random.Generator, point: Cells, count: int) -> Cells:
    """Return dyadic cells that hold a point, most of them with it on a face or corner."""
    _, n, size = point.lower.shape
    shape = (count, n, size)
    width = 2.0 ** -rng.integers(1, 36, (count, 1, 1)) * np.ones(shape)
    where = rng.integers(0, 3, shape)
    lower = point.lower - np.where(where == 0, 0.0, np.where(where == 1, width, width / 2))
    return Cells(np.repeat(point.charts, count, axis=0), lower, lower + width)


@pytest.mark.parametrize("turning", [False, True])
@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_cells_with_an_equilibrium_stay(n: int, d: int, turning: bool) -> None:
    rng = np.random.default_rng(100 * n + 10 * d + turning)
    for _ in range(30):
        network, point = planted(rng, n, d, turning)
        system, cells = read_system(network), around(rng, point, 60)
        assert not np.any(krawczyk(system, cells).excludes)
        assert not np.any(excluded_by_minors(system, cells))
        whole = rng.random(cells.charts.shape) < 0.4
        edge = np.ones_like(cells.lower)
        some = Cells(
            np.where(whole, WHOLE, cells.charts),
            np.where(whole[..., None], -edge, cells.lower),
            np.where(whole[..., None], edge, cells.upper),
        )
        assert not np.any(excluded_by_minors(system, some))


@pytest.mark.parametrize(("n", "d"), [(2, 2), (3, 2), (2, 3), (1, 4)])
def test_discarded_cells_hold_none_of_the_equilibria_that_newton_finds(n: int, d: int) -> None:
    rng = np.random.default_rng(7 * n + d)
    discarded = np.zeros(2, dtype=int)
    for _ in range(10):
        turn = rng.standard_normal((n, d, d))
        network = Network(
            rng.standard_normal((n, d)),
            crosstalk=rng.standard_normal((n, n)) * (1 - np.eye(n)),
            frequency=turn - np.swapaxes(turn, 1, 2),
        )
        rest = distinct(find_rest(network, uniform(rng, (100, n), d)), np.zeros((0, n, d)))
        system, cells = read_system(network), random_cells(rng, 800, n, d, deepest=6)
        points, _ = ranges(cells)
        by_minors, by_krawczyk = excluded_by_minors(system, cells), krawczyk(system, cells).excludes
        discarded += np.count_nonzero(by_minors), np.count_nonzero(by_krawczyk)
        for state in rest:
            # Well inside, as the state is rounded.
            hit = np.all(np.abs(points.middle - state) < points.radius - 1e-9, axis=(1, 2))
            xi = state[:, 1:] / (1 + np.abs(state[:, :1]))
            charts = (state[:, 0] < 0).astype(int)
            hit &= np.all(cells.charts == charts, axis=1)
            hit &= np.all((cells.lower < xi) & (xi < cells.upper), axis=(1, 2))
            assert not np.any(hit & (by_minors | by_krawczyk))
    assert np.all(discarded > 100)


def test_the_minor_of_a_turning_plane_is_constant() -> None:
    # |omega| > ||h||: no equilibrium, seen on the largest charted cells at once.
    network = Network([[0.3, 0.4]], frequency=[[[0.0, -2.0], [2.0, 0.0]]])
    cells = Cells(np.array([[0], [1]]), -np.ones((2, 1, 1)), np.ones((2, 1, 1)))
    assert np.all(excluded_by_minors(read_system(network), cells))


def test_a_whole_oscillator_is_never_ruled_out() -> None:
    network = Network([[1.0, 0.0]], frequency=[[[0.0, -2.0], [2.0, 0.0]]])
    assert not excluded_by_minors(read_system(network), root(1, 2))[0]


def test_krawczyk_knows_where_newton_converges() -> None:
    network = Network([[3.0, 4.0]])
    near = Cells(np.array([[0]]), np.array([[[0.4375]]]), np.array([[[0.5625]]]))
    told = krawczyk(read_system(network), near)
    assert told.contracts[0]
    assert not told.excludes[0]
    np.testing.assert_allclose(middles(near)[0, 0], [0.6, 0.8])


def test_a_singular_derivative_is_no_obstacle() -> None:
    system = read_system(Network([[0.0, 0.0]]))
    cell = Cells(np.array([[0]]), np.array([[[0.0]]]), np.array([[[0.5]]]))
    assert not krawczyk(system, cell).excludes[0]
