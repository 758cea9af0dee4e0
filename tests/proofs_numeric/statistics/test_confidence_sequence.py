"""The confidence sequence: exact error over all times, its mixture by quadrature, its limits."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson
from lohe.proofs_numeric.statistics.confidence_sequence import (
    bernoulli_bounds,
    bernoulli_lower,
    bernoulli_upper,
)


@cache
def regions(bounds, last, confidence):
    """Bounds after n = 1 ... last trials, for every count."""
    return [np.array([bounds(k, n, confidence) for k in range(n + 1)]) for n in range(1, last + 1)]


def chance_of_ever_missing(bounds, p, last, confidence):
    """Exact probability that the bounds miss p after some number of trials up to `last`."""
    alive = np.array([1.0])
    for region in regions(bounds, last, confidence):
        alive = np.append(alive * (1 - p), 0.0) + np.append(0.0, alive * p)
        alive[(p < region[:, 0]) | (p > region[:, 1])] = 0.0
    return 1 - alive.sum()


@pytest.mark.parametrize("p", [0.03, 0.3, 0.5, 0.8, 0.99])
def test_the_error_over_all_times_is_kept_exactly(p):
    assert chance_of_ever_missing(bernoulli_bounds, p, 36, 0.8) <= 0.2


def test_clopper_pearson_bounds_do_not_keep_it():
    missed = [chance_of_ever_missing(clopper_pearson, p, 36, 0.8) for p in (0.3, 0.5, 0.8)]
    assert min(missed) > 0.3


def first_count_above(bounds, p, n, confidence):
    """Least count whose lower bound exceeds p, found by bisection as the bound is monotone."""
    least, most = 0, n + 1
    while least < most:
        middle = (least + most) // 2
        if middle <= n and bounds(middle, n, confidence)[0] <= p:
            least = middle + 1
        else:
            most = middle
    return least


def test_stopping_when_it_suits_hardly_ever_deceives():
    # Somebody looks at 25 sizes up to 10^5 and stops as soon as the lower bound exceeds the truth.
    p, confidence, paths = 0.9, 0.9, 20_000
    sizes = np.unique(np.geomspace(10, 1e5, 25).astype(int))
    rng = np.random.default_rng(1)
    counts = np.cumsum(rng.binomial(np.diff(sizes, prepend=0), p, size=(paths, len(sizes))), axis=1)
    alarm = {}
    for bounds in (bernoulli_bounds, clopper_pearson):
        limits = [first_count_above(bounds, p, int(n), confidence) for n in sizes]
        alarm[bounds] = np.mean(np.any(counts >= limits, axis=1))
    allowed = (1 - confidence) / 2
    slack = 4 * np.sqrt(allowed / paths)
    assert alarm[bernoulli_bounds] <= allowed + slack
    assert alarm[clopper_pearson] > 3 * allowed


@pytest.mark.parametrize("n", [1, 5, 12])
@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_coverage_at_each_size_by_enumeration(n, confidence):
    bounds = np.array([bernoulli_bounds(k, n, confidence) for k in range(n + 1)])
    chances = [mpmath.binomial(n, k) for k in range(n + 1)]
    for p in np.linspace(0, 1, 41):
        held = (bounds[:, 0] <= p) & (p <= bounds[:, 1])
        covered = sum(
            chances[k] * mpmath.mpf(p) ** k * (1 - mpmath.mpf(p)) ** (n - k)
            for k in np.flatnonzero(held)
        )
        assert covered >= confidence


@pytest.mark.parametrize(("k", "n"), [(1, 1), (1, 30), (7, 9), (30, 30), (150, 200)])
def test_at_the_bound_the_averaged_likelihood_is_the_inverse_error(k, n):
    error = 0.01
    p = mpmath.mpf(bernoulli_lower(k, n, 1 - error))

    def likelihood(q):
        return (q / p) ** k * ((1 - q) / (1 - p)) ** (n - k)

    parts = 0
    for weight, a in ((3, 0.5), (1, 8), (1, 128)):
        # s = r^(1/a) is the law's own inverse, so that r is uniform on [0, 1].
        near_one = lambda r, a=a: likelihood(1 - r ** (1 / mpmath.mpf(a)) * (1 - p))  # noqa: E731
        parts += weight * mpmath.quad(near_one, mpmath.linspace(0, 1, 9))
    parts += mpmath.quad(lambda r: likelihood(p / r**2), mpmath.linspace(mpmath.sqrt(p), 1, 9))
    assert float(parts / 6 * error) == pytest.approx(1, rel=1e-8)
    assert parts / 6 * error >= 1 - 1e-9


@given(st.integers(1, 10**10), st.floats(0, 1), st.sampled_from([0.5, 0.99, 1 - 1e-12]))
@settings(max_examples=40, deadline=None)
def test_bounds_hold_the_frequency_and_mirror_each_other(n, share, confidence):
    k = round(share * n)
    lower, upper = bernoulli_bounds(k, n, confidence)
    assert 0 <= lower <= k / n <= upper <= 1
    mirrored = bernoulli_bounds(n - k, n, confidence)
    assert lower == pytest.approx(1 - mirrored[1], abs=4e-16)
    assert upper == pytest.approx(1 - mirrored[0], abs=4e-16)
    narrow = clopper_pearson(k, n, confidence)
    # 1e-9: SciPy's inverse, not ours, in the last digits.
    assert lower <= narrow[0] * (1 + 1e-9)
    assert upper >= narrow[1] * (1 - 1e-9)


@given(st.integers(1, 10**10), st.floats(0, 1), st.sampled_from([0.9, 1 - 1e-12]))
@settings(max_examples=25, deadline=None)
def test_bounds_never_fall_when_successes_rise(n, share, confidence):
    k = round(share * (n - 1))
    fewer, more = bernoulli_bounds(k, n, confidence), bernoulli_bounds(k + 1, n, confidence)
    assert fewer[0] <= more[0] * (1 + 1e-14)
    assert fewer[1] <= more[1] * (1 + 1e-14)


@pytest.mark.parametrize("n", [10**3, 10**6, 10**10])
def test_if_all_succeed_the_bound_is_at_the_same_multiple_of_one_over_n(n):
    missing = bernoulli_upper(0, n, 0.995)
    assert missing * n == pytest.approx(7.0881, rel=5e-3)
    assert bernoulli_lower(n, n, 0.995) == pytest.approx(1 - missing, abs=4e-16)


def test_extremes():
    assert bernoulli_bounds(0, 0) == (0.0, 1.0)
    assert bernoulli_lower(10**6, 10**6, 1e-12) < 1
    assert bernoulli_lower(0, 10**10) == 0
    assert bernoulli_upper(10**10, 10**10) == 1
    # Few successes among many: bounds on the scale of the frequency, not of 1.
    lower, upper = bernoulli_bounds(10, 10**8)
    assert 1e-8 < lower < 1e-7 < upper < 4e-7


def test_one_sided_bounds_use_the_whole_error():
    lower, upper = bernoulli_bounds(940, 1000, 0.98)
    assert lower == bernoulli_lower(940, 1000, 0.99)
    assert upper == bernoulli_upper(940, 1000, 0.99)
    assert bernoulli_lower(940, 1000, 0.98) > lower


@pytest.mark.parametrize("n", [10**2, 10**4, 10**6])
@pytest.mark.parametrize("p", [0.5, 0.9, 0.99, 1.0])
def test_how_much_wider_than_clopper_pearson(n, p):
    k = round(n * p)
    fixed = k / n - clopper_pearson(k, n)[0]
    assert 1.3 < (k / n - bernoulli_bounds(k, n)[0]) / fixed < 1.7


@pytest.mark.parametrize("bad", [(-1, 5, 0.9), (6, 5, 0.9), (1, 5, 0.0), (1, 5, 1.0)])
def test_counts_and_confidence_must_make_sense(bad):
    with pytest.raises(InputError):
        bernoulli_bounds(*bad)
