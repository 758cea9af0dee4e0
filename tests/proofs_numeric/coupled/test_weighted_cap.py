"""T6c: caps of different sizes, levels that fall, and times that are never exceeded."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction
from functools import partial
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from coupled_oracle import anchored, exact_felt, exact_forces, network, rows, skew, to_mpmath, unit
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import sparse

from lohe.dynamics import topology
from lohe.dynamics.dormand_prince import dormand_prince
from lohe.dynamics.errors import InputError
from lohe.dynamics.field import vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform
from lohe.proofs_numeric.coupled.cap import certify_cap
from lohe.proofs_numeric.coupled.centre import find_centre
from lohe.proofs_numeric.coupled.forces import enclose_forces
from lohe.proofs_numeric.coupled.settling_in_cap import SettlingTimes, levels_between
from lohe.proofs_numeric.coupled.weighted_cap import OFF_SPHERE, WeightedCap, certify_weighted_cap
from lohe.proofs_numeric.coupled.weighted_trap import WeightedCaps
from lohe.proofs_numeric.uncertainty import Uncertainty

EXACT = Uncertainty()


def uneven(seed: int, n: int = 6, d: int = 3, crosstalk: float = 0.3, frequency: float = 0.0):
    """Drives of norms 0.7 to 7, so that the caps differ."""
    rng = np.random.default_rng(seed)
    h = unit(rng, n, d) * np.exp(rng.uniform(np.log(0.7), np.log(7), (n, 1)))
    turns = skew(rng, n, d, frequency) if frequency else None
    return Network(h, crosstalk=rows(rng, n, crosstalk), frequency=turns)


def at_level(rng, cap, level, trials, all_of_them=True):
    """States of shape (trials, n, d) at a level, in random directions."""
    y = cap.centre
    across = rng.standard_normal((trials, *y.shape))
    across -= np.sum(across * y, axis=-1, keepdims=True) * y
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    share = np.ones((trials, len(y)))
    if not all_of_them:
        share = rng.uniform(0, 1, share.shape)
        share[np.arange(trials), rng.integers(len(y), size=trials)] = 1.0
    cosine = np.sqrt(1 - level**2 + level**2 * cap.cosines**2)
    angle = 2 * np.arccos(cosine) * share
    return np.cos(angle)[..., None] * y + np.sin(angle)[..., None] * across


def trials_last(x):
    return np.ascontiguousarray(np.moveaxis(x, 0, -1))


def certified(net) -> WeightedCap:
    cap = certify_weighted_cap(net)
    assert isinstance(cap, WeightedCap), cap
    return cap


@pytest.mark.parametrize(("d", "frequency"), [(2, 0.0), (3, 0.0), (3, 0.2), (5, 0.2)])
@pytest.mark.parametrize("seed", range(3))
def test_from_the_boundary_levels_fall_and_times_hold(seed, d, frequency):
    net = uneven(seed, d=d, frequency=frequency)
    cap = certified(net)
    rng = np.random.default_rng(seed)
    x = np.concatenate(
        [at_level(rng, cap, 1 - 1e-9, 20), at_level(rng, cap, 1 - 1e-9, 20, all_of_them=False)]
    )
    level = cap.sigma(trials_last(x))
    assert np.all((level > 0.999) & (level <= 1))
    tolerance = 1e-5
    promised = cap.time_upper(level, tolerance)
    assert np.all(np.isfinite(promised))
    elapsed, settled = 0.0, np.full(len(x), np.inf)
    steps = 60
    for _ in range(steps):
        x = dormand_prince(partial(vector_field, net), x, promised.max() / steps, tolerance=1e-10).x
        elapsed += promised.max() / steps
        new = cap.sigma(trials_last(x))
        assert np.all(new <= level + 1e-9)
        level = new
        within = np.linalg.norm(x - cap.centre, axis=-1).max(axis=-1) <= tolerance
        settled = np.where(within & (settled == np.inf), elapsed - promised.max() / steps, settled)
    assert np.all(settled <= promised)
    assert np.all(settled > promised / 6)


def test_one_oscillator_settles_in_the_time_of_t1():
    net = Network([[0.0, 3.0, 4.0]])
    cap = certified(net)
    angle = np.array([0.01, 0.5, 1.5, 2.5, 3.1, 3.14])
    x = trials_last(np.outer(np.cos(angle), [0, 0.6, 0.8]) + np.outer(np.sin(angle), [1, 0, 0]))
    tolerance = 1e-4
    exact = (np.arctanh(1 - tolerance**2 / 2) - np.arctanh(np.cos(angle))) / 5
    promised = cap.time_upper(cap.sigma(x[np.newaxis]), tolerance)
    assert np.all((exact < promised) & (promised < 1.05 * exact + 0.01))


@pytest.mark.parametrize("frequency", [0.0, 0.2])
@pytest.mark.parametrize("seed", range(2))
def test_the_inequalities_hold_to_60_digits_at_the_levels_of_the_table(seed, frequency):
    net = uneven(seed, n=4, frequency=frequency)
    cap = certified(net)
    with mpmath.workdps(60):
        c = [mpmath.mpf(value) for value in cap.cosines.tolist()]
        w = [mpmath.sqrt(1 - value**2) for value in c]
        j, slow = to_mpmath(net.crosstalk), []
        for level in cap.times.levels.tolist():
            near, far = [], []
            exact = zip(exact_forces(net, cap.centre), exact_felt(net, cap.centre), strict=True)
            for i, ((along, turned, residual), (inward, across)) in enumerate(exact):
                total = mpmath.fsum(abs(j[i, k]) for k in range(net.n))
                heard = mpmath.fsum(abs(j[i, k]) * w[k] for k in range(net.n))
                sine = w[i] * level
                cosine = mpmath.sqrt(1 - sine**2)
                turn = turned * sine
                loose = (total + across + residual) / (2 * sine)
                near.append(cosine * (along * cosine - turn - heard / w[i] - residual / (2 * sine)))
                far.append(cosine * ((along - inward) * cosine - turn - loose))
            slow.append((near, far))
        for place, (low, high) in enumerate(pairwise(slow)):
            best = [
                max((min(low[s][i], high[s][i]), low[s][i], high[s][i]) for s in (0, 1))
                for i in range(net.n)
            ]
            assert all(entry[0] > 0 for entry in best)
            for stated, end in ((cap.times.slow_low, 1), (cap.times.slow_high, 2)):
                exact = max(1 / entry[end] for entry in best)
                assert exact <= stated[place]
                # At the lowest levels the bound of the residual counts, which is not tight.
                assert stated[place] < exact * (1 + 1e-6) or cap.times.levels[place] < 1e-8
            ratio = mpmath.log(cap.times.levels[place + 1] / mpmath.mpf(cap.times.levels[place]))
            assert ratio <= cap.times.lengths[place] < ratio + 0.008


@pytest.mark.parametrize("size", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_it_holds_much_more_than_the_uniform_cap(seed, size):
    net = anchored(seed, n=8, crosstalk=size)
    cap = certified(net)
    plain = certify_cap(net, EXACT, centre=cap.centre)
    assert 1 - cap.volume_lower < 0.6 * (1 - plain.volume_lower)


@given(st.integers(0, 10**6), st.integers(2, 4), st.floats(0, 1.2), st.floats(0, 0.5))
@settings(max_examples=12, deadline=None)
def test_it_never_holds_less_than_the_uniform_cap(seed, d, crosstalk, frequency):
    net = uneven(seed, n=4, d=d, crosstalk=crosstalk, frequency=frequency)
    centre = find_centre(net)
    assume(centre is not None)
    plain = certify_cap(net, EXACT, centre)
    cap = certify_weighted_cap(net, centre)
    if not isinstance(plain, str):
        assert isinstance(cap, WeightedCap)
        assert cap.volume_lower >= plain.volume_lower * (1 - 1e-6) - 1e-300


def test_it_holds_where_caps_of_one_size_do_not():
    # The second is held by less than it hears, but its drive alone is stronger.
    net = Network([[4.0, 0.0], [0.9, 0.0]], crosstalk=[[0.0, 0.1], [-0.5, 0.0]])
    assert "crosstalk" in certify_cap(net, EXACT)
    assert certified(net).volume_lower > 0.6


@pytest.mark.parametrize("seed", [18, 42])
def test_the_weakest_may_have_a_larger_cap_than_those_it_hears(seed):
    net = uneven(seed, n=4, crosstalk=0.9)
    assert "crosstalk" in certify_cap(net, EXACT)
    cap = certified(net)
    assert cap.volume_lower > 5e-4
    x = at_level(np.random.default_rng(seed), cap, 1 - 1e-9, 20)
    time = float(cap.time_upper(np.ones(1), 1e-3)[0])
    x = dormand_prince(partial(vector_field, net), x, time, tolerance=1e-9).x
    assert np.linalg.norm(x - cap.centre, axis=-1).max() <= 1e-3


@pytest.mark.parametrize("crosstalk", [0.05, 0.3, 0.6])
def test_in_the_end_times_grow_at_nearly_the_true_rate(crosstalk):
    net = uneven(5, crosstalk=crosstalk)
    cap = certified(net)
    step, slowest = 1e-5, []
    for direction in np.eye(net.n * net.d).reshape(-1, net.n, net.d):
        tangent = direction - np.sum(direction * cap.centre, -1, keepdims=True) * cap.centre
        moved = [cap.centre + sign * step * tangent for sign in (1, -1)]
        there, back = (
            vector_field(net, x / np.linalg.norm(x, axis=-1, keepdims=True)) for x in moved
        )
        slowest.append(((there - back) / (2 * step)).ravel())
    rates = -np.linalg.eigvals(np.array(slowest)).real
    true = np.sort(rates[np.abs(rates) > 1e-6])[0]
    assert 0.85 * true < cap.rate_lower < true * (1 + 1e-4)
    early, late = cap.time_upper(np.array([1e-2]), 1e-4), cap.time_upper(np.array([1e-2]), 1e-9)
    assert np.log(1e5) / true < late - early < np.log(1e5) / (0.85 * true)


def test_a_sample_meets_it_as_often_as_its_volume_says():
    net = uneven(1, crosstalk=0.5)
    cap = certified(net)
    trials = 20_000
    x = uniform(np.random.default_rng(0), (trials, net.n), net.d)
    share = np.mean(cap.inside(trials_last(x)))
    assert 0.2 < cap.volume_lower < 0.95
    spread = np.sqrt(cap.volume_lower * (1 - cap.volume_lower) / trials)
    assert abs(share - cap.volume_lower) < 4 * spread


def test_decoupled_oscillators_are_held_but_for_a_sliver():
    for d in (2, 3, 8):
        cap = certified(Network(np.eye(4, d) + 0.5))
        assert cap.volume_lower > 1 - 1e-11


def test_levels_are_upper_bounds_of_the_normalised_states():
    rng = np.random.default_rng(3)
    cap = certified(uneven(0))
    x = np.concatenate([at_level(rng, cap, level, 10) for level in (1e-5, 1e-3, 0.1, 0.7, 0.99)])
    x *= 1 + OFF_SPHERE * rng.choice([-1, 1], (*x.shape[:-1], 1)) * 0.999
    with mpmath.workdps(40):
        for state, stated in zip(x, cap.sigma(trials_last(x)), strict=True):
            exact = mpmath.mpf(0)
            for i, row in enumerate(state):
                y, z = to_mpmath(cap.centre[i]), to_mpmath(row)
                y, z = y / mpmath.norm(y), z / mpmath.norm(z)
                w = mpmath.sqrt(1 - mpmath.mpf(float(cap.cosines[i])) ** 2)
                exact = max(exact, mpmath.norm(y - z) / 2 / w)
            assert exact <= stated
            assert stated**2 < exact**2 + mpmath.mpf(10) ** -11


def test_thresholds_say_who_is_inside():
    rng = np.random.default_rng(4)
    cap = certified(uneven(0))
    x = trials_last(uniform(rng, (2000, len(cap.centre)), cap.centre.shape[1]))
    along = np.einsum("nd,ndb->nb", cap.centre, x)
    assert np.array_equal(np.all(along >= cap.thresholds[:, None], axis=0), cap.inside(x))


def test_what_is_outside_or_no_number_never_settles():
    cap = certified(uneven(0))
    outside = trials_last(-cap.centre[np.newaxis])
    assert cap.sigma(outside)[0] > 1
    levels = np.array([np.nan, np.inf, 1.0 + 1e-15, 1.0, 0.5, 1e-9, 0.0])
    times = cap.time_upper(levels, 1e-6)
    assert np.all(np.isinf(times[:3]))
    assert np.all(np.diff(times[3:]) <= 0)
    assert np.all(times[-2:] == 0)
    assert np.all(np.isinf(cap.time_upper(levels[:-1], cap.inner / 8)))
    broken = trials_last(cap.centre[np.newaxis]).copy()
    broken[0, 0] = np.nan
    assert not cap.inside(broken)[0]


def test_times_grow_with_the_level_and_shrink_with_the_tolerance():
    cap = certified(uneven(2))
    levels = np.sort(np.concatenate([np.geomspace(1e-8, 1, 400), 1 - np.geomspace(1e-9, 0.5, 400)]))
    for tolerance in (1e-7, 1e-3, 0.3):
        times = cap.time_upper(levels, tolerance)
        assert np.all(np.diff(times) >= -1e-9 * times[1:])
    one, other = (cap.time_upper(levels, tolerance) for tolerance in (1e-4, 1.1e-4))
    assert np.all(other <= one * (1 + 1e-9) + 0.02)


def test_along_a_way_no_time_is_too_short():
    net = uneven(7, crosstalk=0.15, frequency=0.1)
    cap, tolerance, step = certified(net), 1e-6, 0.25
    x = at_level(np.random.default_rng(7), cap, 0.999, 40, all_of_them=False)
    promised, within = [], []
    while not within or not np.all(within[-1]):
        promised.append(cap.time_upper(cap.sigma(trials_last(x)), tolerance))
        within.append(np.linalg.norm(x - cap.centre, axis=-1).max(axis=-1) <= tolerance)
        x = dormand_prince(partial(vector_field, net), x, step, tolerance=1e-11).x
        x /= np.linalg.norm(x, axis=-1, keepdims=True)
    left = np.array(promised)
    taken = step * (np.argmax(within, axis=0) - np.arange(len(left))[:, None])
    assert np.all(left >= taken - step)
    assert np.all(np.diff(left, axis=0) <= 1e-9)
    # Once the fast oscillators have settled, it is nearly the truth.
    late = taken[36:] > 0
    assert np.all(left[36:][late] < 1.05 * taken[36:][late] + 1.5)


def test_caps_on_the_wrong_side_of_the_truth_are_not_proved():
    # Both at (1, 0) with l = 3/2 and far pull 1: 2 sin u cos u > 1/2 ends at 2u = 150 degrees.
    net = Network([[1.0, 0.0], [1.0, 0.0]], crosstalk=[[0.0, 0.5], [0.5, 0.0]])
    forces = enclose_forces(net, net.drive)
    edge = math.cos(math.radians(75))
    while 16 * Fraction(edge) ** 2 * (1 - Fraction(edge) ** 2) > 1:
        edge = math.nextafter(edge, 0)
    above = Fraction(math.nextafter(edge, 1)) ** 2
    assert 16 * above * (1 - above) > 1

    def falls(cosine):
        caps = WeightedCaps.from_cosines(net, forces, np.array([cosine, cosine]))
        return SettlingTimes.of(caps, levels_between(1e-9, 1e-3)) is not None

    assert not falls(edge)
    assert falls(edge * (1 + 1e-12))


def test_it_can_be_sent_to_other_processes():
    cap = certified(uneven(0))
    times = cap.time_upper(np.array([1.0, 0.3]), 1e-5)
    sent = pickle.loads(pickle.dumps(cap))
    assert np.array_equal(sent.time_upper(np.array([1.0, 0.3]), 1e-5), times)


def test_dense_and_sparse_crosstalk_agree():
    j = topology.grid(5, 5, strength=0.08)
    h = unit(np.random.default_rng(0), 25, 3)
    one, other = (certified(Network(h, crosstalk=m)) for m in (j, sparse.csr_array(j).toarray()))
    assert one.volume_lower == pytest.approx(other.volume_lower, rel=1e-9)
    assert one.time_upper(np.ones(1), 1e-6) == pytest.approx(other.time_upper(np.ones(1), 1e-6))


def test_where_nothing_can_be_proved_the_reason_is_said():
    assert isinstance(certify_weighted_cap(Network([[0.0, 0.0]])), str)
    net = network(2)
    assert isinstance(certify_weighted_cap(net, -certified(net).centre), str)
    with pytest.raises(InputError, match="expected"):
        certify_weighted_cap(net, np.eye(2))
    with pytest.raises(InputError, match="off the sphere"):
        certify_weighted_cap(net, np.zeros((net.n, net.d)))


@pytest.mark.parametrize("exponent", [-1040, -600, -150, 150, 600, 1000])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_at_any_scale_the_caps_are_the_same_or_none_is_proved(exponent, form):
    net = uneven(4, n=4)
    plain = certified(net)
    h, j = np.ldexp(net.drive, exponent), np.ldexp(net.crosstalk, exponent)
    cap = certify_weighted_cap(Network(h, crosstalk=form(j)))
    if isinstance(cap, str):
        assert abs(exponent) > 190
    else:
        assert cap.volume_lower == pytest.approx(plain.volume_lower, rel=1e-9)
        times, others = (one.time_upper(np.array([0.9]), 1e-6)[0] for one in (cap, plain))
        assert np.ldexp(times, exponent) == pytest.approx(others, rel=1e-6)


def test_rows_of_very_different_scales_are_proved_together():
    h = np.array([[1e-30, 0.0], [0.0, 1e30]])
    cap = certified(Network(h, crosstalk=[[0.0, 1e-31], [1e10, 0.0]]))
    assert 1e-30 < cap.rate_lower < np.hypot(1e-30, 1e-31)
    assert cap.inner < 1e-10
