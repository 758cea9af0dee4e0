"""The estimated operator norm against singular values and sums."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from lohe.dynamics.crosstalk_norm import crosstalk_norm


@pytest.mark.parametrize("layout", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300])
def test_it_is_the_largest_singular_value_up_to_a_few_per_cent(layout, size):
    matrix = np.random.default_rng(0).standard_normal((40, 40))
    found = crosstalk_norm(layout(size * matrix)) / size
    assert 0.9 < found / np.linalg.norm(matrix, ord=2) <= 1 + 1e-12


def test_one_oscillator_that_many_hear_counts_by_what_each_hears():
    star = np.zeros((101, 101))
    star[1:, 0] = 0.1
    assert crosstalk_norm(star) == pytest.approx(0.1)
    assert crosstalk_norm(star.T) == pytest.approx(0.1)
    assert crosstalk_norm(star + star.T) == pytest.approx(1.0)


def test_nothing_has_no_size():
    assert crosstalk_norm(np.zeros((3, 3))) == 0.0
    assert crosstalk_norm(sparse.csr_array((3, 3))) == 0.0
