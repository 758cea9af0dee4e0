"""Intervals over seeds and items hold where those over seeds alone do not."""

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.crossed import crossed_mean
from lohe.proofs_numeric.statistics.paired import mean_interval


@pytest.mark.parametrize("of_a_voice", [1, 4])
def test_holds_the_mean_over_all_items_where_student_over_seeds_does_not(of_a_voice):
    rng = np.random.default_rng(0)
    voices, trials = 30, 300
    clusters = np.repeat(np.arange(voices), of_a_voice)
    none = np.zeros_like(clusters)
    held, student = 0, 0
    for _ in range(trials):
        items = np.repeat(rng.standard_normal(voices), of_a_voice)
        table = (
            0.3 + items + 0.1 * rng.standard_normal((5, 1)) + rng.standard_normal((5, len(items)))
        )
        held += crossed_mean(table, clusters, none).holds(0.3)
        student += mean_interval(table.mean(axis=1)).holds(0.3)
    assert 0.92 * trials < held
    assert student < 0.8 * trials


def test_without_a_spread_of_items_it_is_student_s():
    table = np.repeat([[0.1], [0.4], [0.3]], 50, axis=1)
    found, wanted = crossed_mean(table, np.arange(50), np.zeros(50)), mean_interval([0.1, 0.4, 0.3])
    assert (found.lower, found.upper) == pytest.approx((wanted.lower, wanted.upper))


def test_strata_are_averaged_first_and_are_no_chance():
    table = np.array([[1.0, 1, 1, 0], [1, 1, 1, 0]])
    found = crossed_mean(table, np.arange(4), [0, 0, 0, 1])
    assert (found.value, found.lower, found.upper) == (0.5, 0.5, 0.5)
    assert crossed_mean(table, np.arange(4), np.zeros(4)).value == 0.75


def test_clusters_and_seeds_must_be_several():
    table = np.ones((2, 3))
    assert crossed_mean(table, [7, 7, 7], [0, 0, 0]).upper == np.inf
    assert crossed_mean(table[:1], [0, 1, 2], [0, 0, 0]).lower == -np.inf
    with pytest.raises(InputError, match=r"shape \(2, 3\)"):
        crossed_mean(table, [0, 1], [0, 0, 0])
