"""Sampled shares lie where theory says, by horizon and whatever starts."""

import numpy as np
import pytest

from lohe.dynamics.network import Network
from lohe.dynamics.settling import converged_probability
from lohe.proofs_numeric.experiments.convergence import (
    random_starts,
    sequential_chance,
    sequential_starts,
)
from lohe.proofs_numeric.experiments.population import Population
from lohe.proofs_numeric.experiments.share import share

SURE = 1 - 1e-9


def test_random_starts_settle_as_t2_says(population):
    rng = np.random.default_rng(0)
    times = (0.0, 5.0, 30.0, 100.0)
    settled, chance = random_starts(population, times, 0.05, 20_000, rng=rng)
    assert np.all(np.diff(settled.astype(int), axis=0) >= 0)  # what has settled stays so
    assert 0.05 < chance[2] < 0.95
    for row, predicted in zip(settled, chance, strict=True):
        assert share(row, predicted, SURE, 1).inside
    each = converged_probability(population.norms, 30.0, 0.05, population.d)
    assert chance[2] == pytest.approx(each.mean())


def test_sequential_starts_settle_as_the_chain_of_caps_says(population):
    settled = sequential_starts(population, 30.0, 0.05, 20_000, rng=np.random.default_rng(1))
    chance = sequential_chance(population, 30.0, 0.05)
    assert 0.05 < chance.mean() < 0.95
    assert share(settled, chance.mean(), SURE, 1).inside
    first = population.turn_of == 0
    random = converged_probability(population.norms, 30.0, 0.05, population.d)
    np.testing.assert_allclose(chance[first], random[first], rtol=1e-9)
    assert not np.allclose(chance, random, rtol=0.1)


def test_without_drive_nothing_settles():
    still = Population("still", (Network(np.zeros((3, 2)), sequence=[0, 0, 0]),))
    rng = np.random.default_rng(0)
    settled, chance = random_starts(still, (9.0,), 0.5, 50, rng=rng)
    assert not settled.any()
    assert not sequential_starts(still, 9.0, 0.5, 50, rng=rng).any()
    assert chance[0] == 0
    assert not sequential_chance(still, 9.0, 0.5).any()


def test_a_wrong_prediction_is_outside(population):
    settled, chance = random_starts(population, (30.0,), 0.05, 20_000, rng=np.random.default_rng(0))
    assert not share(settled[0], chance[0] + 0.03, SURE, 1).inside


def test_bounds_of_a_family_are_wider():
    outcomes = np.arange(100) < 40
    alone, together = (share(outcomes, 0.4, 0.99, family) for family in (1, 20))
    assert together.lower < alone.lower < 0.4 < alone.upper < together.upper
    assert together.confidence == pytest.approx(1 - 0.01 / 20)
    assert alone.document()["inside"] is True
