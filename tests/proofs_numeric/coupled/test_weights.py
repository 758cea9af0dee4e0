"""The bound on the attention weights at the caps (T6b), against sampled devices."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from coupled_oracle import anchored, device, to_mpmath, unit
from sharpened_oracle import one_error

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.cap import certify_cap
from lohe.proofs_numeric.coupled.centre import find_centre
from lohe.proofs_numeric.coupled.volume import half_sine
from lohe.proofs_numeric.coupled.weights import cap_weight_error_upper
from lohe.proofs_numeric.uncertainty import Uncertainty

ALLOWED = Uncertainty(mismatch=0.01, crosstalk=0.02, frequency=0.01, anchors=0.01)


def weights(x, anchors, p):
    raw = np.maximum(0, 1 + np.einsum("nd,njd->nj", x, anchors)) ** p
    return raw / raw.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("seed", "p"), [(0, 1.0), (1, 1.0), (2, 1.0), (0, 3.0)])
def test_no_device_s_weights_differ_by_more(seed, p):
    plain = anchored(seed, crosstalk=0.2)
    net = Network(
        couplings=plain.couplings,
        anchors=plain.anchors,
        crosstalk=plain.crosstalk,
        readout_exponent=p,
    )
    cap = certify_cap(net, ALLOWED)
    stored = np.broadcast_to(net.anchors, (net.n, *net.anchors.shape))
    rest = weights(cap.centre, stored, p)
    rng = np.random.default_rng(seed)
    largest = 0.0
    for _ in range(40):
        one = device(rng, net, ALLOWED)
        seen = net.anchors + ALLOWED.anchors * unit(rng, net.n, *net.anchors.shape)
        moved = np.abs(weights(find_centre(one), seen, p) - rest).sum(axis=1)
        largest = max(largest, moved.max())
    assert 0.03 * cap.weight_error_upper < largest <= cap.weight_error_upper < 2


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_is_that_of_the_theorems(seed):
    rng = np.random.default_rng(seed)
    n, keys, d, delta, inner = 4, 7, 3, 0.03, 0.01
    anchors = unit(rng, keys, d) * rng.uniform(0.5, 1.3, (keys, 1))
    visible = rng.random((n, keys)) < 0.7
    visible[:, 0] = True
    w = np.where(visible, rng.exponential(size=(n, keys)), 0.0)
    net = Network(couplings=w, anchors=anchors, visible=visible, anchor_kind="free")
    centre = unit(rng, n, d)
    with mpmath.workdps(60):
        chord = 2 * mpmath.sin(2 * mpmath.atan(mpmath.mpf(inner)))
        worst = mpmath.mpf(0)
        for i in range(n):
            r = [to_mpmath(anchors[j]) for j in np.flatnonzero(visible[i])]
            y = to_mpmath(centre[i])
            y /= mpmath.norm(y)
            total = sum(r[1:], r[0])
            moved = sum(chord * mpmath.norm(one) + delta for one in r)
            clamps = sum(max(0, mpmath.norm(one) + mpmath.mpf(delta) - 1) for one in r)
            shift = min(moved, chord * mpmath.norm(total) + len(r) * mpmath.mpf(delta) + clamps)
            left = len(r) + (y.T * total)[0] - shift
            affine = (moved + shift) / left if left > 0 else 2
            sharper = one_error(r, y, mpmath.mpf(1), chord, mpmath.mpf(delta))
            worst = max(worst, min(affine, sharper))
    found = cap_weight_error_upper(net, Uncertainty(anchors=delta), centre, inner)
    assert worst <= found <= float(min(worst, 2)) * (1 + 2e-6)


def test_only_couplings_and_exponents_from_one_on_have_weights():
    net = anchored(0)
    assert certify_cap(net, ALLOWED).weight_error_upper is not None
    blunt = Network(couplings=net.couplings, anchors=net.anchors, readout_exponent=0.5)
    assert certify_cap(blunt, ALLOWED).weight_error_upper is None
    assert certify_cap(Network(net.drive), Uncertainty()).weight_error_upper is None


def test_wide_caps_and_huge_anchors_give_the_trivial_bound():
    net = anchored(1)
    centre = find_centre(net)
    assert cap_weight_error_upper(net, Uncertainty(), centre, 0.42) == 2.0
    assert float(2 * half_sine(0.42)) > 2**0.5
    huge = Network(couplings=[[1.0]], anchors=[[1e40, 0.0]], anchor_kind="free")
    assert cap_weight_error_upper(huge, Uncertainty(), np.array([[1.0, 0.0]]), 1e-9) == 2.0
