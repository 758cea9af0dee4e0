"""Bounds from weighted trials: the error over all times, the capital by hand, limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics import weighted
from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson
from lohe.proofs_numeric.statistics.weighted import weighted_bounds

SMALL, LARGE = 0.25, 2.0


@pytest.fixture(scope="module")
def outcomes():
    """Bounds for every number of small and large weights in up to 11 trials."""
    return {
        (n, i, j): weighted_bounds([SMALL] * i + [LARGE] * j, n, LARGE, 0.8)
        for n in range(1, 12)
        for i in range(n + 1)
        for j in range(n + 1 - i)
    }


@pytest.mark.parametrize("chances", [(0.3, 0.05), (0.02, 0.4), (0.9, 0.1), (0.0, 0.01), (0.5, 0.0)])
def test_the_error_over_all_times_is_kept_exactly(outcomes, chances):
    first, second = chances
    truth = SMALL * first + LARGE * second
    alive = {(0, 0): 1.0}
    for n in range(1, 12):
        then: dict[tuple[int, int], float] = {}
        for (i, j), chance in alive.items():
            for to, step in (
                ((i, j), 1 - first - second),
                ((i + 1, j), first),
                ((i, j + 1), second),
            ):
                lower, upper = outcomes[n, *to]
                if lower <= truth * (1 + 1e-12) and truth <= upper * (1 + 1e-12):
                    then[to] = then.get(to, 0.0) + chance * step
        alive = then
    assert 1 - sum(alive.values()) <= 0.2


def capital(values, trials, mean):
    """Average capital of the gamblers who stake on high values."""
    total = 0.0
    for j in range(31):
        stake = 2.0**-j
        logs = (trials - len(values)) * math.log1p(-stake) if stake < 1 else -math.inf
        if stake == 1 and len(values) == trials:
            logs = 0.0
        logs += sum(math.log(1 - stake + stake * v / mean) for v in values)
        total += (0.25 if j == 0 else 0.025) * math.exp(logs)
    return total


@pytest.mark.parametrize(
    ("values", "trials"), [([0.5] * 4, 60), ([0.01, 0.2, 1.0], 9), ([0.3, 0.4], 2), ([1.0], 10**4)]
)
def test_at_the_bounds_a_gambler_has_won_the_inverse_error(values, trials):
    lower, upper = weighted_bounds(values, trials, 1.0, 0.98)
    assert capital(values, trials, lower) == pytest.approx(100, rel=1e-5)
    mirrored = [1 - v for v in values if v < 1] + [1.0] * (trials - len(values))
    assert capital(mirrored, trials, 1 - upper) == pytest.approx(100, rel=1e-5)


@given(
    st.lists(st.floats(1e-12, 3.0), max_size=12),
    st.integers(12, 10**7),
    st.sampled_from([0.6, 0.99, 1 - 1e-9]),
)
@settings(max_examples=40, deadline=None)
def test_bounds_hold_the_average_and_grow_with_it(values, trials, confidence):
    lower, upper = weighted_bounds(values, trials, 3.0, confidence)
    average = min(1.0, math.fsum(values) / trials)
    assert 0 <= lower <= average <= upper <= 1
    more = weighted_bounds([*values, 1.0], trials + 1, 3.0, confidence)
    fewer = weighted_bounds(values, trials + 1, 3.0, confidence)
    assert fewer[0] <= more[0] * (1 + 1e-6)
    assert fewer[1] <= more[1] * (1 + 1e-6)


def test_order_zeros_and_units_do_not_matter():
    rng = np.random.default_rng(0)
    values = rng.random(50) * 1e-3
    expected = weighted_bounds(values, 4000, 0.5)
    shuffled = np.concatenate([rng.permutation(values), np.zeros(100)])
    assert weighted_bounds(shuffled, 4000, 0.5) == pytest.approx(expected, rel=1e-12)
    scaled = weighted_bounds(values * 1e-3, 4000, 0.5e-3)
    assert scaled == pytest.approx((expected[0] * 1e-3, expected[1] * 1e-3), rel=1e-7)


def test_the_largest_weight_matters_from_above_alone():
    narrow, wide = (weighted_bounds([1e-6] * 40, 2000, largest) for largest in (1e-5, 1.0))
    assert wide[0] == pytest.approx(narrow[0], rel=1e-7)
    assert narrow[1] < 1e-7
    assert wide[1] > 1e-3


@pytest.mark.parametrize("trials", [10, 10**4, 10**8])
@pytest.mark.parametrize("largest", [0.01, 1.0])
def test_without_events_the_upper_bound_is_near_the_best_that_can_be(trials, largest):
    # A probability q of weight `largest` is missed with chance (1 - q)^trials.
    best = largest * (1 - 0.005 ** (1 / trials))
    lower, upper = weighted_bounds([], trials, largest, 0.99)
    assert lower == 0
    assert best < upper < 1.3 * best


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_with_weights_of_one_it_is_close_to_clopper_pearson(share):
    k = round(share * 10_000)
    lower, upper = weighted_bounds(np.ones(k), 10_000, 1.0)
    low, high = clopper_pearson(k, 10_000)
    assert 1 < (share - lower) / (share - low) < 2
    assert 1 < (upper - share) / (high - share) < 2


def test_many_values_are_rounded_outwards_and_hardly(monkeypatch):
    values = np.random.default_rng(3).random(3000) ** 4
    exact = weighted_bounds(values, 9000, 1.0)
    monkeypatch.setattr(weighted, "_MANY", 100)
    rounded = weighted_bounds(values, 9000, 1.0)
    assert exact[0] * (1 - 2e-3) < rounded[0] < exact[0]
    assert exact[1] < rounded[1] < exact[1] * (1 + 2e-3)


def test_extremes_stay_numbers():
    assert weighted_bounds([], 0, 4.0) == (0.0, 1.0)
    assert weighted_bounds([], 0, 0.5) == (0.0, 0.5)
    lower, upper = weighted_bounds([1e-300, 1e-250], 10**10, 4.0)
    assert 0 <= lower < 1e-200
    assert 0 < upper < 1e-7
    lower, upper = weighted_bounds(np.full(500, 4.0), 500, 4.0, 1 - 1e-12)
    assert (lower, upper) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1.0, 1.0], 1, 1.0), "2 weights of 1 trials"),
        (([2.0], 5, 1.0), "not between 0"),
        (([-1.0], 5, 1.0), "not between 0"),
        (([np.nan], 5, 1.0), "not between 0"),
        (([1.0], 5, math.inf), "not between 0"),
        (([1.0], 5, 1.0, 0.0), "confidence"),
    ],
)
def test_senseless_weights_are_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        weighted_bounds(*arguments)
