"""T6b: what a cap promises, of every device and every start in it."""

from __future__ import annotations

from functools import partial

import mpmath
import numpy as np
import pytest
from coupled_oracle import (
    anchored,
    device,
    exact_forces,
    largest_angle,
    network,
    resting_point_60,
    rows,
    skew,
    unit,
)
from scipy import sparse

from lohe.dynamics import topology
from lohe.dynamics.dormand_prince import dormand_prince
from lohe.dynamics.errors import InputError
from lohe.dynamics.field import forcing, vector_field
from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.cap import certify_cap
from lohe.proofs_numeric.coupled.centre import find_centre
from lohe.proofs_numeric.uncertainty import Uncertainty

EXACT = Uncertainty()
ALLOWED = Uncertainty(mismatch=0.02, crosstalk=0.03, frequency=0.03, anchors=0.02)
COUPLED = Uncertainty(crosstalk=0.03, frequency=0.03)


def angles(x, y):
    """Angles between unit rows, accurate near 0 and near pi."""
    return 2 * np.arctan2(np.linalg.norm(x - y, axis=-1), np.linalg.norm(x + y, axis=-1))


def at_angle(rng, centre, angle):
    """Rows at given angles to the centre's, in random directions."""
    across = rng.standard_normal(np.broadcast_shapes(centre.shape, (*angle.shape[:-1], 1)))
    across -= np.sum(across * centre, axis=-1, keepdims=True) * centre
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    return np.cos(angle) * centre + np.sin(angle) * across


@pytest.mark.parametrize("frequency", [0.0, 0.3])
@pytest.mark.parametrize("d", [2, 3, 4])
def test_the_inner_cap_holds_the_equilibrium_to_60_digits(d, frequency):
    net = network(d, d=d, frequency=frequency)
    cap = certify_cap(net, EXACT)
    assert cap.inner_upper < 1e-13
    exact = resting_point_60(net, cap.centre)
    assert largest_angle(exact, cap.centre) <= mpmath.mpf(cap.inner_upper)


def test_the_inner_cap_holds_the_equilibrium_of_the_exact_sums_over_anchors():
    net = anchored(1, keys=40)
    cap = certify_cap(net, EXACT)
    exact = resting_point_60(net, cap.centre)
    assert largest_angle(exact, cap.centre) <= mpmath.mpf(cap.inner_upper) < 1e-12
    assert cap.weight_error_upper < 1e-12


@pytest.mark.parametrize("allowed", [EXACT, ALLOWED])
@pytest.mark.parametrize("seed", range(4))
def test_the_hypotheses_hold_to_100_digits_at_the_stated_floats(seed, allowed):
    net = anchored(seed, n=4, crosstalk=0.3)
    turns = skew(np.random.default_rng(seed), 4, 3, 0.2)
    net = Network(
        couplings=net.couplings, anchors=net.anchors, crosstalk=net.crosstalk, frequency=turns
    )
    cap = certify_cap(net, allowed)
    eps, delta = mpmath.mpf(allowed.mismatch), mpmath.mpf(allowed.anchors)
    eta, omega = mpmath.mpf(allowed.crosstalk), mpmath.mpf(allowed.frequency)
    with mpmath.workdps(100):
        norms = [mpmath.norm(mpmath.matrix(row)) for row in net.anchors.tolist()]
        rates = []
        for i, (along, turned, residual) in enumerate(exact_forces(net, cap.centre)):
            w = [mpmath.mpf(x) for x in net.couplings[i].tolist()]
            s = mpmath.fsum(abs(mpmath.mpf(x)) for x in net.crosstalk[i].tolist())
            e = eps * mpmath.fdot(w, norms) + delta * (1 + eps) * mpmath.fsum(w)
            for tangent in (cap.inner, cap.outer):
                u = 2 * mpmath.atan(mpmath.mpf(tangent))
                bracket = along * mpmath.cos(u) - turned * mpmath.sin(u) - s
                assert 2 * mpmath.sin(u) * bracket > residual + e + eta + omega
            u = 2 * mpmath.atan(mpmath.mpf(cap.inner))
            rates.append(
                along * mpmath.cos(2 * u)
                - (turned + residual) * mpmath.sin(2 * u)
                - (2 * s * mpmath.sin(u) + e + s + 2 * eta)
            )
        assert min(rates) * 0.999 < cap.rate_lower <= min(rates)


@pytest.mark.parametrize("frequency", [0.0, 0.4])
@pytest.mark.parametrize("seed", range(4))
def test_without_uncertainty_the_angle_is_that_of_the_closed_formula(seed, frequency):
    # theta = 2 min(arccos kappa - psi), kappa = s/|h*|, psi the lag behind the force.
    net = network(seed, crosstalk=0.5, frequency=frequency)
    cap = certify_cap(net, EXACT)
    force = forcing(net, cap.centre)
    size = np.linalg.norm(force, axis=1)
    lag = angles(force / size[:, None], cap.centre)
    theta = 2 * np.min(np.arccos(np.abs(net.crosstalk).sum(axis=1) / size) - lag)
    assert theta * (1 - 1e-10) < cap.angle_lower < theta


def test_decoupled_oscillators_reach_it_from_everywhere_but_the_antipode():
    for d in (2, 8):
        cap = certify_cap(Network(np.eye(4, d) + 0.5), EXACT)
        assert cap.angle_lower > np.pi - 1e-11
        assert cap.volume_lower > 1 - 1e-11
        assert cap.rate_lower > 0.7


def test_a_common_rotation_of_the_drives_leaves_the_cap_alike():
    rng = np.random.default_rng(0)
    net = network(7, d=4)
    turn, _ = np.linalg.qr(rng.standard_normal((4, 4)))
    one, other = (
        certify_cap(Network(h, crosstalk=net.crosstalk), COUPLED)
        for h in (net.drive, net.drive @ turn)
    )
    for name in ("angle_lower", "inner_upper", "rate_lower", "share_lower", "volume_lower"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-6)
    assert np.abs(one.centre @ turn - other.centre).max() < 1e-13


def test_the_cap_shrinks_as_crosstalk_or_errors_grow_until_there_is_none():
    rng = np.random.default_rng(1)
    h, j, a = unit(rng, 6, 3), rows(rng, 6, 1.0), skew(rng, 6, 3, 1.0)

    def cap(size, allowed=EXACT, turning=0.0):
        return certify_cap(Network(h, crosstalk=size * j, frequency=turning * a), allowed)

    for chain in (
        [cap(s) for s in (0.0, 0.2, 0.5, 0.7)],
        [cap(0.2, turning=t) for t in (0.0, 0.1, 0.3)],
        [cap(0.2, Uncertainty(crosstalk=e)) for e in (0.0, 0.05, 0.1)],
        [cap(0.2, Uncertainty(frequency=w)) for w in (0.0, 0.05, 0.1)],
    ):
        outer = [one.angle_lower for one in chain]
        assert outer == sorted(outer, reverse=True)
        assert [one.rate_lower for one in chain] == sorted(
            (one.rate_lower for one in chain), reverse=True
        )
    inner = [cap(0.2, Uncertainty(crosstalk=e)).inner_upper for e in (0.0, 0.05, 0.1)]
    assert inner == sorted(inner)
    assert "crosstalk" in cap(2.0)
    assert "pushed by" in cap(0.2, Uncertainty(crosstalk=2.0))


@pytest.mark.parametrize("seed", range(3))
def test_starts_inside_the_outer_cap_reach_the_inner_one_on_every_device(seed):
    net = network(seed, n=6, crosstalk=0.35, frequency=0.2)
    cap = certify_cap(net, COUPLED)
    rng = np.random.default_rng(seed)
    for _ in range(4):
        one = device(rng, net, COUPLED)
        starts = at_angle(rng, cap.centre, np.full((30, 6, 1), cap.angle_lower * (1 - 1e-9)))
        run = dormand_prince(
            partial(vector_field, one), starts, 60 / cap.rate_lower, tolerance=1e-10
        )
        assert np.abs(run.x - run.x[0]).max() < 1e-6
        assert angles(run.x[0], cap.centre).max() <= cap.inner_upper


@pytest.mark.parametrize("seed", range(3))
def test_between_the_caps_the_largest_angle_falls_on_every_device(seed):
    net = anchored(seed, n=5, crosstalk=0.3)
    cap = certify_cap(net, ALLOWED)
    rng = np.random.default_rng(seed)
    for _ in range(10):
        one = device(rng, net, ALLOWED)
        largest = rng.uniform(cap.inner_upper, cap.angle_lower, (50, 1, 1))
        angle = largest * rng.uniform(0.7, 1.0, (50, 5, 1))
        lead = rng.integers(5, size=50)
        angle[np.arange(50), lead] = largest[:, 0]
        x = at_angle(rng, cap.centre, angle)
        cosine_rate = np.sum(vector_field(one, x) * cap.centre, axis=-1)
        assert np.all(cosine_rate[np.arange(50), lead] > 0)


@pytest.mark.parametrize("seed", range(4))
def test_the_resting_points_of_all_devices_lie_within_the_inner_cap(seed):
    net = anchored(seed, crosstalk=0.2)
    cap = certify_cap(net, ALLOWED)
    rng = np.random.default_rng(seed)
    furthest = 0.0
    for _ in range(50):
        one = device(rng, net, ALLOWED)
        furthest = max(furthest, angles(find_centre(one), cap.centre).max())
    assert 0.1 * cap.inner_upper < furthest <= cap.inner_upper


def test_within_the_inner_cap_two_states_approach_at_the_promised_rate():
    net = network(3, n=6, crosstalk=0.3, frequency=0.2)
    cap = certify_cap(net, Uncertainty(crosstalk=0.05))
    rng = np.random.default_rng(3)
    x = at_angle(rng, cap.centre, np.full((2, 6, 1), cap.inner_upper * 0.99))
    gap = [angles(*x).max()]
    for _ in range(5):
        x = dormand_prince(partial(vector_field, net), x, 1.0, tolerance=1e-11).x
        gap.append(angles(*x).max())
    assert np.all(np.log(np.divide(gap[:-1], gap[1:])) >= cap.rate_lower * (1 - 1e-6))


def test_dense_and_sparse_crosstalk_agree():
    j = topology.grid(5, 5, strength=0.08)
    h = unit(np.random.default_rng(0), 25, 3)
    one, other = (certify_cap(Network(h, crosstalk=m), COUPLED) for m in (j, j.toarray()))
    assert one.angle_lower == pytest.approx(other.angle_lower, rel=1e-9)
    assert one.rate_lower == pytest.approx(other.rate_lower, rel=1e-6)


def test_any_centre_will_do_and_a_wrong_one_proves_nothing():
    net = network(2)
    cap = certify_cap(net, EXACT)
    rng = np.random.default_rng(2)
    near = at_angle(rng, cap.centre, np.full((net.n, 1), 0.01))
    rough = certify_cap(net, EXACT, centre=near)
    assert 0.01 <= rough.inner_upper < 0.05
    assert rough.angle_lower < cap.angle_lower
    assert isinstance(certify_cap(net, EXACT, centre=-cap.centre), str)
    with pytest.raises(InputError, match="expected"):
        certify_cap(net, EXACT, centre=near[:2])
    with pytest.raises(InputError, match="off the sphere"):
        certify_cap(net, EXACT, centre=2 * near)


def test_where_nothing_can_be_proved_the_reason_is_said():
    turn = [[[0.0, -2.0], [2.0, 0.0]]]
    assert "no resting point" in certify_cap(Network([[1.0, 0.0]], frequency=turn), EXACT)
    assert "nothing holds oscillator 0" in certify_cap(Network([[0.0, 0.0]]), EXACT)
    # All drives aligned with their neighbours: l = s on a ring but for one weak anchor.
    h = np.zeros((8, 2))
    h[0, 0] = 1e-3
    assert isinstance(certify_cap(Network(h, crosstalk=topology.ring(8)), EXACT), str)
    alone = Network([[1.0, 0.0]])
    assert certify_cap(alone, Uncertainty(frequency=0.5)).inner_upper > 0.5
    assert "may not all settle" in certify_cap(alone, Uncertainty(crosstalk=0.6))
    with pytest.raises(InputError, match="couplings"):
        certify_cap(network(0), Uncertainty(mismatch=0.1))


@pytest.mark.parametrize("exponent", [-1040, -600, -150, 150, 600, 1000])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_at_any_scale_the_cap_is_the_same_or_none_is_proved(exponent, form):
    net = network(4, n=4)
    plain = certify_cap(net, EXACT)
    h, j = np.ldexp(net.drive, exponent), np.ldexp(net.crosstalk, exponent)
    cap = certify_cap(Network(h, crosstalk=form(j)), EXACT)
    if isinstance(cap, str):
        assert abs(exponent) > 190
    else:
        assert cap.angle_lower == pytest.approx(plain.angle_lower, rel=1e-9)
        assert np.ldexp(cap.rate_lower, -exponent) == pytest.approx(plain.rate_lower, rel=1e-9)


def test_rows_of_very_different_scales_are_proved_together():
    h = np.array([[1e-30, 0.0], [0.0, 1e30]])
    cap = certify_cap(Network(h, crosstalk=[[0.0, 1e-31], [1e10, 0.0]]), EXACT)
    assert 0 < cap.rate_lower < 1e-30
    assert cap.inner_upper < 1e-10
