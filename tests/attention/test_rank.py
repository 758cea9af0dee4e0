"""The rank of a readout is that of polynomials on the sphere; softmax has full rank."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lohe.attention.anchors import unit_anchors
from lohe.attention.rank import effective_rank, numerical_rank, rank_bound, readout_matrix
from lohe.dynamics.errors import InputError


def sphere(rng, *shape):
    return unit_anchors(rng.standard_normal(shape))[0]


@pytest.mark.parametrize(("d", "p"), [(2, 1), (2, 8), (3, 2), (5, 3), (8, 1), (8, 2)])
def test_generic_readouts_reach_the_bound_and_no_more(d, p):
    rng = np.random.default_rng(d + p)
    matrix = readout_matrix(sphere(rng, 2, 90, d), sphere(rng, 2, 80, d), p)
    assert numerical_rank(matrix, 1e-12).tolist() == [rank_bound(d, p)] * 2


@given(st.integers(2, 5), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_no_readout_exceeds_the_bound(d, p, seed):
    rng = np.random.default_rng(seed)
    free = sphere(rng, 40, d) * rng.uniform(0, 1, (40, 1))  # short of making the clamp act
    assert numerical_rank(readout_matrix(sphere(rng, 45, d), free, p)) <= rank_bound(d, p)


def test_normalising_rows_leaves_the_rank_and_softmax_has_full_rank():
    rng = np.random.default_rng(0)
    matrix = readout_matrix(sphere(rng, 30, 4), sphere(rng, 30, 4))
    assert numerical_rank(matrix / matrix.sum(-1, keepdims=True)) == numerical_rank(matrix) == 5
    scores = rng.standard_normal((30, 4)) @ rng.standard_normal((4, 30))
    assert numerical_rank(np.exp(scores)) == 30


def test_effective_rank_is_between_one_and_the_rank():
    rng = np.random.default_rng(1)
    matrix = readout_matrix(sphere(rng, 30, 4), sphere(rng, 30, 4))
    assert 1 < effective_rank(matrix) < 5
    assert effective_rank(np.ones((6, 3))) == pytest.approx(1, abs=1e-12)
    assert effective_rank(7 * np.eye(4)[:3]) == pytest.approx(3, abs=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda: rank_bound(1, 1),
        lambda: rank_bound(2, 1.5),
        lambda: numerical_rank(np.ones(3)),
        lambda: effective_rank([[np.nan]]),
        lambda: effective_rank(np.zeros((2, 3, 3))),
    ],
)
def test_bad_input(call):
    with pytest.raises(InputError):
        call()
