"""Tables of levels: the bound of the logarithm, and times against the exact integral."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.forces import enclose_forces
from lohe.proofs_numeric.coupled.settling_in_cap import (
    SettlingTimes,
    levels_between,
    log_lower,
    log_upper,
)
from lohe.proofs_numeric.coupled.weighted_trap import WeightedCaps


@given(st.floats(1e-15, 1), st.floats(1, 1e15))
def test_the_logarithm_is_bounded(smaller, quotient):
    larger = smaller * quotient
    bound = log_upper(np.array([larger]), np.array([smaller]))[0]
    with mpmath.workdps(40):
        exact = mpmath.log(mpmath.mpf(larger) / mpmath.mpf(smaller))
        assert exact <= bound <= exact + 0.007
        below = log_lower(np.array([larger]), np.array([smaller]))[0]
        assert min(0.86 * exact, 1) <= below <= exact


@given(st.floats(1e-16, 0.9), st.floats(1e-16, 1))
def test_levels_rise_from_the_lowest_to_one(lowest, nearest):
    levels = levels_between(lowest, nearest)
    assert levels[0] == lowest
    assert levels[-1] == 1
    assert np.all(np.diff(levels) > 0)


def one_oscillator(cosine):
    """A drive (2, 0) about its direction: the rate at sin u = wσ is 2 cos²u."""
    net = Network([[2.0, 0.0]])
    forces = enclose_forces(net, np.array([[1.0, 0.0]]))
    caps = WeightedCaps.from_cosines(net, forces, np.array([cosine]))
    return SettlingTimes.of(caps, levels_between(1e-9, cosine**2 / 16))


@pytest.mark.parametrize("cosine", [1e-4, 0.1, 0.8])
def test_times_are_little_more_than_the_integral(cosine):
    times = one_oscillator(cosine)
    weight = np.sqrt(1 - cosine**2)
    start = np.array([1.0, 1 - cosine**2, 0.7, 1e-2, 1e-6])
    # With T = tan u, dT/dt = -2 T.
    tangent = weight * start / np.sqrt(1 - (weight * start) ** 2)
    for floor in (1e-9, 3e-7):
        exact = np.log(tangent / (weight * floor)) / 2
        found = times.down_to(floor, start)
        assert np.all((exact <= found) & (found <= 1.1 * exact + 0.01))


def test_nothing_is_said_below_the_table_or_outside_the_caps():
    times = one_oscillator(0.5)
    start = np.array([0.5, 1.0, 1.0 + 1e-15, np.inf, np.nan, 1e-12])
    assert np.all(np.isinf(times.down_to(1e-10, start)))
    assert np.array_equal(np.isfinite(times.down_to(1e-8, start)), [1, 1, 0, 0, 0, 1])
    assert times.down_to(1e-8, start)[-1] == 0
    assert times.down_to(2.0, np.array([1.0]))[0] == 0


@given(st.floats(1.001, 5), st.floats(-4, 4), st.floats(0, 1))
def test_a_part_of_an_interval_takes_no_less_than_the_line_says(quotient, steep, part):
    levels = np.array([1e-3, 1e-3 * quotient])
    slow = np.array([[1.0], [10.0**steep]])
    lengths, shortest = (bound(levels[1:], levels[:1]) for bound in (log_upper, log_lower))
    times = SettlingTimes(levels, *slow, lengths, shortest, np.array([0.0, np.inf]))
    level = min(1e-3 * quotient**part, levels[1])
    with mpmath.workdps(40):
        length = mpmath.log(mpmath.mpf(levels[1]) / levels[0])
        way = mpmath.log(mpmath.mpf(level) / levels[0])
        exact = way + (slow[1, 0] - 1) * way**2 / length / 2
    assert times.within(np.array([0]), np.array([level]))[0] >= exact
