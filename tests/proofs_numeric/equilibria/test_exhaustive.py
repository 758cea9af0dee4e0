"""The search finds every equilibrium, proves that there are no others, and says what it left."""

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.field import vector_field
from lohe.dynamics.lorentz import lorentz_flow
from lohe.dynamics.network import Network
from lohe.dynamics.topology import complete, ring
from lohe.proofs_numeric.equilibria.cells import beyond, inside, root, split
from lohe.proofs_numeric.equilibria.discards import excluded_by_minors, krawczyk
from lohe.proofs_numeric.equilibria.exhaustive import Search, search
from lohe.proofs_numeric.equilibria.system import read_system


def random_network(
    rng: np.random.Generator, n: int, d: int, coupling: float, turning: float = 0.0
) -> Network:
    matrix = rng.standard_normal((n, n)) * coupling
    turn = rng.standard_normal((n, d, d)) * turning
    return Network(
        rng.standard_normal((n, d)),
        crosstalk=np.triu(matrix, 1) + np.triu(matrix, 1).T,
        frequency=turn - np.swapaxes(turn, 1, 2),
    )


def replay(network: Network, found: Search) -> None:
    """Walk the tree level by level: every leaf must hold what its label says."""
    assert found.tree is not None
    assert found.nodes == len(found.tree)
    levels: list[list[int]] = []
    pending = [0]
    for label in found.tree:  # preorder meets the cells of a level from left to right
        depth = pending.pop()
        if depth == len(levels):
            levels.append([])
        levels[depth].append(label)
        pending += [depth + 1] * 2 * (label >= 0)
    assert not pending
    system, cells = read_system(network), root(network.n, network.d)
    for level in levels:
        labels = np.array(level)
        empty = cells[labels == -1]
        left = empty[~(beyond(empty) | excluded_by_minors(system, empty))]
        if len(left):
            assert np.all(left.charted)
            assert np.all(krawczyk(system, left).excludes)
        for b, box in enumerate(found.enclosures):
            own = cells[labels == -2 - b]
            assert np.all(inside(own, box.charts, box.coordinates, box.outer))
        assert labels.min() >= -1 - len(found.enclosures)
        cells = split(cells[labels >= 0], labels[labels >= 0])
    assert not len(cells)


@pytest.mark.parametrize(("n", "d"), [(1, 2), (3, 2), (1, 3), (2, 3), (1, 5)])
def test_decoupled_networks_have_two_to_the_n(n: int, d: int) -> None:
    network = Network(np.random.default_rng(n + d).standard_normal((n, d)))
    found = search(network)
    replay(network, found)
    assert found.left == ()
    towards = network.drive / np.linalg.norm(network.drive, axis=1, keepdims=True)
    signs = {tuple(np.sign(np.sum(e.points * towards, axis=1))) for e in found.enclosures}
    assert len(found.enclosures) == len(signs) == 2**n
    indices = sorted(e.unstable for e in found.enclosures)  # (d - 1) times the number turned away
    assert indices == sorted((d - 1) * bin(k).count("1") for k in range(2**n))


def test_equilibria_on_the_equator_of_the_charts_are_counted_once() -> None:
    network = Network([[0.0, 1.0], [0.0, -2.0]], crosstalk=[[0.0, 0.125], [0.25, 0.0]])
    found = search(network)
    replay(network, found)
    assert len(found.enclosures) == 4
    network = Network([[0.0, 0.6, 0.8]])
    found = search(network)
    replay(network, found)
    assert len(found.enclosures) == 2


def angles_at_rest(network: Network, size: int = 480) -> int:
    """Count the equilibria of two oscillators at d = 2 by brute force, where no two are close.

    Both velocities change sign, or nearly vanish, on a square of the grid; Newton's method from
    its middle tells which squares hold one.
    """
    grid = 2 * np.pi * np.arange(size) / size

    def velocity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        x = np.stack([np.cos(a), np.sin(a)], -1), np.stack([np.cos(b), np.sin(b)], -1)
        v = vector_field(network, np.stack(x, -2))
        across = np.stack([-np.sin(np.stack([a, b], -1)), np.cos(np.stack([a, b], -1))], -1)
        return np.sum(v * across, axis=-1)

    a, b = np.meshgrid(grid, grid, indexing="ij")
    middle = a + np.pi / size, b + np.pi / size
    value = velocity(*middle)
    force = np.linalg.norm(network.drive, axis=1).max() + np.abs(network.crosstalk).sum()
    near = np.all(np.abs(value) < 4 * force * np.pi / size, axis=-1)
    state = np.stack([middle[0][near], middle[1][near]], -1)
    step = 1e-6
    for _ in range(30):
        here = velocity(state[:, 0], state[:, 1])
        slope = np.stack(
            [
                (velocity(state[:, 0] + step, state[:, 1]) - here) / step,
                (velocity(state[:, 0], state[:, 1] + step) - here) / step,
            ],
            -1,
        )
        move = np.linalg.solve(slope, -here[..., None])[..., 0]
        state = state + np.clip(move, -0.05, 0.05)
    rest = np.max(np.abs(velocity(state[:, 0], state[:, 1])), axis=-1) < 1e-7
    points = np.exp(1j * state[rest])
    return len({(complex(p.round(3)), complex(q.round(3))) for p, q in points + 0.0001j})


@pytest.mark.parametrize("seed", range(4))
def test_two_planar_oscillators_against_a_dense_grid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((2, 2)) * 1.5 * (1 - np.eye(2))
    spin = rng.standard_normal(2) * 0.4
    network = Network(
        rng.standard_normal((2, 2)),
        crosstalk=matrix,
        frequency=[[[0.0, -w], [w, 0.0]] for w in spin],
    )
    found = search(network)
    replay(network, found)
    assert len(found.enclosures) == angles_at_rest(network)


@pytest.mark.parametrize(
    ("n", "d", "coupling", "turning"),
    [(2, 2, 1.0, 0.0), (3, 2, 0.8, 0.3), (1, 3, 0.0, 1.0), (2, 3, 0.7, 0.0), (1, 4, 0.0, 1.0)],
)
@pytest.mark.parametrize("seed", range(2))
def test_the_indices_sum_to_the_euler_characteristic(
    n: int, d: int, coupling: float, turning: float, seed: int
) -> None:
    # Poincare-Hopf: the product of n spheres of dimension d - 1 has 2^n for odd d, 0 for even d.
    network = random_network(np.random.default_rng(seed), n, d, coupling, turning)
    found = search(network)
    replay(network, found)
    assert all(e.unstable is not None for e in found.enclosures)
    total = sum((-1) ** (n * (d - 1) - int(e.unstable or 0)) for e in found.enclosures)
    assert total == (2**n if d % 2 else 0)


def test_a_detuned_oscillator_rests_where_the_theorem_says() -> None:
    # T5 at d = 3: one attracting and one repelling point, the limits of the exact flow.
    network = random_network(np.random.default_rng(3), 1, 3, 0.0, 1.0)
    found = search(network)
    assert sorted(e.unstable for e in found.enclosures) == [0, 2]
    assert network.frequency is not None
    for e in found.enclosures:
        sign = 1.0 if e.unstable == 0 else -1.0
        start = np.array([[0.0, 0.6, 0.8]])
        limit = lorentz_flow(start, network.drive, network.frequency, np.array([200.0 * sign]))
        np.testing.assert_allclose(e.points, limit, atol=1e-9)


def test_the_planar_threshold_of_locking() -> None:
    def turned(omega: float, nodes: int = 2000) -> Search:
        return search(Network([[3.0, 4.0]], frequency=[[[0.0, -omega], [omega, 0.0]]]), nodes=nodes)

    assert [e.unstable for e in turned(4.9).enclosures] in ([0, 1], [1, 0])
    free = turned(5.1)
    assert free.tree is not None
    assert free.enclosures == ()
    parabolic = turned(5.0)
    assert parabolic.tree is None
    # The velocity at angle a is omega + h x u(a): zero at the drive's angle plus a quarter turn.
    assert len(parabolic.left) == 1
    assert parabolic.left[0].startswith("oscillator 0 at 143.1° ± ")


def test_a_continuum_is_left_with_its_place_named() -> None:
    found = search(Network(np.zeros((2, 2)), crosstalk=complete(2)), nodes=3000)
    assert found.tree is None
    assert found.left
    assert found.nodes <= 3000
    still = search(Network([[0.0, 0.0], [1.0, 0.0]]), nodes=3000)
    assert still.tree is None
    assert still.left[0].startswith("oscillator 0 anywhere, oscillator 1 at ")


def test_the_limit_ends_the_search() -> None:
    network = random_network(np.random.default_rng(0), 3, 2, 1.0)
    assert search(network, nodes=1).nodes == 1
    assert search(network, nodes=1).left == ("all oscillators anywhere",)
    early, late = search(network, nodes=100), search(network)
    assert early.tree is None
    assert early.nodes <= 100 < late.nodes
    assert late.tree is not None


def test_large_networks_are_refused() -> None:
    with pytest.raises(InputError, match="17 unknowns are too many"):
        search(Network(np.ones((17, 2))))


def test_the_same_network_gives_the_same_tree() -> None:
    network = random_network(np.random.default_rng(1), 2, 2, 1.0)
    assert search(network).tree == search(network).tree


def test_progress_reaches_its_total() -> None:
    seen: list[tuple[int, int]] = []
    network = random_network(np.random.default_rng(2), 2, 2, 0.5)
    search(network, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


def test_anchors_and_sparse_crosstalk_are_read_exactly() -> None:
    w, r = np.array([[1.0, 2.0], [0.5, 0.25], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    sparse = Network(couplings=w, anchors=r, crosstalk=ring(3, strength=0.25))
    found = search(sparse)
    replay(sparse, found)
    assert len(found.enclosures) == 8
