"""The gallery builds the networks that its sources speak of."""

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.field import vector_field
from lohe.dynamics.gallery import (
    anchored_circulant,
    consensus,
    detuned,
    opposed_anchors,
    quaternion,
    three_kuramoto,
    two_kuramoto,
)
from lohe.dynamics.network import Network


def angular_velocity(network: Network, angles: np.ndarray) -> np.ndarray:
    x = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    across = np.stack([-np.sin(angles), np.cos(angles)], axis=-1)
    return np.sum(vector_field(network, x) * across, axis=-1)


def test_twisted_states_rest_but_for_the_anchor() -> None:
    angles = 2 * np.pi * np.arange(11) / 11
    free = anchored_circulant(11, reach=3, strength=0.0)
    for q in range(-5, 6):
        np.testing.assert_allclose(angular_velocity(free, q * angles), 0, atol=1e-13)
    assert np.all(np.asarray(free.crosstalk).sum(axis=1) == 6)


@pytest.mark.parametrize("reach", [0, 4, 5])
def test_a_reach_around_the_ring_is_refused(reach: int) -> None:
    with pytest.raises(InputError, match=f"reach {reach} does not fit 8"):
        anchored_circulant(8, reach=reach)


def test_two_oscillators_are_one_phase_difference() -> None:
    phase = np.linspace(-3, 3, 7)
    for value in phase:
        found = angular_velocity(two_kuramoto(2.0, 0.5), np.array([value]))
        np.testing.assert_allclose(found, 0.5 - 2 * np.sin(value), atol=1e-14)


def test_three_oscillators_are_kuramoto_s_with_the_middle_one_held() -> None:
    k, w, theta = 2.5, 0.7, np.array([0.3, 0.0, -1.1])
    sines = np.sin(theta[np.newaxis] - theta[:, np.newaxis]).sum(axis=1)
    expected = np.array([-w, 0.0, w]) + k / 3 * sines
    found = angular_velocity(three_kuramoto(k, w), theta[[0, 2]])
    np.testing.assert_allclose(found, expected[[0, 2]], atol=1e-14)


def test_quaternions_turn_from_the_left() -> None:
    frequency = quaternion(1.0, (0.5, -2.0, 3.0)).frequency
    assert frequency is not None
    # (0.5 i - 2 j + 3 k) times 1, i, j, k.
    np.testing.assert_array_equal(
        frequency[0].T,
        [[0, 0.5, -2, 3], [-0.5, 0, 3, 2], [2, -3, 0, 0.5], [-3, -2, -0.5, 0]],
    )


def test_random_frequencies_are_skew_and_repeatable() -> None:
    first, second = (detuned(4, 5, 2.0, rng=np.random.default_rng(1)) for _ in range(2))
    assert first.digest == second.digest
    np.testing.assert_allclose(np.linalg.norm(first.drive, axis=1), 1)
    assert 1.0 < np.std(np.asarray(first.frequency)[:, *np.triu_indices(4, 1)]) < 3.0


def test_consensus_has_no_anchor_and_opposed_anchors_can_cancel() -> None:
    assert not consensus(3, 4).drive.any()
    assert not opposed_anchors(3).drive.any()
    assert opposed_anchors(3, balance=0.25).drive.tolist() == [[0.75, 0.0, 0.0]]
