"""No device within the mismatch, random or adversarial, breaks a bound on drives or weights."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from exact_oracle import drives, fractions, inner, random_network

from lohe.dynamics.network import Network
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.claims import Verdict
from lohe.proofs_numeric.decoupled import coherence_lower, enclose_drives
from lohe.proofs_numeric.exact import ExactAnchors
from lohe.proofs_numeric.mismatch import examine_devices
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.proofs_numeric.zonotope import (
    Collapse,
    Reach,
    Separation,
    cancel_or_separate,
    separate_along_drive,
)


def devices(rng, network, epsilon, count=200):
    """Yield couplings of devices: corners of the box, half of them aimed at the drive."""
    for k in range(count):
        signs = rng.choice([-1.0, 1.0], size=network.couplings.shape)
        if k % 2:
            target = rng.standard_normal((network.n, network.d))
            signs = np.sign(target @ network.anchors.T)
        yield network.couplings * (1 + epsilon * 0.999999999 * signs)


def weights(x, network):
    visible = network.couplings > 0 if network.visible is None else network.visible
    w = np.maximum(0, 1 + x @ network.anchors.T) ** network.readout_exponent * visible
    return w / w.sum(axis=1, keepdims=True)


def resting(couplings, anchors):
    h = couplings @ anchors
    return h / np.linalg.norm(h, axis=1, keepdims=True)


@pytest.mark.parametrize("epsilon", [1e-9, 1e-3, 0.05])
@pytest.mark.parametrize(("stretch", "exponent"), [(1.0, 1.0), (1.3, 1.0), (1.0, 4.0), (1.3, 1.7)])
def test_no_device_breaks_the_bounds(epsilon, stretch, exponent):
    rng = np.random.default_rng(11)
    base = random_network(rng, n=8, keys=6)
    anchors = base.anchors * stretch  # off the sphere, the clamp of the readout is active
    visible = (base.couplings > 0) | True
    network = Network(
        couplings=base.couplings,
        anchors=anchors,
        visible=visible,
        anchor_kind="free",
        readout_exponent=exponent,
    )
    claims = certify(network, mismatch=epsilon).claims
    moved = claims["mismatch"].values
    assert claims["mismatch"].verdict is Verdict.PROVED
    floor = claims["unique_stable"].values["drive_norm_lower"]
    start = resting(network.couplings, anchors)
    before = weights(start, network)
    sines, errors = [0.0], [0.0]
    for couplings in devices(rng, network, epsilon):
        assert np.linalg.norm(couplings @ anchors, axis=1).min() >= floor
        after = resting(couplings, anchors)
        sines.append(np.linalg.norm(after - start, axis=1).max())
        errors.append(np.abs(weights(after, network) - before).sum(axis=1).max())
    slack = 1e-14  # of the float simulation of a device
    assert np.sin(2 * np.arcsin(max(sines) / 2)) <= moved["angle_sine_upper"] + slack
    assert max(errors) <= moved["weight_error_upper"] + slack
    assert moved["weight_error_upper"] < 2
    assert max(errors) >= moved["weight_error_upper"] / 50  # and the bound is no mere two


def test_the_bounds_grow_with_the_mismatch_and_vanish_without():
    network = random_network(np.random.default_rng(12))
    found = [certify(network, "mismatch", mismatch=m).claims["mismatch"] for m in (0, 1e-4, 1e-2)]
    angles = [claim.values["angle_sine_upper"] for claim in found]
    errors = [claim.values["weight_error_upper"] for claim in found]
    assert angles[0] == errors[0] == 0
    assert angles == sorted(angles)
    assert errors == sorted(errors)
    assert errors[2] == pytest.approx(100 * errors[1], rel=0.2)


def test_a_readout_with_an_exponent_below_one_has_no_weight_bound():
    network = Network(couplings=[[1.0, 2.0]], anchors=np.eye(2), readout_exponent=0.5)
    assert "weight_error_upper" not in certify(network).claims["mismatch"].values


@pytest.mark.parametrize("seed", range(12))
def test_beyond_the_coherence_both_answers_prove_themselves(seed):
    rng = np.random.default_rng(seed)
    network = random_network(rng, n=1, keys=5, d=2)
    exact, drive = ExactAnchors(network), drives(network)[0]
    couplings, anchors = fractions(network.couplings)[0], fractions(network.anchors)
    for factor in (1.05, 1.5, 3):
        epsilon = Fraction(min(float(coherence_lower(network)[0]) * factor, 0.99))
        found = cancel_or_separate(Reach(exact, epsilon, 0.0), 0)
        if isinstance(found, Collapse):
            assert max(abs(e) for e in found.device) <= epsilon
            actual = [w * (1 + e) for w, e in zip(couplings, found.device, strict=True)]
            assert all(inner(actual, list(c)) == 0 for c in zip(*anchors, strict=True))
        else:
            assert isinstance(found, Separation)
            y = [Fraction(x) for x in found.direction]
            reach = sum(w * abs(inner(y, r)) for w, r in zip(couplings, anchors, strict=True))
            margin = inner(y, drive) - epsilon * reach
            assert margin > 0
            assert found.norm_lower**2 * inner(y, y) <= margin**2


def test_the_drive_separates_further_than_the_coherence_and_never_what_collapses():
    kinds = set()
    for seed in range(20):
        network = random_network(np.random.default_rng(seed), n=1, keys=6, d=3)
        exact, rho = ExactAnchors(network), float(coherence_lower(network)[0])
        assert separate_along_drive(Reach(exact, Fraction(rho), 0.0), 0) is not None
        for epsilon in (Fraction(rho) * 2, Fraction(0.9)):
            along = separate_along_drive(Reach(exact, epsilon, 0.0), 0)
            kinds.add((type(along), type(cancel_or_separate(Reach(exact, epsilon, 0.0), 0))))
    assert (Separation, Separation) in kinds
    assert (type(None), Collapse) in kinds
    assert (Separation, Collapse) not in kinds


def test_a_mismatch_of_one_switches_every_coupling_off():
    network = random_network(np.random.default_rng(1))
    found = examine_devices(network, enclose_drives(network), Uncertainty(1.0))
    assert found.collapse is not None
    assert set(found.collapse[1]) == {Fraction(-1)}


def test_a_half_plane_reaches_further_than_the_coherence():
    # Two anchors at 120 degrees: coherence 1/2, yet no mismatch below one cancels the drive.
    anchors = np.array([[0.5, np.sqrt(0.75)], [0.5, -np.sqrt(0.75)]])
    network = Network(couplings=[[1.0, 1.0]], anchors=anchors)
    claims = certify(network, mismatch=0.9).claims
    assert claims["mismatch"].verdict is Verdict.PROVED
    values = claims["mismatch"].values
    assert values["coherence_lower"] == pytest.approx(0.5)
    assert values["tolerance_lower"] == 0.9
    assert values["weight_error_upper"] == 2.0
    assert "trivial" in claims["mismatch"].reason
    # The weakest device has both couplings, and so its drive, at 0.1.
    assert 0.05 < claims["unique_stable"].values["drive_norm_lower"] <= 0.1


def test_a_balanced_pair_is_cancelled_by_a_device():
    network = Network(couplings=[[1.0, 1.25]], anchors=[[1.0, 0.0], [-1.0, 0.0]])
    refuted = certify(network, mismatch=0.125).claims
    assert {c.verdict for n, c in refuted.items() if n != "all_inputs"} == {Verdict.REFUTED}
    proved = certify(network, mismatch=0.11).claims["mismatch"]
    assert proved.verdict is Verdict.PROVED
    assert proved.values["tolerance_lower"] == pytest.approx(1 / 9)


@pytest.mark.parametrize("delta", [1e-6, 1e-2])
@pytest.mark.parametrize("epsilon", [0.0, 1e-2])
def test_no_displacement_of_the_anchors_breaks_the_bounds(epsilon, delta):
    rng = np.random.default_rng(13)
    network = random_network(rng, n=6, keys=5)
    claims = certify(network, mismatch=epsilon, anchors=delta).claims
    moved = claims["mismatch"].values
    floor = claims["unique_stable"].values["drive_norm_lower"]
    start = resting(network.couplings, network.anchors)
    before = np.maximum(0, 1 + start @ network.anchors.T)
    before /= before.sum(axis=1, keepdims=True)
    sines, errors = [0.0], [0.0]
    for k, couplings in enumerate(devices(rng, network, epsilon)):
        for i in range(network.n):
            # Half of the devices displace every anchor straight against the drive.
            push = rng.standard_normal(network.anchors.shape) if k % 2 else -start[i]
            push = push / np.linalg.norm(push, axis=-1, keepdims=True)
            anchors = network.anchors + 0.999999999 * delta * push
            h = couplings[i] @ anchors
            assert np.linalg.norm(h) >= floor
            after = h / np.linalg.norm(h)
            w = np.maximum(0, 1 + anchors @ after)
            chord = np.linalg.norm(after - start[i])
            sines.append(np.sin(2 * np.arcsin(chord / 2)))
            errors.append(np.abs(w / w.sum() - before[i]).sum())
    assert max(sines) <= moved["angle_sine_upper"] + 1e-14
    assert max(errors) <= moved["weight_error_upper"] + 1e-14
    assert max(errors) >= moved["weight_error_upper"] / 50
    assert moved["tolerance_lower"] <= moved["coherence_lower"]


def test_displaced_anchors_cancel_a_drive_that_they_outweigh():
    network = Network(couplings=[[1.0, 1.0]], anchors=[[1.0, 0.0], [0.0, 1.0]])
    # The drive has norm sqrt(2); displacements of sqrt(1/2) = 0.7071... take it away.
    assert certify(network, anchors=0.7071).claims["unique_stable"].verdict is Verdict.PROVED
    refuted = certify(network, anchors=0.7072).claims["unique_stable"]
    assert refuted.verdict is Verdict.REFUTED
    assert "some device" in refuted.reason
    # Mismatch and displacement together reach further than either.
    assert certify(network, mismatch=0.2, anchors=0.3).claims["mismatch"].verdict is Verdict.PROVED
    both = certify(network, mismatch=0.5, anchors=0.72).claims["mismatch"]
    assert both.verdict is Verdict.REFUTED
    assert max(map(abs, both.witness["device"])) <= Fraction(1, 2)


def test_half_spaces_shrink_by_the_displacement():
    network = Network(couplings=[[1.0, 1.0]], anchors=[[1.0, 0.0], [0.0, 1.0]])
    free = certify(network, "all_inputs").claims["all_inputs"].values["margin_lower"]
    moved = certify(network, "all_inputs", anchors=0.25).claims["all_inputs"]
    assert moved.values["margin_lower"] == pytest.approx(free - 0.25, rel=1e-12)
    # The hull is half a diagonal, 0.7071..., away from 0.
    assert certify(network, "all_inputs", anchors=0.7071).verdict is Verdict.PROVED
    refuted = certify(network, "all_inputs", anchors=0.7072)
    assert refuted.verdict is Verdict.REFUTED
    assert refuted.claims["all_inputs"].values["prefix"] == 1
