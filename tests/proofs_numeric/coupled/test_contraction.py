"""T6: what is proved is true, at the limit and beside it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from coupled_oracle import anchored, device, network, rows, unit
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled import balance
from lohe.proofs_numeric.coupled.contraction import examine_contraction
from lohe.proofs_numeric.uncertainty import Uncertainty

EXACT = Uncertainty()


def pair(drive: float, crosstalk: float) -> Network:
    return Network([[drive, 0.0]] * 2, crosstalk=[[0.0, crosstalk], [crosstalk, 0.0]])


@given(st.integers(-1000, 1000))
@settings(max_examples=40)
def test_the_limit_is_not_proved_and_one_unit_inside_is_at_every_scale(exponent):
    scale = 2.0**exponent
    assert examine_contraction(pair(scale, scale / 2), EXACT).contraction_upper is None
    inside = examine_contraction(pair(np.nextafter(scale, np.inf), scale / 2), EXACT)
    assert 1 - 1e-15 < inside.contraction_upper < 1
    outside = examine_contraction(pair(np.nextafter(scale, 0), scale / 2), EXACT)
    assert "oscillator 0" in outside.reason


def test_the_limit_is_decided_exactly_for_irrational_norms_and_long_rows():
    # (3, 4) has norm 5; a tenth of it in floats does not have norm 0.5.
    n, drive = 7, np.array([0.3, 0.4])
    exact = sum(Fraction(x) ** 2 for x in drive.tolist())
    j = np.full((n, n), 0.25 / (n - 1))
    np.fill_diagonal(j, 0)
    row_sum = sum(map(Fraction, j[0].tolist()))
    proved = examine_contraction(Network([drive] * n, crosstalk=j), EXACT)
    assert (proved.contraction_upper is not None) == (exact > 4 * row_sum**2)


@pytest.mark.parametrize("sign", [-1, 0, 1])
def test_the_limit_counts_the_errors_of_devices(sign):
    # ||h|| - e = 1 - 1/8 (1 + 1/4)... with unit anchors on an axis all figures are exact.
    eps, delta, eta = 0.25, 0.125, 0.03125
    least = 1 - eps - delta * (1 + eps)
    s = least / 2 - eta
    s = {-1: np.nextafter(s, 1), 0: s, 1: np.nextafter(s, 0)}[sign]
    net = Network(couplings=[[1.0]] * 2, anchors=[[1.0, 0.0]], crosstalk=[[0, s], [s, 0]])
    allowed = Uncertainty(mismatch=eps, anchors=delta, crosstalk=eta)
    assert (examine_contraction(net, allowed).contraction_upper is not None) == (sign > 0)


@pytest.mark.parametrize("seed", range(4))
def test_the_factor_bounds_the_exact_one_of_every_device(seed):
    net = anchored(seed, crosstalk=0.25)
    allowed = Uncertainty(mismatch=0.02, crosstalk=0.02, anchors=0.01)
    proved = examine_contraction(net, allowed).contraction_upper
    rng = np.random.default_rng(seed)
    for _ in range(20):
        one = device(rng, net, allowed)
        s = np.abs(one.crosstalk).sum(axis=1)
        assert np.max(s / (np.linalg.norm(one.drive, axis=1) - s)) <= proved < 1


@pytest.mark.parametrize("seed", range(3))
def test_dense_and_sparse_crosstalk_agree(seed):
    net = network(seed)
    same = Network(net.drive, crosstalk=sparse.csr_array(net.crosstalk))
    dense, thin = (examine_contraction(one, EXACT).contraction_upper for one in (net, same))
    assert abs(dense - thin) < 1e-14


def test_a_common_rotation_of_the_drives_changes_nothing():
    rng = np.random.default_rng(5)
    net = network(5)
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    turned = Network(net.drive @ turn, crosstalk=net.crosstalk)
    bounds = [examine_contraction(one, EXACT).contraction_upper for one in (net, turned)]
    assert abs(bounds[0] - bounds[1]) < 1e-13


def test_the_factor_grows_with_crosstalk_until_nothing_is_proved():
    rng = np.random.default_rng(2)
    h, j = unit(rng, 6, 4), rows(rng, 6, 1.0)
    found = [
        examine_contraction(Network(h, crosstalk=size * j), EXACT).contraction_upper
        for size in (0.0, 0.1, 0.3, 0.49, 0.51)
    ]
    assert found[0] < 1e-100
    assert found[:4] == sorted(found[:4])
    assert found[4] is None


def test_reasons_name_the_worst_oscillator_or_what_does_not_apply():
    turning = network(1, frequency=0.1)
    assert "frequencies" in examine_contraction(turning, EXACT).reason
    assert "frequencies" in examine_contraction(network(1), Uncertainty(frequency=0.1)).reason
    h = np.array([[1.0, 0.0], [0.0, 0.0], [0.2, 0.0]])
    reason = examine_contraction(Network(h, crosstalk=np.ones((3, 3)) - np.eye(3)), EXACT).reason
    assert "oscillator 1 " in reason
    assert "4" in reason


def test_too_many_at_the_limit_are_left_undecided(monkeypatch):
    monkeypatch.setattr(balance, "_EXAMINED", 3)
    edge = np.nextafter(1.0, 2)
    j = np.zeros((6, 6))
    j[np.arange(6), (np.arange(6) + 1) % 6] = 0.5
    undecided = examine_contraction(Network([[edge, 0.0]] * 6, crosstalk=j), EXACT)
    assert undecided.contraction_upper is None
    assert "too many to decide exactly" in undecided.reason
    proved = examine_contraction(
        Network([[edge, 0.0]] * 3, crosstalk=0.5 * np.roll(np.eye(3), 1, 1)), EXACT
    )
    assert proved.contraction_upper < 1
