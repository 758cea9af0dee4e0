"""Caps that shrink: slower than the comparison system that they bound, at any scale."""

from __future__ import annotations

import numpy as np
import pytest
from coupled_oracle import rows, skew, unit
from scipy.integrate import solve_ivp

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.cap_weights import propose_cosines
from lohe.proofs_numeric.coupled.centre import find_centre
from lohe.proofs_numeric.coupled.forces import enclose_forces
from lohe.proofs_numeric.coupled.shrinking_caps import shrink
from lohe.proofs_numeric.coupled.weighted_trap import WeightedCaps, loose_push


def held(seed, frequency=0.0):
    rng = np.random.default_rng(seed)
    h = unit(rng, 5, 3) * rng.uniform(0.8, 4, (5, 1))
    turns = skew(rng, 5, 3, frequency) if frequency else None
    net = Network(h, crosstalk=rows(rng, 5, 0.4), frequency=turns)
    forces = enclose_forces(net, find_centre(net))
    caps = WeightedCaps.from_cosines(net, forces, next(propose_cosines(net, forces)))
    return net, forces, caps


def compared(net, forces, sines, time):
    """Follow the slowest that the half-angles' sines may fall."""

    def speed(_, b):
        cosine = np.sqrt(1 - b**2)
        pushes = 2 * np.abs(net.crosstalk) @ b + forces.residual_upper, loose_push(forces)
        pulls = forces.along_lower, forces.drive_along_lower
        falls = [
            cosine * (b * (pull * cosine - forces.rotation_upper * b) - push / 2)
            for pull, push in zip(pulls, pushes, strict=True)
        ]
        return -np.maximum(*falls)

    return solve_ivp(speed, (0, time), sines, rtol=1e-9, atol=1e-15).y[:, -1]


@pytest.mark.parametrize("frequency", [0.0, 0.2])
@pytest.mark.parametrize("level", [0.9, 0.3, 0.03])
def test_what_they_bound_is_smaller_by_then(level, frequency):
    net, forces, caps = held(0, frequency)
    one = shrink(net, forces, caps, (1e-12, level), 30)
    reached = compared(net, forces, level * caps.sine_upper, one.duration)
    assert 0.4 * one.widest < reached.max() <= one.widest
    assert one.contraction > 0


def test_smaller_copies_take_no_longer():
    net, forces, caps = held(1)
    one = shrink(net, forces, caps, (1e-12, 0.1), 30)
    assert one.smallest <= 1e-5
    for factor in (0.5, 1e-2, one.smallest):
        reached = compared(net, forces, factor * 0.1 * caps.sine_upper, one.duration)
        assert reached.max() <= factor * one.widest
    levels = np.array([0.2, 0.1, 0.05, 1e-3, 1e-30])
    times = one.time_upper(levels, 1e-8)
    assert np.isinf(times[0])
    assert np.all(np.diff(times[1:]) < 0)
    assert times[-1] >= one.duration


def test_no_copy_is_below_the_level_that_no_state_leaves():
    net, forces, caps = held(2)
    assert shrink(net, forces, caps, (0.04, 0.1), 30).smallest >= 0.4
    assert shrink(net, forces, caps, (0.1, 0.1), 30).smallest == 1.0
