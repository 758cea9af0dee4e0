"""Drive norms are bounded on the right side at every scale; zero is told from tiny."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from exact_oracle import drives, inner, masses, norm, random_network
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from lohe.dynamics.network import Network
from lohe.proofs_numeric.decoupled import coherence_lower, drive_norm_bounds, enclose_drives
from lohe.proofs_numeric.exact import ExactAnchors, integers


def assert_contained(network, tightness=1e-9):
    lower, upper = drive_norm_bounds(network)
    for i, drive in enumerate(drives(network)):
        square = inner(drive, drive)
        assert Fraction(lower[i]) ** 2 <= square
        assert upper[i] == math.inf or square <= Fraction(upper[i]) ** 2
        if square == 0:
            assert lower[i] == upper[i] == 0
        elif lower[i] > 1e-300 and upper[i] < math.inf:
            assert upper[i] <= lower[i] * (2 if tightness is None else 1 + tightness)


@given(st.integers(0, 2**32), st.sampled_from([-1070, -1000, -600, -30, 0, 30, 600, 1000]))
@settings(max_examples=40)
def test_bounds_contain_the_exact_norm_at_every_scale(seed, exponent):
    network = random_network(np.random.default_rng(seed))
    couplings = np.ldexp(network.couplings, exponent)
    assert_contained(Network(couplings=couplings, anchors=network.anchors), None)


def test_rows_of_wildly_different_scale_stand_together():
    rng = np.random.default_rng(3)
    network = random_network(rng, n=40)
    couplings = np.ldexp(network.couplings, rng.integers(-1050, 1000, size=(40, 1)))
    assert_contained(Network(couplings=couplings, anchors=network.anchors), None)


@pytest.mark.parametrize("threads", [1, 2])
def test_bounds_hold_and_are_tight_on_any_number_of_threads(threads):
    network = random_network(np.random.default_rng(4), n=60, keys=64, d=8)
    with threadpool_limits(threads):
        assert_contained(network)


def test_a_drive_is_either_proved_non_zero_or_exactly_zero():
    tiny = 2.0**-1060
    anchors = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    couplings = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, tiny], [0.0, 0.0, 0.0], [3.0, 1.0, 0.0]])
    network = Network(couplings=couplings, anchors=anchors)
    found = enclose_drives(network)
    np.testing.assert_array_equal(found.zero, [0, 2])
    lower, upper = drive_norm_bounds(network)
    np.testing.assert_array_equal(lower[[0, 2]], 0)
    np.testing.assert_array_equal(upper[[0, 2]], 0)
    assert lower[1] == upper[1] == tiny  # cancellation over 2^1060 is resolved exactly
    assert lower[3] <= 2 <= upper[3]


def test_a_drive_below_the_smallest_float_is_not_zero():
    network = Network(couplings=[[5e-324]], anchors=[[0.1, 0.1]], anchor_kind="free")
    assert enclose_drives(network).zero.size == 0
    lower, upper = drive_norm_bounds(network)
    assert lower[0] == 0 < upper[0]


def test_the_bound_is_for_the_exact_sum_not_for_its_rounded_value():
    # The float product rounds to exactly 1 or to 0; the exact sum does neither.
    network = Network(
        couplings=[[1.0, 1.0, 1.0]],
        anchors=[[2.0**60, 0.0], [1.0, 0.0], [-(2.0**60), 0.0]],
        anchor_kind="free",
    )
    lower, upper = drive_norm_bounds(network)
    assert lower[0] == upper[0] == 1.0
    nudged = Network([[1.0, 2.0**-40]])
    lower, upper = drive_norm_bounds(nudged)
    assert lower[0] <= 1.0 < upper[0]  # sqrt(1 + 2^-80) is just above one
    assert Fraction(upper[0]) ** 2 >= 1 + Fraction(1, 2**80)


def test_given_drives_are_exact():
    network = Network([[3.0, 4.0], [1e300, 1e300], [5e-324, 0.0], [0.0, 0.0]])
    assert_contained(network)


def test_coherence_is_below_the_true_one_and_close():
    network = random_network(np.random.default_rng(5), n=20)
    found = coherence_lower(network)
    with mpmath.workdps(60):
        for i, (drive, mass) in enumerate(zip(drives(network), masses(network), strict=True)):
            true = norm(drive) / mass
            assert found[i] <= true
            assert found[i] >= true * (1 - 1e-12)


def test_coherence_of_one_anchor_is_almost_one_and_of_none_is_zero():
    network = Network(couplings=[[2.0], [0.0]], anchors=[[0.6, 0.8]])
    found = coherence_lower(network)
    assert 1 - 1e-14 < found[0] <= 1
    assert found[1] == 0


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
@settings(max_examples=60)
def test_integers_are_the_floats(values):
    whole, exponent = integers(np.array(values))
    assert [int(m) * Fraction(2) ** exponent for m in whole] == [Fraction(v) for v in values]


def test_exact_drives_are_the_sums():
    network = random_network(np.random.default_rng(6))
    exact = ExactAnchors(network)
    assert [exact.drive(i) for i in range(network.n)] == drives(network)
    with mpmath.workdps(60):
        for i, mass in enumerate(masses(network)):
            found = exact.mass_up(i)
            assert (
                mass
                <= mpmath.mpf(found.numerator) / found.denominator
                <= mass * (1 + mpmath.mpf("1e-30"))
            )
