"""The checker's exact arithmetic, held against plain fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from exact_oracle import fractions, inner
from flint import arb, ctx, fmpq
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sealing import pack

from lohe.dynamics.network import Network
from lohe.proofs_numeric import checker_exact
from lohe.proofs_numeric.checker import COUPLINGS, units
from lohe.proofs_numeric.checker_exact import (
    Instance,
    RejectedError,
    UnconfirmedError,
    dense_blocks,
    packed,
    products,
    rational,
    root,
)

NONE = dict.fromkeys(("mismatch", "crosstalk", "frequency", "anchors"), fmpq(0))


def plain(x):
    return Fraction(int(x.p), int(x.q))


@given(st.integers(0, 2**32 - 1), st.integers(0, 400), st.integers(1, 40), st.integers(1, 3))
def test_products_are_exact_at_every_spread_of_exponents(seed, spread, terms, columns):
    rng = np.random.default_rng(seed)
    left = rng.normal(size=(3, terms)) * 2.0 ** rng.integers(-spread, spread + 1, (3, terms))
    left[rng.random(left.shape) < 0.2] = 0
    right = rng.normal(size=(terms, columns)) * 2.0 ** rng.integers(-30, 31, (terms, columns))
    table = [[rational(x) for x in row] for row in right]
    found = products(dense_blocks(left), table)
    for row, values in zip(fractions(left), found, strict=True):
        for column, value in zip(zip(*fractions(right), strict=True), values, strict=True):
            assert inner(row, list(column)) == plain(value)


def test_products_take_the_smallest_and_the_largest_floats():
    left = np.array([[5e-324, 1.7e308, -1.0], [0.0, 0.0, 0.0], [-(2.0**-1060), 3.0, 2.0**1000]])
    table = [[rational(x)] for x in (1.7e308, -5e-324, 2.0**-500)]
    for row, value in zip(fractions(left), products(dense_blocks(left), table), strict=True):
        assert inner(row, [plain(x[0]) for x in table]) == plain(value[0])


@pytest.mark.parametrize("n", [1, 5, 130])
def test_sparse_crosstalk_is_the_same_as_dense(n):
    rng = np.random.default_rng(n)
    J = rng.normal(size=(n, n)) * (rng.random((n, n)) < 0.1)
    np.fill_diagonal(J, 0)
    drive = rng.normal(size=(n, 2))
    dense = Instance(Network(drive, crosstalk=J).arrays(), NONE)
    stored = Instance(Network(drive, crosstalk=sparse.csr_array(J)).arrays(), NONE)
    assert dense.strengths == stored.strengths
    assert [plain(s) for s in dense.strengths] == [
        sum(map(abs, row), Fraction(0)) for row in fractions(J)
    ]
    if dense.heard:
        table = [[rational(x) for x in row] for row in drive]
        assert products(dense.blocks(), table) == products(stored.blocks(), table)
    assert [dense.hears(i) for i in range(n)] == [stored.hears(i) for i in range(n)]
    assert dense.symmetric() == stored.symmetric() == bool(np.array_equal(J, J.T))


@given(st.fractions(min_value=0, max_value=10**40), st.integers(20, 200))
def test_roots_are_bounds_and_good_to_the_bits_asked_for(x, bits):
    value = fmpq(x.numerator, x.denominator)
    below, above = plain(root(value, False, bits)), plain(root(value, True, bits))
    assert below * below <= x <= above * above
    assert above - below <= above * Fraction(1, 2 ** (bits - 2))
    square = plain(root(value * value, False, 400))
    assert square == x or x.denominator & (x.denominator - 1)


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=5))
def test_units_are_within_their_slack(row):
    if not any(row):
        with pytest.raises(UnconfirmedError):
            units(np.array([row]))
        return
    with ctx.workprec(400):
        size = sum((arb(x) ** 2 for x in row), arb(0)).sqrt()
        for x, y in zip(row, units(np.array([row]))[0], strict=True):
            assert abs(arb(x) / size - arb(y)) < arb(2) ** (1 - checker_exact.UNIT_BITS)


@pytest.mark.parametrize("which", range(4))
def test_couplings_increase_and_hold_the_whole_ball(which):
    f = COUPLINGS[which]
    with ctx.workprec(256):
        for s in (-700.0, -3.0, -1e-9, 0.0, 1e-9, 0.7, 800.0):
            ball = f(arb(s, 0.25))
            for shift in (-0.25, -0.1, 0.0, 0.2, 0.25):
                assert ball.overlaps(f(arb(s) + arb(shift)))
            assert f(arb(s) - 1) <= f(arb(s))
            assert f(arb(s)) >= 0 or s < -600


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [2, 2]},
        {"shape": [4, 1]},
        {"shape": [4.0]},
        {"shape": [True]},
        {"shape": "4"},
        {"float64": ""},
        {"float64": 7},
        {"more": 1},
    ],
)
def test_a_packed_array_of_the_wrong_form_is_rejected(change):
    with pytest.raises(RejectedError):
        packed({**pack([1.0, 2.0, 3.0, 4.0]), **change}, 4)


def test_packed_arrays_are_strict_base64_of_finite_floats():
    assert packed(pack([[1.5, -2.0]]), None, 2).tolist() == [[1.5, -2.0]]
    for values in ([np.nan], [np.inf]):
        with pytest.raises(RejectedError, match="NaN"):
            packed(pack(values), 1)
    honest = pack([1.0])
    for text in (honest["float64"] + "\n", " " + honest["float64"], honest["float64"].rstrip("=")):
        with pytest.raises(RejectedError):
            packed({**honest, "float64": text}, 1)
    assert honest["float64"].endswith("8D8=")
    with pytest.raises(RejectedError):  # other bits under the padding
        packed({**honest, "float64": honest["float64"][:-2] + "9="}, 1)
    with pytest.raises(RejectedError):
        packed(pack(np.zeros((10, 2))), None, 2)


SPARSE = {
    "crosstalk_data": np.array([1.0, 2.0]),
    "crosstalk_indices": np.array([1, 0]),
    "crosstalk_indptr": np.array([0, 1, 2]),
}


@pytest.mark.parametrize(
    "change",
    [
        {"crosstalk_indices": np.array([1, 2])},
        {"crosstalk_indices": np.array([1, -1])},
        {"crosstalk_indices": np.array([0, 0])},
        {"crosstalk_indices": np.array([1.0, 0.0])},
        {"crosstalk_indptr": np.array([0, 2, 1])},
        {"crosstalk_indptr": np.array([0, 1])},
        {"crosstalk_indptr": np.array([1, 1, 2])},
        {"crosstalk_data": np.array([1.0, np.nan])},
        {"crosstalk_data": np.array([[1.0, 2.0]])},
        {
            "crosstalk_data": np.array([1.0, 2.0]),
            "crosstalk_indices": np.array([1, 1]),
            "crosstalk_indptr": np.array([0, 2, 2]),
        },
        {"crosstalk": np.zeros((2, 2))},
        {"frequency": np.zeros((2, 2))},
        {"frequency": np.ones((2, 2, 2))},
    ],
)
def test_crosstalk_and_frequencies_that_are_none_are_rejected(change):
    arrays = {**Network([[1.0, 0.0], [0.0, 1.0]]).arrays(), **SPARSE}
    Instance(arrays, NONE)
    with pytest.raises(RejectedError):
        Instance({**arrays, **change}, NONE)
