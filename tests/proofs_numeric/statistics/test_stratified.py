"""Stratified bounds: exact coverage by enumeration, one stratum, known strata."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import comb

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson
from lohe.proofs_numeric.statistics.stratified import error_shares, stratified_bounds

SIZES = (4, 3, 5)
SHARES = (0.7, 0.2, 0.1)


@cache
def all_outcomes(confidence):
    counts = list(product(*(range(n + 1) for n in SIZES)))
    bounds = [stratified_bounds(k, SIZES, SHARES, confidence) for k in counts]
    return np.array(counts), np.array(bounds)


@given(st.tuples(*[st.floats(0, 1)] * 3), st.sampled_from([0.5, 0.8, 0.95]))
@settings(max_examples=80, deadline=None)
def test_coverage_by_enumeration(p, confidence):
    counts, bounds = all_outcomes(confidence)
    chance = np.prod(
        comb(SIZES, counts) * np.power(p, counts) * (1 - np.array(p)) ** (SIZES - counts), axis=1
    )
    truth = np.dot(SHARES, p)
    # 1e-12 is rounding in the truth itself.
    held = (bounds[:, 1] <= truth + 1e-12) & (truth - 1e-12 <= bounds[:, 2])
    assert chance[held].sum() >= confidence - 1e-12
    assert chance @ bounds[:, 0] == pytest.approx(truth, abs=1e-12)


@given(st.integers(0, 50), st.sampled_from([0.5, 0.99]))
@settings(max_examples=30, deadline=None)
def test_a_single_stratum_is_clopper_pearson(k, confidence):
    fraction, *bounds = stratified_bounds([k], [50], [1.0], confidence)
    assert fraction == k / 50
    assert bounds == pytest.approx(clopper_pearson(k, 50, confidence), rel=1e-12, abs=1e-15)


def test_known_strata_count_without_trials_and_share_no_error():
    found = stratified_bounds([0, 40], [0, 50], [0.9, 0.1], known=[1.0, np.nan])
    lower, upper = clopper_pearson(40, 50)
    assert found == pytest.approx((0.98, 0.9 + 0.1 * lower, 0.9 + 0.1 * upper), rel=1e-12)
    assert stratified_bounds([0, 0], [0, 0], [0.5, 0.5], known=[1.0, 0.0]) == (0.5, 0.5, 0.5)


def test_successes_and_failures_change_places():
    k, n, shares = np.array([3, 90, 17]), np.array([20, 100, 20]), [0.5, 0.4, 0.1]
    fraction, lower, upper = stratified_bounds(k, n, shares)
    mirrored = stratified_bounds(n - k, n, shares)
    assert mirrored == pytest.approx((1 - fraction, 1 - upper, 1 - lower), rel=1e-12)


@given(st.lists(st.tuples(st.floats(1e-9, 1), st.integers(1, 10**6)), min_size=1, max_size=8))
def test_shares_of_the_error_add_up_and_leave_no_stratum_without(strata):
    probabilities = np.array([p for p, _ in strata]) / sum(p for p, _ in strata)
    shares = error_shares(probabilities, np.array([n for _, n in strata]))
    assert shares.sum() == pytest.approx(1)
    assert shares.min() >= 0.5 / len(strata)


def test_rare_failures_are_measured_in_their_stratum():
    # Failures fill the stratum u < 1e-9 and nothing else; 1000 trials in each of two strata. From
    # below, no uniform sample of that size would see one.
    fraction, lower, upper = stratified_bounds([0, 1000], [1000, 1000], [1e-9, 1 - 1e-9])
    assert 1 - fraction == pytest.approx(1e-9, rel=1e-6)
    assert 0.99e-9 < 1 - upper <= 1.01e-9
    # From above only if the other stratum is proved to succeed.
    assert 1 - lower > 1e-3
    _, lower, _ = stratified_bounds([0, 0], [1000, 0], [1e-9, 1 - 1e-9], known=[np.nan, 1.0])
    assert 1 - lower == pytest.approx(1e-9, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1], [2], [0.9]), "add up to 0.9"),
        (([1, 1], [2, 0], [0.5, 0.5]), "stratum 1 has no trials"),
        (([1, 1], [2, 2], [1.0]), "one of each"),
        (([3], [2], [1.0]), "not a count"),
        (([1], [2], [1.0], 1.0), "confidence"),
    ],
)
def test_senseless_strata_are_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        stratified_bounds(*arguments)


def test_a_known_probability_must_be_one():
    with pytest.raises(InputError, match="not between 0 and 1"):
        stratified_bounds([1], [2], [1.0], known=[1.5])


@pytest.mark.parametrize(("count", "known"), [(1, 1.0), (1, 0.0)])
def test_counts_that_contradict_what_is_known_are_not_dropped(count, known):
    with pytest.raises(InputError, match="stratum 1 has 1 successes of 2"):
        stratified_bounds([1, count], [2, 2], [0.5, 0.5], known=[np.nan, known])
