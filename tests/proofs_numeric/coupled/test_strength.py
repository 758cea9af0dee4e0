"""Row sums, norms of frequencies and the test of symmetry, against exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from coupled_oracle import rows
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled import strength

SIGNED = st.floats(-1e3, 1e3, allow_subnormal=True)


def coupled(matrix, d=2):
    return Network(np.ones((matrix.shape[0], d)), crosstalk=matrix)


@given(hnp.arrays(np.float64, (5, 5), elements=SIGNED), st.integers(-1040, 1000))
@settings(max_examples=60)
def test_row_sums_are_bounded_from_above_dense_and_sparse(matrix, exponent):
    np.fill_diagonal(matrix, 0)
    with np.errstate(all="ignore"):
        matrix = np.ldexp(matrix, exponent)
    for form in (matrix, sparse.csr_array(matrix)):
        network = coupled(form)
        upper = strength.crosstalk_sums_upper(network)
        for i, row in enumerate(matrix):
            exact = sum((abs(Fraction(x)) for x in row.tolist()), Fraction(0))
            assert strength.crosstalk_sum_exactly(network, i) == exact
            assert upper[i] == np.inf or exact <= Fraction(upper[i])
            if exact > Fraction(2) ** -900 and exact < Fraction(2) ** 1023:
                assert upper[i] <= float(exact) * (1 + 1e-14)


@given(
    hnp.arrays(np.float64, (4, 4), elements=SIGNED),
    hnp.arrays(np.float64, 4, elements=st.floats(0, 1)),
    st.integers(-1040, 180),
)
@settings(max_examples=40)
def test_weighted_row_sums_are_bounded_from_above(matrix, sizes, exponent):
    np.fill_diagonal(matrix, 0)
    with np.errstate(all="ignore"):
        matrix = np.ldexp(matrix, exponent)
    for form in (matrix, sparse.csr_array(matrix)):
        upper = strength.heard_upper(coupled(form), sizes)
        for i, row in enumerate(matrix.tolist()):
            pairs = zip(row, sizes.tolist(), strict=True)
            exact = sum((abs(Fraction(x)) * Fraction(w) for x, w in pairs), Fraction(0))
            assert exact <= Fraction(upper[i])
            if exact > Fraction(2) ** -900:
                assert upper[i] <= float(exact) * (1 + 1e-14)


def test_sums_that_rounding_makes_too_small_are_still_bounded():
    # Added in order, each 2^-53 is lost beside 1.
    row = np.full(1500, 2.0**-53)
    row[1] = 1.0
    matrix = np.zeros((1500, 1500))
    matrix[0] = row
    matrix[0, 0] = 0.0
    exact = 1 + 1498 * Fraction(2) ** -53
    for form in (matrix, sparse.csr_array(matrix)):
        assert Fraction(strength.crosstalk_sums_upper(coupled(form))[0]) >= exact


def test_row_sums_beyond_the_largest_float_are_infinite():
    matrix = np.full((3, 3), 1.5e308)
    np.fill_diagonal(matrix, 0)
    assert np.all(np.isinf(strength.crosstalk_sums_upper(coupled(matrix))))
    assert strength.crosstalk_sum_exactly(coupled(matrix), 0) == 2 * Fraction(1.5e308)


@given(hnp.arrays(np.float64, (2, 3), elements=SIGNED), st.integers(-1060, 1000))
@settings(max_examples=60)
def test_frequencies_are_bounded_from_above(entries, exponent):
    with np.errstate(all="ignore"):
        entries = np.ldexp(entries, exponent)
    turns = np.zeros((2, 3, 3))
    turns[:, *np.triu_indices(3, 1)] = entries
    turns -= np.swapaxes(turns, 1, 2)
    network = Network(np.ones((2, 3)), frequency=turns)
    upper = strength.frequency_norms_upper(network)
    for i, row in enumerate(entries):
        square = sum((Fraction(x) ** 2 for x in row.tolist()), Fraction(0))
        assert strength.frequency_norm_up(network, i) ** 2 >= square
        assert upper[i] == np.inf or Fraction(upper[i]) ** 2 >= square
        assert (upper[i] == 0) == (square == 0)


@pytest.mark.parametrize("d", [2, 3, 5, 8])
def test_the_frobenius_bound_is_one_of_the_spectral_norm_and_tight_in_low_dimension(d):
    a = np.random.default_rng(d).standard_normal((4, d, d))
    a -= np.swapaxes(a, 1, 2)
    upper = strength.frequency_norms_upper(Network(np.ones((4, d)), frequency=a))
    spectral = np.linalg.norm(a, ord=2, axis=(1, 2))
    assert np.all(upper >= spectral * (1 - 1e-14))
    if d <= 3:
        assert np.allclose(upper, spectral, rtol=1e-13)


@pytest.mark.parametrize("place", [(0, 1), (1400, 3), (1100, 1300), (1499, 1498)])
def test_one_asymmetric_entry_is_found(place):
    j = rows(np.random.default_rng(0), 1500, 1.0)
    j += j.T
    for form in (j, sparse.csr_array(np.where(np.abs(j) > 1e-3, j, 0.0))):
        assert strength.symmetric(coupled(form))
    j[place] = np.nextafter(j[place], 1.0)
    assert not strength.symmetric(coupled(j))
    kept = np.where(np.abs(j) > 1e-3, j, 0.0)
    kept[place] = np.nextafter(kept[place[::-1]], 1.0)
    assert not strength.symmetric(coupled(sparse.csr_array(kept)))


def test_symmetry_looks_at_values_not_at_what_is_stored():
    stored = sparse.csr_array(([0.0, 1.0, 1.0], ([0, 1, 2], [1, 2, 1])), shape=(3, 3))
    assert strength.symmetric(coupled(stored.toarray()))
    assert strength.symmetric(Network(np.ones((3, 2)), crosstalk=stored))
    tiny = sparse.csr_array(([5e-324], ([0], [1])), shape=(3, 3))
    assert not strength.symmetric(Network(np.ones((3, 2)), crosstalk=tiny))
    assert strength.symmetric(Network(np.ones((3, 2))))
