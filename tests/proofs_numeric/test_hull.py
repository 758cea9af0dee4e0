"""Every table is decided exactly, and both answers carry their own proof."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from exact_oracle import fractions, inner
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.proofs_numeric.hull import (
    Balance,
    HalfSpace,
    balance_or_half_space,
    examine_prefixes,
)


def assert_proof(found, anchors):
    rows = fractions(anchors)
    if isinstance(found, HalfSpace):
        y = list(found.direction)
        least = min(inner(y, row) for row in rows)
        assert least > 0
        assert Fraction(found.margin_lower) ** 2 * inner(y, y) <= least**2
    else:
        assert sum(found.weights) == 1
        assert min(found.weights) >= 0
        for column in zip(*rows, strict=True):
            assert inner(list(found.weights), list(column)) == 0


@pytest.mark.parametrize(
    ("anchors", "kind"),
    [
        ([[1, 0], [0, 1], [-1, 0], [0, -1]], Balance),  # square
        ([[1, 0], [-1, 0]], Balance),  # antipodal pair
        ([[1, 0, 0], [-1, 0, 0], [0, 1, 0]], Balance),  # 0 on an edge of the hull
        ([[1, 0], [-1, 2.0**-1000]], HalfSpace),  # all but antipodal
        ([[1, 2.0**-1074], [-1, 0]], HalfSpace),
        ([[1, 2.0**-1074], [-1, -(2.0**-1074)]], Balance),
        ([[1, 0], [0, 1]], HalfSpace),
        ([[0.6, 0.8]], HalfSpace),
        ([[0.0, 0.0]], Balance),
        ([[3, 1], [-1, 2], [-1, -4]], Balance),  # 0 inside a triangle
        ([[1e300, 1e300], [-1e-300, 1e300]], HalfSpace),
        ([[1e-300, 0], [-1e300, 0]], Balance),
    ],
)
def test_known_tables(anchors, kind):
    anchors = np.array(anchors, dtype=float)
    found = balance_or_half_space(anchors)
    assert isinstance(found, kind)
    assert_proof(found, anchors)


def test_a_regular_simplex_balances_when_it_does_so_exactly():
    simplex = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=float)
    found = balance_or_half_space(simplex)
    assert found == Balance((Fraction(1, 4),) * 4)
    assert isinstance(balance_or_half_space(simplex[:3]), HalfSpace)


def test_the_margin_is_the_distance_to_the_hull():
    found = balance_or_half_space(np.array([[1.0, 1.0], [1.0, -1.0], [3.0, 0.0]]))
    assert isinstance(found, HalfSpace)
    assert found.margin_lower == 1.0
    angle = 0.3
    cap = np.array([[np.cos(angle), np.sin(angle)], [np.cos(angle), -np.sin(angle)]])
    found = balance_or_half_space(cap)
    assert isinstance(found, HalfSpace)
    assert found.margin_lower == pytest.approx(np.cos(angle), rel=1e-12)


@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(2, 5), st.floats(0, 2))
@settings(max_examples=40)
def test_random_tables_carry_their_proof(seed, keys, d, shift):
    rng = np.random.default_rng(seed)
    anchors = rng.standard_normal((keys, d))
    anchors[:, 0] += shift
    assert_proof(balance_or_half_space(anchors), anchors)


@given(st.integers(0, 2**32))
@settings(max_examples=25)
def test_tables_on_the_edge_of_degeneracy_carry_their_proof(seed):
    rng = np.random.default_rng(seed)
    anchors = rng.integers(-2, 3, size=(8, 4)).astype(float)
    anchors += rng.choice([0.0, 2.0**-52, -(2.0**-60)], size=anchors.shape)
    assert_proof(balance_or_half_space(anchors), anchors)


def test_every_prefix_is_decided_by_the_longest_proved_one():
    rng = np.random.default_rng(7)
    for _ in range(10):
        anchors = rng.standard_normal((12, 3))
        anchors[:, 0] += 0.7
        hull = examine_prefixes(anchors)
        kinds = [isinstance(balance_or_half_space(anchors[:k]), HalfSpace) for k in range(1, 13)]
        assert kinds == [True] * hull.prefix + [False] * (12 - hull.prefix)
        if hull.half_space is not None:
            assert_proof(hull.half_space, anchors[: hull.prefix])
        if hull.balance is not None:
            assert_proof(hull.balance, anchors[: hull.prefix + 1])
