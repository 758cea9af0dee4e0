"""The test of paired differences is exact, and valid where scores are rarely very bad."""

from itertools import product

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.sign_flips import sign_flip_test


def test_counts_all_signs():
    values = np.array([0.3, -0.1, 0.2, 0.2, 0.5])
    sums = [np.dot(values, signs) for signs in product([-1, 1], repeat=5)]
    assert sign_flip_test(values) == np.mean(np.abs(sums) >= values.sum() - 1e-9)
    assert sign_flip_test(-values) == sign_flip_test(values)
    assert sign_flip_test(np.zeros(4)) == 1


def test_refutes_nothing_that_is_true_more_often_than_it_says():
    rng = np.random.default_rng(0)
    scores = np.where(rng.random((2, 400, 12)) < 0.1, 0.6, 0.97) + 0.01 * rng.random((2, 400, 12))
    refuted = [sign_flip_test(row) < 0.05 for row in scores[0] - scores[1]]
    assert np.mean(refuted) < 0.08


def test_more_pairs_are_sampled():
    rng = np.random.default_rng(1)
    values = 0.35 + rng.standard_normal(30)
    sampled = sign_flip_test(values)
    assert sampled == sign_flip_test(values)
    assert 0.002 < sampled < 0.2
    assert sign_flip_test(np.ones(40)) == pytest.approx(2**-20)


def test_needs_a_pair():
    with pytest.raises(InputError, match="need one"):
        sign_flip_test([])
