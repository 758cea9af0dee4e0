"""Intervals that hold the mean difference where few runs fail."""

import numpy as np
import pytest

from lohe.proofs_numeric.statistics.failing import difference_with_failures
from lohe.proofs_numeric.statistics.paired import paired_difference


@pytest.mark.parametrize("chance", [0.02, 0.1, 0.2])
def test_rare_failures_are_allowed_for_where_student_misses_them(chance):
    rng = np.random.default_rng(3)
    truth = chance * (0.97 - 0.6)
    held, student = 0, 0
    for _ in range(300):
        left = 0.97 + 0.003 * rng.standard_normal(20)
        right = np.where(
            rng.random(20) < chance,
            0.6 + 0.1 * rng.standard_normal(20),
            0.97 + 0.003 * rng.standard_normal(20),
        )
        held += difference_with_failures(left, right, 0.85).holds(truth)
        student += paired_difference(left, right).mean.holds(truth)
    assert held >= 285 > student


def test_many_failures_are_seen_and_sides_are_symmetric():
    good, bad = [0.95] * 200, [0.2] * 180 + [0.95] * 20
    found = difference_with_failures(good, bad, 0.85)
    assert found.holds(0.75 * 0.9)
    mirrored = difference_with_failures(bad, good, 0.85)
    assert (mirrored.lower, mirrored.upper) == (-found.upper, -found.lower)


def test_runs_that_all_failed_tell_nothing():
    found = difference_with_failures([0.5, 0.4], [0.3, 0.9], 0.85)
    assert (found.lower, found.upper) == (-1, 1)


@pytest.mark.parametrize("failures", [0, 3])
def test_sides_are_symmetric_where_one_is_worse_in_every_run(failures):
    """Both ends lie between what the usual runs and what failures of one side alone would say."""
    rng = np.random.default_rng(1)
    left = 0.90 + 0.001 * rng.standard_normal(30)
    right = 0.95 + 0.001 * rng.standard_normal(30)
    left[:failures] = 0.3
    found = difference_with_failures(left, right, 0.85)
    mirrored = difference_with_failures(right, left, 0.85)
    assert (mirrored.lower, mirrored.upper) == (-found.upper, -found.lower)
    usual = paired_difference(left[failures:], right[failures:]).mean
    assert found.lower < usual.lower <= usual.upper < found.upper
    assert found.upper > 0 > usual.upper  # unseen failures of the other side could turn it round
    least_usual = 1 - failures / 30 - 0.35
    assert found.upper < usual.upper * least_usual + 0.2


@pytest.mark.parametrize(("runs", "confidence"), [(20, 0.95), (50, 0.99)])
def test_a_failure_that_was_not_seen_is_bounded_by_a_third_of_the_error(runs, confidence):
    """Of equal runs the interval is Clopper and Pearson's for no failure, to either side."""
    found = difference_with_failures([0.9] * runs, [0.9] * runs, 0.8, confidence)
    unseen = 1 - ((1 - confidence) / 3) ** (1 / runs)
    assert (found.lower, found.upper) == (pytest.approx(-unseen), pytest.approx(unseen))
