"""Bounds along and across the drives, against 200-bit balls and against devices."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from exact_oracle import fractions, random_network
from flint import arb, ctx

from lohe.dynamics.network import Network
from lohe.proofs_numeric.along import measure_along
from lohe.proofs_numeric.decoupled import enclose_drives
from lohe.proofs_numeric.enclosure import sqrt_up
from lohe.proofs_numeric.mismatch import examine_devices
from lohe.proofs_numeric.uncertainty import Uncertainty


def ball(x):
    return arb(x.numerator) / arb(x.denominator)


def inner(x, y):
    return sum((a * b for a, b in zip(x, y, strict=True)), arb(0))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("scale", "size"), [(1.0, 1.0), (1e-100, 1e-170), (1e290, 1e10)])
def test_every_sum_is_bounded_and_hardly_more(seed, scale, size):
    rng = np.random.default_rng(seed)
    base = random_network(rng, n=4, keys=int(rng.integers(1, 12)), d=int(rng.integers(2, 6)))
    couplings = scale * base.couplings * 10.0 ** rng.integers(-12, 2, base.couplings.shape)
    network = Network(couplings=couplings, anchors=size * base.anchors, anchor_kind="free")
    found = measure_along(network)
    with ctx.workprec(200):
        anchors = [[ball(x) for x in row] for row in fractions(network.anchors)]
        for i, row in enumerate(fractions(network.couplings)):
            y = [ball(x) for x in fractions(found.directions[i])]
            length = inner(y, y).sqrt()
            y = [x / length for x in y]
            weights = [ball(w) for w in row]
            cosines = [inner(y, r) for r in anchors]
            drive = inner(weights, cosines)
            along = inner(weights, [abs(c) for c in cosines])
            rests = [
                [a - c * b for a, b in zip(r, y, strict=True)]
                for r, c in zip(anchors, cosines, strict=True)
            ]
            across = inner(weights, [inner(rest, rest).sqrt() for rest in rests])
            assert drive >= arb(float(found.drive_lower[i]))
            assert along <= arb(float(found.along[i]))
            assert across <= arb(float(found.across[i]))
            if size == 1:
                mass = float(inner(weights, [inner(r, r).sqrt() for r in anchors]))
                assert float(drive) - found.drive_lower[i] < 1e-11 * mass
                assert found.along[i] - float(along) < 1e-11 * mass
                assert found.across[i] - float(across) < 1e-5 * mass


def test_no_device_points_further_away():
    rng = np.random.default_rng(1)
    network = random_network(rng, n=20, keys=7, d=4)
    found = measure_along(network)
    mismatch, displacement = 0.1, 0.02
    displaced = displacement * (1 + mismatch) * network.couplings.sum(axis=1) * (1 + 1e-12)
    chords = found.chords_up(mismatch, displaced)
    assert (chords < 2).sum() > 10
    seen = np.zeros(20)
    for _ in range(300):
        signs = np.sign(rng.standard_normal((20, 4)) @ network.anchors.T)
        moved = rng.standard_normal((20, 1, 4))
        moved *= displacement / np.linalg.norm(moved, axis=2, keepdims=True)
        couplings = network.couplings * (1 + mismatch * signs)
        drive = np.einsum("nt,ntd->nd", couplings, network.anchors + moved)
        unit = drive / np.linalg.norm(drive, axis=1, keepdims=True)
        seen = np.maximum(seen, np.linalg.norm(unit - found.directions, axis=1))
        length = (drive * found.directions).sum(axis=1)
        least = found.drive_lower - mismatch * found.along - displaced
        assert (length >= least * (1 - 1e-12) - 1e-12).all()
    assert (seen <= chords + 1e-12).all()
    assert (seen[chords < 1] > chords[chords < 1] / 6).all()


def test_huge_anchors_are_left_to_others():
    huge = Network(couplings=[[1.0]], anchors=[[1e200, 0.0]], anchor_kind="free")
    assert measure_along(huge) is None


def test_many_are_separated_at_once_as_one_by_one(monkeypatch):
    network = random_network(np.random.default_rng(3), n=900, keys=24, d=8)
    drives, devices = enclose_drives(network), Uncertainty(mismatch=0.2, anchors=0.01)
    together = examine_devices(network, drives, devices)
    monkeypatch.setattr("lohe.proofs_numeric.mismatch._MANY", 10**9)
    apart = examine_devices(network, drives, devices)
    assert len(together.separations) > 64
    assert together.collapse == apart.collapse
    assert together.unresolved == apart.unresolved == ()
    assert together.norm_lower == pytest.approx(apart.norm_lower, rel=1e-9)
    assert together.norm_lower > 0
    couplings, anchors = fractions(network.couplings), fractions(network.anchors)
    for i, direction in together.separations.items():
        y = [Fraction(x) for x in direction]
        along = [sum(a * b for a, b in zip(y, r, strict=True)) for r in anchors]
        kept = sum(w * c for w, c in zip(couplings[i], along, strict=True))
        lost = sum(w * abs(c) for w, c in zip(couplings[i], along, strict=True))
        length = sqrt_up(sum(x * x for x in y))
        displaced = Fraction(0.01) * (1 + Fraction(0.2)) * sum(couplings[i])
        margin = (kept - Fraction(0.2) * lost) / length - displaced
        assert margin >= Fraction(together.norm_lower)
