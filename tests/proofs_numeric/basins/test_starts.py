"""Draws of starts: laws within strata, weights that undo the tilt, rare failures recovered."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import betainc
from scipy.stats import beta, ks_2samp, kstest

from lohe.dynamics.errors import InputError
from lohe.dynamics.settling import converged_probability, settle, settling_time
from lohe.dynamics.sphere import uniform
from lohe.proofs_numeric.basins.plan import Starts
from lohe.proofs_numeric.basins.starts import (
    draw,
    draw_single,
    largest_weight,
    nearness_at,
)
from lohe.proofs_numeric.statistics.stratified import stratified_bounds
from lohe.proofs_numeric.statistics.weighted import weighted_bounds

# Of a test whose hypothesis is true: with fixed seeds it fails never or always.
UNLIKELY = 1e-4

UNIFORM = Starts()


def nearness(states, reference):
    """Measure u from states (n, d, trials), through the distances to the antipodes."""
    n, d = reference.shape[:2]
    half = np.linalg.norm(states + reference.reshape(n, d, -1), axis=1) / 2
    least = betainc((d - 1) / 2, (d - 1) / 2, half.min(axis=0) ** 2)
    return -np.expm1(n * np.log1p(-least))


@pytest.fixture(params=[(1, 2), (2, 2), (1, 3), (5, 3), (2, 6)], ids=str)
def reference(request):
    n, d = request.param
    return uniform(np.random.default_rng(n + 10 * d), n, d)


def test_nearness_of_uniform_starts_is_uniform(reference):
    x, strata, weights = draw(UNIFORM, reference, np.random.default_rng(2), 10_000)
    assert x.shape == (*reference.shape, 10_000)
    assert weights is None
    assert not strata.any()
    assert kstest(nearness(x, reference), "uniform").pvalue > UNLIKELY


def test_within_each_stratum_nearness_is_uniform(reference):
    levels = (1e-9, 1e-4, 0.3, 0.9)
    starts = Starts("strata", levels=levels)
    x, strata, weights = draw(starts, reference, np.random.default_rng(3), 10_000)
    assert x.flags.c_contiguous
    assert weights is None
    assert np.abs(np.linalg.norm(x, axis=1) - 1).max() < 3e-15
    u, edges = nearness(x, reference), np.array([0, *levels, 1])
    for stratum, (low, high) in enumerate(pairwise(edges)):
        inside = u[strata == stratum]
        assert len(inside) == 2000
        place = (inside - low) / (high - low)
        # At u = 1e-9 on the circle the antipode is 3e-9 away, known to 1e-7 of that.
        assert place.min() > -1e-6
        assert place.max() < 1 + 1e-6
        assert kstest(place, "uniform").pvalue > UNLIKELY


def test_strata_together_are_the_uniform_law(reference):
    """Two equally likely strata, pooled, against uniform starts: any statistic agrees."""
    starts = Starts("strata", levels=(0.5,))
    pooled = draw(starts, reference, np.random.default_rng(4), 20_000).states
    plain = draw(UNIFORM, reference, np.random.default_rng(5), 20_000).states
    n, d = reference.shape
    for statistic in (
        lambda x: np.einsum("idt,id->t", x, reference),
        lambda x: np.einsum("idt,id->it", x, reference).max(axis=0),
        lambda x: np.einsum("dt,dt->t", x[0], x[-1]) if n > 1 else x[0, 0],
        lambda x: x[n - 1, d - 1],
    ):
        assert ks_2samp(statistic(pooled), statistic(plain)).pvalue > UNLIKELY


def test_other_oscillators_are_uniform_beyond_the_nearest():
    reference = uniform(np.random.default_rng(8), 4, 3)
    starts = Starts("strata", levels=(1e-6,))
    x, strata, _ = draw(starts, reference, np.random.default_rng(9), 20_000)
    rare = x[:, :, strata == 0]
    heights = np.einsum("idt,id->it", rare, reference)
    nearest = heights.argmin(axis=0)
    counts = np.bincount(nearest, minlength=4)
    assert np.abs(counts - 2500).max() < 4.5 * np.sqrt(10_000 * 3 / 16)
    others = np.delete(heights.T, 0, axis=1)[nearest == 0]
    # Next to nothing is cut off their law.
    assert kstest((1 + others.ravel()) / 2, beta(1, 1).cdf).pvalue > UNLIKELY


@pytest.mark.parametrize("power", [1.0, 3.0, 8.0])
def test_weights_undo_the_tilt(reference, power):
    starts = Starts("tilted", power=power)
    x, strata, weights = draw(starts, reference, np.random.default_rng(6), 20_000)
    assert weights is not None
    assert not strata.any()
    assert weights.max() <= power
    u = nearness(x, reference)
    seen = u > 1e-9
    np.testing.assert_allclose(
        weights[seen], power * u[seen] ** (1 - 1 / power), rtol=1e-5, atol=1e-9
    )
    # E[w f(x)] is the uniform mean of f, whatever f is; the second number is that mean.
    for f, mean in (
        (np.ones_like(u), 1.0),
        (u, 0.5),
        ((u < 0.01).astype(float), 0.01),
        (np.einsum("idt,id->t", x, reference), 0.0),
        (x[0, 0] ** 2, 1 / reference.shape[1]),
    ):
        z = weights * f
        assert abs(z.mean() - mean) <= 4.5 * z.std() / np.sqrt(len(z))


def test_a_power_of_one_is_no_tilt(reference):
    _, _, weights = draw(Starts("tilted"), reference, np.random.default_rng(0), 10)
    np.testing.assert_array_equal(weights, 1.0)


def test_the_far_tail_stays_finite_and_on_the_sphere(reference):
    starts = Starts("tilted", power=60.0)
    x, _, weights = draw(starts, reference, np.random.default_rng(0), 3000)
    assert np.abs(np.linalg.norm(x, axis=1) - 1).max() < 3e-15
    assert weights is not None
    assert np.all(weights > 0)


def test_strata_go_round_whatever_the_blocks(reference):
    starts = Starts("strata", levels=(0.1, 0.2))
    whole = draw(starts, reference, np.random.default_rng(0), 11).strata
    np.testing.assert_array_equal(whole, np.arange(11) % 3)
    part = draw(starts, reference, np.random.default_rng(0), 7, 4).strata
    np.testing.assert_array_equal(part, whole[4:])
    alone = draw_single(starts, np.repeat(reference[:1], 7, axis=0), np.random.default_rng(0), 4)
    np.testing.assert_array_equal(alone.strata, whole[4:])


@pytest.mark.parametrize("d", [2, 3, 5])
@pytest.mark.parametrize(
    "starts", [UNIFORM, Starts("strata", levels=(1e-6, 0.5)), Starts("tilted", power=4.0)]
)
def test_single_oscillators_keep_their_own_resting_points(d, starts):
    rows = uniform(np.random.default_rng(d), 9_000, d)
    x, strata, weights = draw_single(starts, rows, np.random.default_rng(1))
    assert x.shape == rows.shape
    assert x.flags.c_contiguous
    assert strata.shape == (9_000,)
    u = nearness(x.T[np.newaxis], rows.T[np.newaxis])
    if starts.kind == "strata":
        edges = np.array([0, 1e-6, 0.5, 1])
        u = (u - edges[strata]) / np.diff(edges)[strata]
    if starts.kind == "tilted":
        assert weights is not None
        np.testing.assert_allclose(weights, 4 * u**0.75, rtol=1e-3, atol=1e-9)
        u = u**0.25
    assert kstest(u, "uniform").pvalue > UNLIKELY


@pytest.mark.parametrize(("d", "angle"), [(2, 0.3), (3, 1e-6), (3, np.pi), (6, 2.0)])
def test_starts_near_saddles_fill_their_caps_evenly(d, angle):
    rng = np.random.default_rng(d)
    saddles = uniform(rng, (3, 2), d)
    starts = Starts("saddles", angle=angle)
    x = draw(starts, np.full((2, d), np.nan), rng, 9_000, saddles=saddles).states
    chord = np.linalg.norm(x[np.newaxis] - saddles[..., np.newaxis], axis=2) / 2
    chosen = chord.max(axis=1).argmin(axis=0)
    a = (d - 1) / 2
    if angle < 0.1:
        assert np.abs(np.bincount(chosen, minlength=3) - 3000).max() < 4.5 * np.sqrt(2000)
        half = chord[chosen, 0, np.arange(9_000)]
        assert kstest((half / np.sin(angle / 2)) ** (2 * a), "uniform").pvalue > UNLIKELY
    one = draw(starts, np.full((2, d), np.nan), rng, 9_000, saddles=saddles[:1]).states
    half = np.linalg.norm(one - saddles[0][..., np.newaxis], axis=1) / 2
    share = betainc(a, a, half**2) / betainc(a, a, np.sin(angle / 2) ** 2)
    assert share.max() <= 1 + 1e-9
    for oscillator in share:
        assert kstest(oscillator, "uniform").pvalue > UNLIKELY
    alone = draw_single(starts, one[0].T, rng, saddles=np.repeat(saddles[0, :1], 9_000, axis=0))
    half = np.linalg.norm(alone.states - saddles[0, 0], axis=1) / 2
    share = betainc(a, a, half**2) / betainc(a, a, np.sin(angle / 2) ** 2)
    assert kstest(share, "uniform").pvalue > UNLIKELY


def test_what_cannot_be_drawn_is_refused():
    rng, lost = np.random.default_rng(0), np.array([[1.0, 0.0], [np.nan, np.nan]])
    assert np.isfinite(draw(UNIFORM, lost, rng, 5).states).all()
    for starts in (Starts("strata", levels=(0.5,)), Starts("tilted", power=2.0)):
        with pytest.raises(InputError, match="attracting point for every oscillator"):
            draw(starts, lost, rng, 5)
        with pytest.raises(InputError, match="attracting point for every oscillator"):
            draw_single(starts, lost, rng)
    near = Starts("saddles", angle=0.1)
    for saddles in (None, np.empty((0, 2, 2)), np.full((1, 2, 2), np.nan)):
        with pytest.raises(InputError, match="no saddle"):
            draw(near, lost, rng, 5, saddles=saddles)
    many = Starts("strata", levels=tuple(np.linspace(0.001, 0.999, 256)))
    with pytest.raises(InputError, match="257 strata"):
        draw(many, np.eye(2), rng, 5)
    with pytest.raises(InputError, match="too small for d = 64"):
        draw(Starts("saddles", angle=1e-6), np.eye(64), rng, 5, saddles=np.eye(64)[np.newaxis])


def test_the_nearness_at_an_angle_bounds_events_and_weights():
    reference = uniform(np.random.default_rng(1), 3, 4)
    angle = 0.34
    starts = Starts("tilted", power=5.0)
    x, _, weights = draw(starts, reference, np.random.default_rng(2), 20_000)
    near = np.any(np.einsum("idt,id->it", x, -reference) > np.cos(angle), axis=0)
    limit = nearness_at(angle, 3, 4)
    np.testing.assert_array_equal(nearness(x, reference) <= limit, near)
    assert weights is not None
    assert weights[near].max() <= largest_weight(starts, limit) < starts.power
    assert nearness_at(np.pi, 3, 4) == 1.0
    assert largest_weight(starts) == 5.0
    # Stored points are known to 1e-16 only.
    assert nearness_at(0.0, 1, 2) > 1e-16


@pytest.mark.parametrize("d", [2, 3, 8])
@pytest.mark.parametrize(("rare", "power"), [(1e-6, 4.0), (1e-9, 8.0)])
def test_rare_failures_are_recovered_by_tilted_starts(d, rare, power):
    """A start too near to the antipode does not settle in time: T2 says how often."""
    trials, tolerance = 100_000, 1e-3
    horizon = settling_time(1.0, tolerance, rare, d)
    exact = 1 - float(converged_probability(1.0, horizon, tolerance, d))
    assert exact == pytest.approx(rare, rel=1e-6)
    drive = uniform(np.random.default_rng(d), 1, d)
    rows = np.repeat(drive, trials, axis=0)
    starts = Starts("tilted", power=power)
    x0, _, weights = draw_single(starts, rows, np.random.default_rng(0))
    assert weights is not None
    failed = np.linalg.norm(settle(x0, drive, horizon) - drive, axis=-1) > tolerance
    # What T1 proves of starts ten times as likely: they settle.
    proved = largest_weight(starts, 10 * rare)
    lower, upper = weighted_bounds(weights[failed], trials, proved)
    assert lower <= rare <= upper
    assert upper - lower < 0.25 * rare
    # Without that knowledge the same events bound the failures from below only.
    assert weighted_bounds(weights[failed], trials, power)[0] == pytest.approx(lower, rel=1e-6)
    assert weighted_bounds(weights[failed], trials, power)[1] > 100 * rare


@pytest.mark.parametrize("rare", [1e-6, 1e-9])
def test_rare_failures_are_recovered_by_strata(rare):
    trials, tolerance, d = 20_000, 1e-3, 3
    horizon = settling_time(1.0, tolerance, rare, d)
    drive = uniform(np.random.default_rng(d), 1, d)
    starts = Starts("strata", levels=(rare / 10, rare * 2, rare * 100))
    x0, strata, _ = draw_single(starts, np.repeat(drive, trials, axis=0), np.random.default_rng(0))
    settled = np.linalg.norm(settle(x0, drive, horizon) - drive, axis=-1) <= tolerance
    counts = np.bincount(strata[settled], minlength=4)
    shares = np.diff([0.0, *starts.levels, 1.0])
    known = [np.nan, np.nan, np.nan, 1.0]
    _, lower, upper = stratified_bounds(counts, np.bincount(strata), shares, known=known)
    assert lower <= 1 - rare <= upper
    assert upper - lower < 0.5 * rare
