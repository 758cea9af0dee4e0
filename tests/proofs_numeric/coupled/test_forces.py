"""Forces at a centre: the bounds hold for its exact unit vectors and the exact sums."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from coupled_oracle import anchored, exact_felt, exact_forces, rows, skew, unit
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.forces import enclose_forces

SIGNED = st.floats(-1e3, 1e3, allow_subnormal=True)


def assert_bounds_hold(net: Network, centre: np.ndarray, slack: float = np.inf) -> None:
    forces = enclose_forces(net, centre)
    with mpmath.workdps(150):
        exact = zip(exact_forces(net, centre), exact_felt(net, centre), strict=True)
        for i, ((along, rotation, residual), (inward, across)) in enumerate(exact):
            assert mpmath.mpf(forces.drive_along_lower[i]) <= along - inward
            assert mpmath.mpf(forces.across_upper[i]) >= across
            assert along < inward or along - inward - forces.drive_along_lower[i] <= slack
            assert forces.across_upper[i] - across <= slack
            assert mpmath.mpf(forces.along_lower[i]) <= along
            assert mpmath.mpf(forces.rotation_upper[i]) >= rotation
            assert mpmath.mpf(forces.residual_upper[i]) >= residual
            assert along < 0 or along - forces.along_lower[i] <= slack
            assert forces.residual_upper[i] - residual <= slack


@given(st.data())
@settings(max_examples=60)
def test_bounds_hold_for_any_floats(data):
    n, d = data.draw(st.integers(1, 4)), data.draw(st.integers(2, 4))
    exponent = data.draw(st.sampled_from([-1070, -500, -100, 0, 100, 180]))
    h = data.draw(hnp.arrays(np.float64, (n, d), elements=SIGNED))
    j = data.draw(hnp.arrays(np.float64, (n, n), elements=SIGNED))
    a = data.draw(hnp.arrays(np.float64, (n, d, d), elements=SIGNED))
    np.fill_diagonal(j, 0)
    with np.errstate(all="ignore"):
        h, j, a = (np.ldexp(x, exponent) for x in (h, j, np.triu(a, 1)))
    a -= np.swapaxes(a, 1, 2)
    centre = data.draw(hnp.arrays(np.float64, (n, d), elements=st.floats(-1, 1))) + 1e-3
    centre /= np.linalg.norm(centre, axis=1, keepdims=True)
    matrix = sparse.csr_array(j) if data.draw(st.booleans()) else j
    frequency = a if data.draw(st.booleans()) else None
    assert_bounds_hold(Network(h, crosstalk=matrix, frequency=frequency), centre)


@pytest.mark.parametrize("seed", range(4))
def test_bounds_are_tight_and_hold_for_the_exact_sums_over_anchors(seed):
    net = anchored(seed, n=6, d=4, keys=30)
    rng = np.random.default_rng(seed)
    turning = Network(
        couplings=net.couplings,
        anchors=net.anchors,
        crosstalk=net.crosstalk,
        frequency=skew(rng, 6, 4, 0.5),
    )
    assert_bounds_hold(turning, unit(rng, 6, 4), slack=1e-12)


def test_the_residual_of_a_resting_point_is_bounded_near_rounding():
    h = np.array([[3.0, 4.0], [1e-3, 0.0]])
    forces = enclose_forces(Network(h), h / np.linalg.norm(h, axis=1, keepdims=True))
    assert np.all(forces.residual_upper < 1e-15 * np.linalg.norm(h, axis=1) * 20)


def test_rows_of_the_centre_count_by_their_directions():
    rng = np.random.default_rng(3)
    net = Network(unit(rng, 4, 3), crosstalk=rows(rng, 4, 0.9))
    assert_bounds_hold(net, unit(rng, 4, 3) * (1 + 1e-7 * rng.standard_normal((4, 1))))


@pytest.mark.parametrize(
    ("net", "centre"),
    [
        (Network([[1e61, 0.0]]), [[1.0, 0.0]]),
        (Network([[1.0, 0.0]] * 2, crosstalk=[[0, 1e70], [0, 0]]), [[1.0, 0.0]] * 2),
        (Network([[1.0, 0.0]]), [[1.1, 0.0]]),
        (Network([[1.0, 0.0]]), [[np.nan, 0.0]]),
    ],
)
def test_what_floats_cannot_bound_is_refused(net, centre):
    assert enclose_forces(net, np.array(centre)) is None
