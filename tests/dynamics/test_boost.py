"""The flow under frozen forces against the exact flow of T1 and against its own laws."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.boost import Boost, scale_to_sphere
from lohe.dynamics.settling import settle
from lohe.dynamics.sphere import uniform

EPS = float(np.finfo(np.float64).eps)


def batch(seed, n=5, d=3, trials=40):
    rng = np.random.default_rng(seed)
    x = np.moveaxis(uniform(rng, (trials, n), d), 0, -1).copy()
    return rng, x, rng.standard_normal(x.shape)


def flow(x, force, time):
    return Boost(x.shape).flow(x, force, time, np.full_like(x, np.nan))


def settled(x, force, time):
    last = np.moveaxis(settle(np.moveaxis(x, 1, -1), np.moveaxis(force, 1, -1), time), -1, 1)
    return np.ascontiguousarray(last)


@pytest.mark.parametrize("d", [2, 3, 8])
@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e-3, 1.0, 40.0, 1e6])
def test_the_flow_is_t1s(d, scale):
    rng, x, force = batch(d, d=d)
    time = rng.uniform(0, scale, x.shape[-1])
    size, along = np.linalg.norm(force, axis=1), np.sum(x * force, axis=1)
    cosine, e = along / size, np.exp(-size * time)
    slack = 8 * EPS / np.minimum(1, 1 + cosine + e**2 * (1 - cosine))
    error = np.abs(flow(x, force, time) - settled(x, force, time)).max(axis=1)
    assert np.all(error <= slack)


@pytest.mark.parametrize("nudge", [1e-2, 1e-5, 1e-8])
def test_starts_close_to_the_antipode_leave_it_in_short_steps(nudge):
    _, x, force = batch(1)
    force /= np.linalg.norm(force, axis=1, keepdims=True)
    near = nudge * x - force
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    moved = near
    for _ in range(40):
        moved = flow(moved, force, np.full(x.shape[-1], 0.5))
        scale_to_sphere(moved)
    assert np.abs(np.linalg.norm(moved, axis=1) - 1).max() <= 4 * EPS
    # As far off as the rounding of the starts can put them.
    np.testing.assert_allclose(moved, settled(near, force, 20.0), atol=400 * EPS / nudge)


def test_no_force_or_no_time_moves_nothing():
    _, x, force = batch(2)
    for still in (flow(x, 0 * force, np.ones(40)), flow(x, force, np.zeros(40))):
        np.testing.assert_allclose(still, x, rtol=0, atol=2 * EPS)


def test_smaller_batches_use_the_same_scratch():
    _, x, force = batch(3)
    time, part = np.linspace(0, 2, 40), slice(None, None, 3)
    few = [np.ascontiguousarray(a[..., part]) for a in (x, force, time)]
    boost = Boost(x.shape)
    whole = boost.flow(x, force, time, np.empty_like(x))
    np.testing.assert_array_equal(
        boost.flow(*few, np.empty_like(few[0])), whole[..., part], strict=True
    )
