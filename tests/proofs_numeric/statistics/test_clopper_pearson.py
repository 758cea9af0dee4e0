"""Clopper-Pearson bounds against the binomial tails that define them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson


@given(st.integers(1, 5000), st.floats(0, 1), st.sampled_from([0.5, 0.9, 0.99, 0.999999]))
@settings(max_examples=60)
def test_bounds_are_where_the_tails_have_the_stated_chance(n, share, confidence):
    k = round(share * n)
    lower, upper = clopper_pearson(k, n, confidence)
    tail = (1 - confidence) / 2
    assert 0 <= lower <= k / n <= upper <= 1
    if k > 0:
        assert binom.sf(k - 1, n, lower) == pytest.approx(tail, rel=1e-6)
    if k < n:
        assert binom.cdf(k, n, upper) == pytest.approx(tail, rel=1e-6)


def test_no_success_and_no_failure():
    assert clopper_pearson(0, 10, 0.9)[0] == 0
    assert clopper_pearson(10, 10, 0.9)[1] == 1
    # (1 - upper)^n = tail, in closed form.
    assert clopper_pearson(0, 10, 0.9)[1] == pytest.approx(1 - 0.05 ** (1 / 10), rel=1e-12)
    assert clopper_pearson(10, 10, 0.9)[0] == pytest.approx(0.05 ** (1 / 10), rel=1e-12)


@pytest.mark.parametrize("p", [0.003, 0.2, 0.5, 0.97])
def test_the_true_probability_is_covered_as_often_as_stated(p):
    n, confidence = 60, 0.9
    counts = np.arange(n + 1)
    bounds = np.array([clopper_pearson(int(k), n, confidence) for k in counts])
    held = (bounds[:, 0] <= p) & (p <= bounds[:, 1])
    assert binom.pmf(counts[held], n, p).sum() >= confidence


@pytest.mark.parametrize("bad", [(-1, 5, 0.9), (6, 5, 0.9), (0, 0, 0.9), (1, 5, 0.0), (1, 5, 1.0)])
def test_counts_and_confidence_must_make_sense(bad):
    with pytest.raises(InputError):
        clopper_pearson(*bad)
