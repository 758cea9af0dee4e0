"""Caps are carried to caps: against T2, against starts followed, and as a flow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lohe.dynamics.carried_caps import (
    Caps,
    caps_around,
    carried_by_drive,
    carried_by_motion,
    share_of_sphere,
)
from lohe.dynamics.errors import InputError
from lohe.dynamics.lorentz import apply_motion, lorentz_motion
from lohe.dynamics.settling import converged_probability, settle
from lohe.dynamics.sphere import norm, uniform

DIMENSIONS = [2, 3, 8]


def unit(rng, d):
    return uniform(rng, (), d)


def holds(caps, x):
    return x @ caps.pole >= caps.level


@given(
    st.sampled_from(DIMENSIONS),
    st.floats(1e-3, 50),
    st.floats(0.01, 20),
    st.floats(1e-4, 1.9),
)
def test_around_the_resting_point_it_is_t2(d, length, t, epsilon):
    drive = length * unit(np.random.default_rng(d), d)
    carried = carried_by_drive(caps_around(drive / length, epsilon), drive, t)
    expected = converged_probability(length, t, epsilon, d)
    # The level 1 - epsilon^2/2 of the cap is rounded, relative to what it leaves to 1.
    rounding = 1e-15 / epsilon**2
    np.testing.assert_allclose(share_of_sphere(carried), expected, rtol=1e-9 + rounding, atol=1e-12)
    missed = 1 - expected
    if d == 2 and missed > 1e-9:
        np.testing.assert_allclose(1 - share_of_sphere(carried), missed, rtol=1e-6)


@pytest.mark.parametrize("d", DIMENSIONS)
def test_starts_in_the_carried_cap_are_those_that_end_in_the_cap(d):
    rng = np.random.default_rng(d)
    for _ in range(20):
        caps = Caps(unit(rng, d), level := rng.uniform(-0.9, 0.9), np.log(1 - level**2))
        drive, t = rng.standard_normal(d), rng.uniform(0, 3)
        starts = uniform(rng, 500, d)
        ended = settle(starts, drive, t)
        clear = np.abs(ended @ caps.pole - level) > 1e-9
        carried = carried_by_drive(caps, drive, t)
        assert np.array_equal(holds(carried, starts)[clear], holds(caps, ended)[clear])
        np.testing.assert_allclose(norm(carried.pole), 1, rtol=1e-12)
        np.testing.assert_allclose(np.exp(carried.log_gap), 1 - carried.level**2, atol=1e-12)


@pytest.mark.parametrize("d", DIMENSIONS)
def test_natural_frequencies_carry_caps_too(d):
    rng = np.random.default_rng(d)
    for _ in range(20):
        caps = Caps(unit(rng, d), level := rng.uniform(-0.9, 0.9), np.log(1 - level**2))
        turn = rng.standard_normal((d, d))
        motion = lorentz_motion(rng.standard_normal(d), turn - turn.T, np.array(rng.uniform(0, 2)))
        starts = uniform(rng, 500, d)
        ended = apply_motion(motion, starts)
        clear = np.abs(ended @ caps.pole - level) > 1e-9
        carried = carried_by_motion(caps, motion)
        assert np.array_equal(holds(carried, starts)[clear], holds(caps, ended)[clear])


def test_both_ways_agree_without_frequencies():
    rng = np.random.default_rng(0)
    drives, points = rng.standard_normal((50, 4)), uniform(rng, 50, 4)
    caps = caps_around(points, 0.3)
    motion = lorentz_motion(drives, np.zeros((50, 4, 4)), np.full(50, 1.5))
    ours = share_of_sphere(carried_by_drive(caps, drives, 1.5))
    np.testing.assert_allclose(share_of_sphere(carried_by_motion(caps, motion)), ours, rtol=1e-9)


@given(st.sampled_from(DIMENSIONS), st.floats(0, 3), st.floats(0, 3))
def test_it_is_a_flow(d, s, t):
    rng = np.random.default_rng(7)
    caps, drive = caps_around(unit(rng, d), 0.5), rng.standard_normal(d)
    twice = carried_by_drive(carried_by_drive(caps, drive, s), drive, t)
    once = carried_by_drive(caps, drive, s + t)
    np.testing.assert_allclose(twice.pole, once.pole, atol=1e-12)
    np.testing.assert_allclose(twice.level, once.level, atol=1e-12)
    np.testing.assert_allclose(twice.log_gap, once.log_gap, atol=1e-9)


def test_without_drive_a_cap_stays():
    caps = caps_around(np.array([0.6, 0.8]), 0.4)
    stayed = carried_by_drive(caps, np.zeros(2), 9.0)
    np.testing.assert_allclose(stayed.level, caps.level)
    np.testing.assert_allclose(stayed.pole, caps.pole)


def test_chords_are_checked():
    with pytest.raises(InputError, match="between 0 and 2"):
        caps_around(np.array([1.0, 0.0]), 2.0)


@pytest.mark.parametrize("d", DIMENSIONS)
@pytest.mark.parametrize("exponent", [1.0, 10.0, 30.0, 1e3, 1e5])
@pytest.mark.parametrize("epsilon", [0.001, 0.1])
def test_motions_of_any_strength_are_as_right_as_rounding_lets_them(d, exponent, epsilon):
    drive = exponent / 30 * unit(np.random.default_rng(d), d)
    motion = lorentz_motion(drive, np.zeros((d, d)), np.array(30.0))
    caps = caps_around(drive / norm(drive), epsilon)
    exact = share_of_sphere(carried_by_drive(caps, drive, 30.0))
    found = share_of_sphere(carried_by_motion(caps, motion))
    np.testing.assert_allclose(found, exact, rtol=0, atol=2e-8 / epsilon)
