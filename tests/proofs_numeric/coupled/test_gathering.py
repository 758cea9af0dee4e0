"""How far apart states are: arcs of the plane and least cosines, from below."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from truth_agreement import spread

from lohe.proofs_numeric.coupled.gathering import (
    arc_cosine_lower,
    arc_ends,
    least_cosine_lower,
)


def on_circle(angles, rng=None):
    states = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    lengths = 1 if rng is None else 2.0 ** rng.uniform(-30, 30, (len(states), 1))
    return states * lengths


def test_the_ends_are_those_of_the_arc_and_its_cosine_is_below():
    rng = np.random.default_rng(0)
    for _ in range(60):
        length = rng.uniform(0, 3.14)
        angles = rng.uniform(0, 6.3) + length * np.r_[0, 1, rng.random(5)]
        order = rng.permutation(7)
        states = on_circle(angles[order], rng)
        ends = arc_ends(states)
        assert ends == (int(np.flatnonzero(order == 0)[0]), int(np.flatnonzero(order == 1)[0]))
        cosine = arc_cosine_lower(states, ends)
        with mpmath.workdps(60):
            true = spread(states)
            assert cosine <= true < float(np.nextafter(cosine, 2))


@pytest.mark.parametrize("angles", [[0, 2.1, 4.2], [0, 1, 2, 3, 4, 5], [3, 0, 3.2]])
def test_more_than_half_a_circle_has_no_ends(angles):
    assert arc_ends(on_circle(np.array(angles, dtype=float))) is None


def test_an_arc_goes_the_shorter_way():
    assert arc_ends(on_circle(np.array([0, 3.2]))) == (1, 0)


def test_half_a_circle_is_too_much_by_the_last_bit():
    assert arc_ends(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])) is None
    assert arc_ends(np.array([[1.0, 0.0], [-1.0, 5e-324], [0.0, 1.0]])) == (0, 1)
    assert arc_ends(np.array([[1.0, 0.0], [-1.0, -5e-324], [0.0, 1.0]])) is None
    same = np.array([[1.0, 1.0], [3.0, 3.0]])
    assert arc_cosine_lower(same, arc_ends(same)) == 1.0


@pytest.mark.parametrize("d", [3, 4, 30])
def test_the_least_cosine_is_bounded_from_below_and_closely(d):
    rng = np.random.default_rng(d)
    for _ in range(20):
        states = rng.normal(size=(5, d)) + 2.0 / np.sqrt(d)
        states *= 2.0 ** rng.uniform(-1000, 1000, (5, 1))
        found = least_cosine_lower(states)
        with mpmath.workdps(60):
            true = spread(states)
        if true is not None:
            assert float(true) - 1e-13 <= found <= true
        else:
            assert found <= 1e-13
    assert 1 - 1e-13 < least_cosine_lower(np.ones((3, d))) <= 1
