"""Intervals hold the truth as often as they say, and are those of the textbooks."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.paired import (
    Estimate,
    mean_interval,
    paired_difference,
    power_law,
    ratio_of_means,
)

NUMBERS = st.floats(-1e3, 1e3, width=32)
DRAWS = 1500


def covered(intervals, truth):
    return np.mean([one.holds(truth) for one in intervals])


@given(arrays(np.float64, st.integers(2, 8), elements=NUMBERS), st.floats(0.5, 0.99))
def test_mean_interval_is_that_of_scipy(values, confidence):
    found = mean_interval(values, confidence)
    if np.ptp(values) > 1e-6:
        wanted = scipy.stats.ttest_1samp(values, 0).confidence_interval(confidence)
        assert (found.lower, found.upper) == pytest.approx((wanted.low, wanted.high), abs=1e-9)
    assert found.count == len(values)


def test_a_paired_difference_forgets_what_seeds_do_to_both():
    rng = np.random.default_rng(0)
    seeds, noise = 100 * rng.standard_normal(6), rng.standard_normal(6)
    found = paired_difference(seeds + noise, seeds)
    alone = mean_interval(noise)
    assert found.mean.lower == pytest.approx(alone.lower)
    assert (found.positive, found.negative) == ((noise > 0).sum(), (noise < 0).sum())
    assert found.ties == 0


def test_one_run_tells_nothing_of_the_spread():
    assert mean_interval([3.0]) == Estimate(3.0, -math.inf, math.inf, 1)
    assert ratio_of_means([1.0], [2.0]) == Estimate(0.5, -math.inf, math.inf, 1)
    constant, exponent = power_law([2, 8], [[4.0, 1.0]])
    assert (constant.lower, constant.upper) == (0.0, math.inf)
    assert exponent.value == pytest.approx(1.0)


def test_ratios_cover_the_truth_and_scale_with_it():
    rng = np.random.default_rng(1)
    truth = 0.25
    both = rng.standard_normal((DRAWS, 5))  # what numerator and denominator have in common
    a = truth * 8 + 0.5 * both + 0.3 * rng.standard_normal((DRAWS, 5))
    b = 8 + both
    found = [ratio_of_means(x, y) for x, y in zip(a, b, strict=True)]
    assert covered(found, truth) == pytest.approx(0.95, abs=0.025)
    doubled = ratio_of_means(2 * a[0], b[0])
    assert doubled.upper == pytest.approx(2 * found[0].upper)


def test_a_ratio_to_what_may_be_nothing_is_unbounded():
    found = ratio_of_means([1.0, 1.1, 0.9], [0.1, -0.1, 0.05])
    assert (found.lower, found.upper) == (-math.inf, math.inf)


def test_power_laws_are_found_and_cover_the_truth():
    rng = np.random.default_rng(2)
    sizes = np.array([2, 4, 8, 16, 32])
    gaps = 11.0 * sizes**-0.4
    constant, exponent = power_law(sizes, [gaps, 2 * gaps, 3 * gaps])
    assert constant.value == pytest.approx(22.0)
    assert (exponent.lower, exponent.upper) == pytest.approx((0.4, 0.4))  # one slope for all
    noisy = gaps + 0.3 * rng.standard_normal((DRAWS, 5, len(sizes)))
    fits = [power_law(sizes, rows) for rows in noisy]
    assert covered([fit[0] for fit in fits], 11.0) == pytest.approx(0.95, abs=0.025)
    assert covered([fit[1] for fit in fits], 0.4) == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: mean_interval([]), "a run"),
        (lambda: mean_interval([1.0], 1.0), "confidence"),
        (lambda: paired_difference([1.0], [1.0, 2.0]), "paired"),
        (lambda: ratio_of_means([1.0], [1.0, 2.0]), "paired"),
        (lambda: power_law([1, 2], [1.0, 2.0]), "row"),
        (lambda: power_law([2, 2], [[1.0, 2.0]]), "two sizes"),
        (lambda: power_law([1, 2], [[1.0, -2.0]]), "positive"),
    ],
)
def test_nonsense_is_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        wrong()


def test_a_power_law_needs_two_sizes_of_any_magnitude():
    constant, exponent = power_law([0.25, 1], [[8.0, 4.0], [8.0, 4.0]])
    assert (constant.value, exponent.value) == (pytest.approx(4), pytest.approx(0.5))
    for sizes in ([1, 1], [0, 1], [-1, 2]):
        with pytest.raises(InputError, match="two sizes or more"):
            power_law(sizes, [[8.0, 4.0]])
    with pytest.raises(InputError, match="positive gaps"):
        power_law([1, 2], [[1.0, 0.0]])
