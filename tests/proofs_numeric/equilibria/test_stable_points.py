"""Stable equilibria are found from random starts, told apart and proved; guesses are only that."""

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.field import residual, vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform
from lohe.dynamics.topology import complete, ring
from lohe.proofs_numeric.equilibria.newton import distinct, find_rest, tangent_jacobians
from lohe.proofs_numeric.equilibria.stable_points import apart, stable_points


def anchored_ring(n: int = 8, strength: float = 0.3) -> Network:
    drive = np.zeros((n, 2))
    drive[0, 0] = strength
    return Network(drive, crosstalk=ring(n))


def test_a_ring_has_more_than_one_stable_equilibrium() -> None:
    found = stable_points(anchored_ring())
    assert [e.unstable for e in found] == [0, 0]
    assert apart(*found)
    assert all(residual(anchored_ring(), e.points) < 1e-12 for e in found)
    assert len(stable_points(anchored_ring(), enough=3)) == 3


def test_the_same_seed_finds_the_same() -> None:
    first, second = (stable_points(anchored_ring(), seed=5) for _ in range(2))
    assert all(
        np.array_equal(a.coordinates, b.coordinates) for a, b in zip(first, second, strict=True)
    )


def test_a_certain_network_has_one() -> None:
    drive = uniform(np.random.default_rng(0), 20, 3) * 3
    found = stable_points(Network(drive, crosstalk=complete(20, strength=0.05)))
    assert len(found) == 1
    assert not apart(found[0], found[0])


def test_nothing_is_claimed_of_a_continuum_or_of_no_force() -> None:
    assert stable_points(Network(np.zeros((4, 3)), crosstalk=complete(4)), starts=8) == ()
    assert stable_points(Network(np.zeros((2, 2)))) == ()


def test_a_turning_oscillator_has_none() -> None:
    assert stable_points(Network([[1.0, 0.0]], frequency=[[[0, -2], [2, 0]]]), starts=8) == ()


@pytest.mark.parametrize("options", [{"starts": 0}, {"enough": 0}])
def test_useless_options_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(InputError, match="at least 1"):
        stable_points(anchored_ring(), **options)


@pytest.mark.parametrize("d", [2, 3, 4])
def test_tangent_jacobians_match_differences(d: int) -> None:
    rng = np.random.default_rng(d)
    turn = rng.standard_normal((3, d, d))
    network = Network(
        rng.standard_normal((3, d)),
        crosstalk=rng.standard_normal((3, 3)) * (1 - np.eye(3)),
        frequency=turn - np.swapaxes(turn, 1, 2),
    )
    rest = uniform(rng, (5, 3), d)  # in a fixed frame, the derivative is the same anywhere
    frames, jacobians = tangent_jacobians(network, rest)
    eye = np.broadcast_to(np.eye(d - 1), (len(rest), 3, d - 1, d - 1))
    np.testing.assert_allclose(np.swapaxes(frames, -1, -2) @ frames, eye, atol=1e-13)
    np.testing.assert_allclose(rest[..., np.newaxis, :] @ frames, 0, atol=1e-13)
    step = 1e-6
    for column in range(3 * (d - 1)):
        i, j = divmod(column, d - 1)
        moved = rest.copy()
        moved[:, i] += step * frames[:, i, :, j]
        moved /= np.linalg.norm(moved, axis=-1, keepdims=True)
        speed = vector_field(network, moved) - vector_field(network, rest)
        slope = (np.swapaxes(frames, -1, -2) @ speed[..., np.newaxis])[..., 0] / step
        np.testing.assert_allclose(slope.reshape(len(rest), -1), jacobians[:, :, column], atol=2e-5)


def test_newton_finds_every_equilibrium_of_a_decoupled_network() -> None:
    network = Network(np.random.default_rng(1).standard_normal((4, 3)))
    starts = uniform(np.random.default_rng(2), (300, 4), 3)
    rest = find_rest(network, starts)
    assert len(distinct(rest, rest[:0])) == 16
    assert len(distinct(rest, distinct(rest, rest[:0]))) == 0


def test_states_are_told_apart_by_their_largest_coordinate_gap() -> None:
    x = np.array([[[1.0, 0.0]], [[1.0, 1e-9]], [[0.0, 1.0]], [[0.0, 1.0]]])
    assert distinct(x, x[:0]).tolist() == [[[1.0, 0.0]], [[0.0, 1.0]]]
    assert len(distinct(x, x[2:3])) == 1
    # Neighbours on either side of a rounding boundary are one state.
    near = np.array([[[0.5e-6 - 1e-12, 1.0]], [[0.5e-6 + 1e-12, 1.0]]])
    assert len(distinct(near, near[:0])) == 1
