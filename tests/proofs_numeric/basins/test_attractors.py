"""Telling resting states apart: the same for any order, rotation and slow arrival."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from lohe.dynamics.errors import InputError
from lohe.dynamics.field import residual
from lohe.dynamics.gallery import anchored_circulant, anchored_pair, consensus
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import normalise, uniform
from lohe.proofs_numeric.basins import attractors, catalogue
from lohe.proofs_numeric.basins.attractors import distinct_states
from lohe.proofs_numeric.basins.catalogue import APART, MOVING, UNTOLD, Likeness
from lohe.proofs_numeric.equilibria.newton import find_rest

RING = anchored_circulant(8)


def twisted(turns, n=8):
    angles = 2 * np.pi * turns * np.arange(n) / n
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def near(point, count, size, seed=0):
    noise = size * np.random.default_rng(seed).standard_normal((count, *point.shape))
    return np.moveaxis(normalise(point + noise), 0, -1)


def ring_states(size=1e-6):
    points = find_rest(RING, np.array([twisted(q) for q in (0, 1, -1)]))
    return points, np.concatenate([near(p, 5, size) for p in points], axis=-1)


def test_twisted_states_of_a_ring_are_three():
    points, states = ring_states()
    found, kinds = distinct_states(RING, states)
    assert kinds.tolist() == [0] * 5 + [1] * 5 + [2] * 5
    assert np.abs(found - points).max() < 1e-9
    assert residual(RING, found).max() < 1e-10


def test_slow_arrivals_fall_together():
    # The slowest rate is 0.03: states that hardly move may still be this far away.
    _, states = ring_states(size=1e-2)
    found, kinds = distinct_states(RING, states)
    assert kinds.tolist() == [0] * 5 + [1] * 5 + [2] * 5
    assert len(found) == 3


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(15)))
def test_the_order_of_the_states_only_renames_the_kinds(order):
    points, states = ring_states()
    found, kinds = distinct_states(RING, np.ascontiguousarray(states[..., list(order)]))
    # Kinds are numbered as they are met.
    assert kinds[0] == 0
    assert [kinds.tolist().index(k) for k in range(3)] == sorted(
        kinds.tolist().index(k) for k in range(3)
    )
    truth = np.repeat([0, 1, 2], 5)[list(order)]
    for k in range(3):
        same = truth[kinds == k]
        assert len(set(same.tolist())) == 1
        assert np.abs(found[k] - points[same[0]]).max() < 1e-9


def test_states_next_to_the_reference_are_still_moving():
    points, states = ring_states(size=1e-2)
    found, kinds = distinct_states(RING, states, reference=points[0])
    assert kinds.tolist() == [MOVING] * 5 + [0] * 5 + [1] * 5
    assert np.abs(found - points[1:]).max() < 1e-9


def test_a_slow_passage_of_a_saddle_is_moving():
    pair = anchored_pair(3.0)
    saddle = np.array([[1.0, 0.0], [-1.0, 0.0]])
    rest = np.array([[1.0, 0.0], [1.0, 0.0]])
    states = np.concatenate([near(saddle, 3, 1e-7), near(rest, 2, 1e-7)], axis=-1)
    found, kinds = distinct_states(pair, states)
    assert kinds.tolist() == [MOVING] * 3 + [0] * 2
    assert np.abs(found - rest).max() < 1e-9


def test_states_far_from_any_equilibrium_are_moving():
    pair = anchored_pair(3.0)
    across = np.array([[0.0, 1.0], [0.0, -1.0]])
    found, kinds = distinct_states(pair, across[..., np.newaxis])
    assert kinds.tolist() == [MOVING]
    assert found.shape == (0, 2, 2)


def test_without_states_there_are_no_kinds():
    found, kinds = distinct_states(RING, np.empty((8, 2, 0)))
    assert found.shape == (0, 8, 2)
    assert kinds.shape == (0,)


def test_states_beyond_reach_of_their_equilibrium_are_moving():
    points, _ = ring_states()
    states = np.concatenate([near(points[1], 20, 1e-4), near(points[1], 20, 1e-2)], axis=-1)
    gaps = Likeness(RING).gaps(states, points[1])
    found, kinds = distinct_states(RING, states, reach=1e-3)
    assert np.array_equal(kinds == 0, gaps <= 1e-3)
    assert np.array_equal(kinds == MOVING, gaps > 1e-3)
    assert 0 < np.count_nonzero(kinds) < 40
    assert np.abs(found - points[1]).max() < 1e-9


def test_thousands_of_states_are_told_apart():
    points, _ = ring_states()
    truth = np.random.default_rng(0).integers(3, size=3000)
    noise = 3e-3 * np.random.default_rng(1).standard_normal((3000, 8, 2))
    states = np.moveaxis(normalise(points[truth] + noise), 0, -1)
    found, kinds = distinct_states(RING, states)
    order = [int(np.argmin(np.abs(points - one).max(axis=(1, 2)))) for one in found]
    assert sorted(order) == [0, 1, 2]
    assert np.array_equal(np.array(order)[kinds], truth)


def test_beyond_the_most_kinds_states_are_untold():
    _, states = ring_states()
    found, kinds = distinct_states(RING, states, most=2)
    assert len(found) == 2
    assert kinds.tolist() == [0] * 5 + [1] * 5 + [UNTOLD] * 5


def test_states_of_large_networks_are_compared_as_they_come(monkeypatch):
    monkeypatch.setattr(attractors, "MOST_ANGLES", 0)
    monkeypatch.setattr(catalogue, "MOST_ANGLES", 0)
    points, states = ring_states(size=1e-8)
    found, kinds = distinct_states(RING, np.concatenate([states] * 20, axis=-1))
    assert kinds.tolist() == ([0] * 5 + [1] * 5 + [2] * 5) * 20
    assert np.abs(found - points).max() < 1e-5


@pytest.mark.parametrize(("name", "value"), [("MOST_ANGLES", 0), ("_TRIES", 0)])
def test_where_newton_is_not_asked_only_still_states_are_at_rest(monkeypatch, name, value):
    monkeypatch.setattr(attractors, name, value)
    points, _ = ring_states()
    states = np.concatenate([near(points[1], 9, 1e-9), near(points[1], 9, 1e-3)], axis=-1)
    _, kinds = distinct_states(RING, states)
    assert np.all(kinds[:9] == (0 if name == "MOST_ANGLES" else UNTOLD))
    assert np.all(kinds[9:] == MOVING)


def test_states_of_another_shape_are_refused():
    with pytest.raises(InputError, match=r"expected \(8, 2, states\)"):
        distinct_states(RING, np.zeros((2, 8, 3)))


@pytest.mark.parametrize("d", [2, 3, 4])
def test_turned_copies_are_one_where_turning_changes_nothing(d):
    rng = np.random.default_rng(d)
    network = consensus(4, d)
    agreed = np.repeat(uniform(rng, 50, d)[np.newaxis], 4, axis=0)
    states = np.moveaxis(agreed, 1, -1)  # (n, d, B)
    found, kinds = distinct_states(network, np.ascontiguousarray(states))
    assert len(found) == 1
    assert kinds.tolist() == [0] * 50


def test_a_mirror_image_is_another_state():
    free = Network(np.zeros((8, 2)), crosstalk=RING.crosstalk)
    states = np.stack([twisted(1), twisted(-1), np.roll(twisted(1), 3, axis=0)], axis=-1)
    found, kinds = distinct_states(free, states)
    assert len(found) == 2
    assert kinds.tolist() == [0, 1, 0]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_gaps_vanish_for_rotations_alone(seed):
    rng = np.random.default_rng(seed)
    free, x = Likeness(consensus(5, 3)), uniform(rng, 5, 3)
    turned = x @ Rotation.random(random_state=rng.integers(2**31)).as_matrix().T
    mirrored = x * [1.0, 1.0, -1.0]
    gaps = free.gaps(np.stack([x, turned, mirrored], axis=-1), x)
    assert gaps[:2].max() < 1e-12
    assert gaps[2] > APART
    held = Likeness(Network(np.ones((5, 3)), crosstalk=free.network.crosstalk))
    assert held.gaps(turned[..., np.newaxis], x)[0] == pytest.approx(
        np.linalg.norm(turned - x, axis=-1).max()
    )


def test_other_continua_are_one_kind():
    # Two of four oscillators hear only each other and may point anywhere together.
    pair = [[0.0, 1.0], [1.0, 0.0]]
    network = Network([[1.0, 0.0], *[[0.0, 0.0]] * 3], crosstalk=np.kron(np.eye(2), pair))
    angles = np.linspace(0, 6, 40)
    free = np.stack([np.cos(angles), np.sin(angles)])
    held = np.repeat([[1.0], [0.0]], 40, axis=1)
    found, kinds = distinct_states(network, np.stack([held, held, free, free]))
    assert len(found) == 1
    assert kinds.tolist() == [0] * 40
