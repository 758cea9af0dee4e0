"""The flow under frozen forces with natural frequencies, against T5 and matrix exponentials."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from lohe.dynamics.boost import Boost
from lohe.dynamics.lorentz import lorentz_flow, lorentz_generator
from lohe.dynamics.lorentz_boost import LorentzBoost
from lohe.dynamics.sphere import uniform

EPS = float(np.finfo(np.float64).eps)


def case(seed, d, n=5, trials=30, spread=1.0):
    rng = np.random.default_rng(seed)
    x = np.moveaxis(uniform(rng, (trials, n), d), 0, -1).copy()
    frequency = spread * rng.standard_normal((n, d, d))
    return rng, x, rng.standard_normal(x.shape), frequency - np.swapaxes(frequency, 1, 2)


def flow(x, force, frequency, time, turning=None):
    out = np.full_like(x, np.nan)
    turning = time if turning is None else turning
    return LorentzBoost(frequency, x.shape[-1]).flow(x, force, time, out, turning=turning)


def by_t5(x, force, frequency, time):
    columns = (np.moveaxis(a, 1, -1) for a in (x, force))
    end = lorentz_flow(*columns, frequency[:, np.newaxis], np.broadcast_to(time, x.shape[::2]))
    return np.moveaxis(end, -1, 1)


@pytest.mark.parametrize("d", [2, 3, 4, 7])
@pytest.mark.parametrize("scale", [1e-6, 0.3, 3.0, 20.0])
@pytest.mark.parametrize("spread", [1e-9, 1.0, 10.0])
def test_the_flow_is_t5s(d, scale, spread):
    rng, x, force, frequency = case(d, d, n=3, trials=20, spread=spread)
    time = rng.uniform(0, scale, x.shape[-1])
    difference = flow(x, force, frequency, time) - by_t5(x, force, frequency, time)
    error = np.linalg.norm(difference, axis=1)
    # Rounding of M, and what is lost where M makes the lift much shorter than it can make others.
    generator = lorentz_generator(np.moveaxis(force, 1, -1), frequency[:, np.newaxis])
    generator = time[:, np.newaxis, np.newaxis] * generator
    motion = expm(generator)
    lifted = np.einsum("nbij,njb->nib", motion, np.concatenate([x, np.ones((3, 1, 20))], axis=1))
    loss = np.linalg.norm(motion, axis=(-2, -1)) / lifted[:, -1]
    assert np.all(error <= 20 * EPS * (1 + np.linalg.norm(generator, axis=(-2, -1))) * loss)


@pytest.mark.parametrize("d", [2, 3, 5])
def test_forces_and_frequencies_may_act_for_different_times(d):
    rng, x, force, frequency = case(d, d, n=2, trials=4)
    time, turning = rng.uniform(0, 2, (2, 4))
    moved = flow(x, force, frequency, time, turning)
    for i, b in np.ndindex(2, 4):
        motion = expm(lorentz_generator(time[b] * force[i, :, b], turning[b] * frequency[i]))
        lifted = motion @ np.append(x[i, :, b], 1.0)
        np.testing.assert_allclose(moved[i, :, b], lifted[:d] / lifted[d], atol=1e-13)


@pytest.mark.parametrize("d", [2, 3, 4])
def test_without_frequencies_it_is_the_boost(d):
    rng, x, force, frequency = case(d, d)
    time = rng.uniform(0, 2, x.shape[-1])
    plain = Boost(x.shape).flow(x, force, time, np.empty_like(x))
    np.testing.assert_allclose(flow(x, force, 0 * frequency, time), plain, atol=1e-13)
    assert np.all(np.isfinite(flow(x, 0 * force, 0 * frequency, time)))


@pytest.mark.parametrize("nudge", [0.0, 1e-13, 1e-8, 1e-3, -1e-13, -1e-8, -1e-3])
@pytest.mark.parametrize("d", [2, 3])
def test_the_closed_forms_hold_at_the_edge_of_locking(d, nudge):
    rng, x, force, frequency = case(d, d)
    axis = rng.standard_normal((5, 3))
    # |g| = |omega|, and at d = 3 g across the axis: all eigenvalues of M vanish.
    across = np.cross(axis, rng.standard_normal((5, 3))) if d == 3 else axis[:, :2]
    across *= (np.linalg.norm(axis, axis=1) if d == 3 else np.abs(axis[:, 2]))[:, None] / (
        np.linalg.norm(across, axis=1, keepdims=True)
    )
    zero = np.zeros(5)
    frequency = (
        np.array(
            [
                [zero, -axis[:, 2], axis[:, 1]],
                [axis[:, 2], zero, -axis[:, 0]],
                [-axis[:, 1], axis[:, 0], zero],
            ]
        )
        .transpose(2, 0, 1)[:, :d, :d]
        .copy()
    )
    force = np.repeat(((1 + nudge) * across)[:, :, None], 30, axis=2)
    for scale in (0.1, 1.0, 3.0):
        time = np.full(30, scale)
        np.testing.assert_allclose(
            flow(x, force, frequency, time), by_t5(x, force, frequency, time), atol=2e-12
        )


@pytest.mark.parametrize("d", [2, 3, 4])
def test_locked_oscillators_come_to_rest_without_overflow(d):
    _, x, force, frequency = case(9, d, spread=0.05)
    far = flow(x, force, frequency, np.full(30, 200.0 if d > 3 else 1e6))
    assert np.abs(np.linalg.norm(far, axis=1) - 1).max() <= 4 * EPS
    further = flow(far, force, frequency, np.full(30, 1.0))
    assert np.median(np.abs(further - far)) < 1e-10


@pytest.mark.parametrize("d", [2, 3, 5])
def test_flows_add_up_and_run_through_a_rotation(d):
    rng, x, force, frequency = case(4, d)
    first, second = rng.uniform(0, 1, (2, 30))
    there = flow(flow(x, force, frequency, first), force, frequency, second)
    np.testing.assert_allclose(flow(x, force, frequency, first + second), there, atol=1e-12)
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    turned = [np.einsum("cd,ndb->ncb", turn, a) for a in (x, force, there)]
    frequency_turned = turn @ frequency @ turn.T
    moved = flow(turned[0], turned[1], frequency_turned, first + second)
    np.testing.assert_allclose(moved, turned[2], atol=1e-12)
