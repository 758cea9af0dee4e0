"""Oscillators in turn: exact probabilities against chains that were followed."""

import numpy as np
import pytest
from scipy.special import betaincinv

from lohe.dynamics.sequential import follow_in_turn, settled_in_turn
from lohe.dynamics.settling import converged_probability, settle
from lohe.dynamics.sphere import norm, uniform


def sampled(drives, t, epsilon, trials, rng):
    """Counts of first starts that leave each oscillator of one chain settled."""
    turns, d = drives.shape
    x = uniform(rng, trials, d)
    counts = []
    for turn in range(turns):
        x = settle(x, drives[turn], t)
        counts.append((norm(x - drives[turn] / norm(drives[turn])) <= epsilon).sum())
    return np.array(counts)


@pytest.mark.parametrize("d", [2, 3, 8])
def test_probabilities_are_those_of_followed_chains(d):
    rng = np.random.default_rng(d)
    trials, turns = 20_000, 12
    # Weak drives near each other, so that chances are neither 0 nor 1, and one that undoes much.
    drives = 0.1 * (uniform(rng, turns, d) + uniform(rng, (), d))
    drives[7] *= -5
    chance = settled_in_turn(drives, 2.0, 1.2)
    assert ((chance > 0.01) & (chance < 0.99)).sum() > turns / 2
    counts = sampled(drives, 2.0, 1.2, trials, rng)
    tail = 1e-9
    lower = np.where(counts > 0, betaincinv(np.maximum(counts, 1), trials - counts + 1, tail), 0)
    upper = 1 - np.where(
        counts < trials, betaincinv(np.maximum(trials - counts, 1), counts + 1, tail), 0
    )
    assert np.all((lower <= chance) & (chance <= upper))


def test_the_first_starts_at_random():
    drives = np.random.default_rng(0).standard_normal((30, 1, 3))
    expected = converged_probability(norm(drives[:, 0]), 1.0, 0.3, 3)
    np.testing.assert_allclose(settled_in_turn(drives, 1.0, 0.3)[:, 0], expected, rtol=1e-9)


def test_equal_drives_add_up_their_turns():
    drives = np.tile([0.2, -0.1, 0.3], (6, 1))
    expected = converged_probability(norm(drives[0]), 2.0 * np.arange(1, 7), 0.1, 3)
    np.testing.assert_allclose(settled_in_turn(drives, 2.0, 0.1), expected, rtol=1e-9)


def test_opposite_drives_undo_each_other():
    drives = np.array([[0.5, 0.0], [-0.5, 0.0], [0.5, 0.0]])
    chance = settled_in_turn(drives, 2.0, 0.1)
    np.testing.assert_allclose(chance[2], chance[0], rtol=1e-9)
    lone = converged_probability(0.0, 0.0, 0.1, 2)
    assert chance[1] > lone


def test_without_drive_nothing_settles_and_the_state_is_handed_on():
    drives = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    chance = settled_in_turn(drives, 1.0, 0.2)
    assert chance[1] == 0
    np.testing.assert_allclose(chance[2], converged_probability(1.0, 2.0, 0.2, 2), rtol=1e-9)


def test_chains_are_followed_to_the_turn_that_is_asked_for():
    rng = np.random.default_rng(1)
    starts, drives = uniform(rng, 9, 3), rng.standard_normal((9, 4, 3))
    stops = np.array([0, 1, 2, 3, 0, 1, 2, 3, 3])
    found = follow_in_turn(starts, drives, 0.7, stops)
    for chain, stop in enumerate(stops):
        x = starts[chain]
        for turn in range(stop + 1):
            x = settle(x, drives[chain, turn], 0.7)
        np.testing.assert_allclose(found[chain], x, rtol=1e-12)
