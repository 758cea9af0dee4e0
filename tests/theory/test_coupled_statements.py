"""The theorems on coupled networks, tried on random networks and random devices.

A guard against a wrongly posed proof: nothing here is needed where the proofs are right.
"""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.optimize import brentq
from scipy.stats import beta

seeds = st.integers(0, 2**32 - 1)


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def skew(rng, n, d, size=1.0):
    matrix = rng.normal(size=(n, d, d))
    return size * (matrix - matrix.mT) / 2


def spectral(matrices):
    return np.linalg.norm(matrices, 2, axis=(-2, -1))


def field(network, x):
    """Velocity of (drives, crosstalk, frequencies) at states (..., n, d)."""
    h, crosstalk, frequency = network
    g = h + crosstalk @ x
    turned = np.einsum("nij,...nj->...ni", frequency, x)
    return turned + g - np.vecdot(g, x)[..., None] * x


def flow(network, x, t, steps):
    """Follow the states by the classical fourth-order method, kept on the spheres."""
    dt = t / steps
    for _ in range(steps):
        a = field(network, x)
        b = field(network, x + dt / 2 * a)
        c = field(network, x + dt / 2 * b)
        d = field(network, x + dt * c)
        x = unit(x + dt / 6 * (a + 2 * b + 2 * c + d))
    return x


def tangent_jacobian(network, x):
    """Linearisation in orthonormal bases of the tangent spaces."""
    h, crosstalk, frequency = network
    n, d = x.shape
    bases = np.stack([np.linalg.svd(np.eye(d) - np.outer(v, v))[0][:, : d - 1] for v in x])
    pulls = np.vecdot(h + crosstalk @ x, x)
    matrix = np.zeros((n, d - 1, n, d - 1))
    for i in range(n):
        for k in range(n):
            block = frequency[i] - pulls[i] * np.eye(d) if i == k else crosstalk[i, k] * np.eye(d)
            matrix[i, :, k] = bases[i].T @ block @ bases[k]
    return matrix.reshape(n * (d - 1), n * (d - 1))


def random_crosstalk(rng, n, sums, symmetric=False):
    """Zero diagonal and absolute row sums at most `sums`."""
    matrix = rng.normal(size=(n, n)) * (1 - np.eye(n))
    if symmetric:
        matrix += matrix.T
        return matrix * np.min(sums / np.maximum(np.abs(matrix).sum(axis=1), 1e-300))
    return matrix * (sums / np.maximum(np.abs(matrix).sum(axis=1), 1e-300))[:, None]


def random_device(rng, network, errors):
    """Some device within the stated errors, usually on their boundary."""
    h, crosstalk, frequency = network
    e, eta, omega = errors
    n, d = h.shape
    disturbed = h + np.reshape(e, (-1, 1)) * unit(rng.normal(size=(n, d)))
    other = crosstalk + random_crosstalk(rng, n, np.full(n, eta)) if n > 1 else crosstalk
    turn = skew(rng, n, d)
    return disturbed, other, frequency + omega * turn / spectral(turn)[:, None, None]


# T5


def resolvent(h, a, level):
    return np.linalg.solve(level * np.eye(len(h)) - a, h)


def locking_rate(h, a):
    """The root of f = 1, or None without one."""
    size = np.linalg.norm(h)
    small = 1e-9 * size
    if np.linalg.norm(resolvent(h, a, small)) <= 1 + 1e-9:
        return None
    return brentq(lambda level: np.linalg.norm(resolvent(h, a, level)) - 1, small, 2 * size)


@settings(max_examples=60)
@given(seed=seeds, d=st.integers(2, 5), size=st.floats(0.1, 3.0))
def test_t5_rate_points_and_ratio_law(seed, d, size):
    rng = np.random.default_rng(seed)
    h, a = unit(rng.normal(size=d)), skew(rng, 1, d, size)[0]
    rate = locking_rate(h, a)
    if rate is None:
        rest = -np.linalg.lstsq(a, h)[0]
        assert np.allclose(a @ rest, -h, atol=1e-6)
        assert np.linalg.norm(rest) <= 1 + 1e-6
        return
    assume(rate > 1e-3)
    good, bad = resolvent(h, a, rate), -np.linalg.solve(rate * np.eye(d) + a, h)
    generator = np.block([[a, h[:, None]], [h[None], np.zeros((1, 1))]])
    x, t = unit(rng.normal(size=d)), 2.0
    lifted = expm(t * generator) @ np.append(x, 1.0)
    later = lifted[:d] / lifted[d]
    before = np.linalg.norm(x - good) / np.linalg.norm(x - bad)
    after = np.linalg.norm(later - good) / np.linalg.norm(later - bad)
    assert after == pytest.approx(before * np.exp(-rate * t), rel=1e-5, abs=1e-12)
    if d == 2:
        assert rate == pytest.approx(np.sqrt(h @ h - a[0, 1] ** 2), rel=1e-9)


@settings(max_examples=60)
@given(
    seed=seeds,
    d=st.integers(2, 5),
    size=st.floats(0.0, 2.0),
    e=st.floats(0, 0.4),
    omega=st.floats(0, 0.4),
)
def test_t5_robust_lock_on_every_device(seed, d, size, e, omega):
    rng = np.random.default_rng(seed)
    h, a = unit(rng.normal(size=d)), skew(rng, 1, d, size)[0]
    levels = np.linspace(0.01, 3, 300)
    lengths = np.array([np.linalg.norm(resolvent(h, a, level)) for level in levels])
    locked = levels[lengths * (levels - omega) > levels + e]
    above = levels[lengths * (levels + omega) + e < levels]
    dominance = 1 - e - np.linalg.norm(a) / np.sqrt(2) - omega
    assume(locked.size or dominance > 0)
    rate = locking_rate(h, a)
    rest = None if rate is None else resolvent(h, a, rate)
    for _ in range(10):
        h2, _, a2 = random_device(rng, (h[None], np.zeros((1, 1)), a[None]), (e, 0.0, omega))
        found = locking_rate(h2[0], a2[0])
        assert found is not None
        if locked.size:
            assert found >= locked[-1]
        if dominance > 0:
            bound = (1 - e) ** 2 - (np.linalg.norm(a) / np.sqrt(2) + omega) ** 2
            assert found >= np.sqrt(bound) - 1e-9
        if above.size:
            assert found < above[0]
        if locked.size and above.size and rest is not None:
            low, high = locked[-1], above[0]
            y = resolvent(h, a, low)
            radius = np.linalg.norm(y - rest) + (high - low) / low
            radius += (e + omega * np.linalg.norm(y)) / low
            assert np.linalg.norm(resolvent(h2[0], a2[0], found) - rest) <= radius


@pytest.mark.parametrize(("d", "size"), [(2, 0.5), (3, 0.9), (4, 0.3)])
def test_t5_settling_time_from_a_random_start(d, size):
    rng = np.random.default_rng(d)
    h, a = unit(rng.normal(size=d)), skew(rng, 1, d)[0]
    a *= size / np.linalg.norm(a, 2)
    rate = locking_rate(h, a)
    assert rate is not None
    z, epsilon = 0.03, 0.1
    starts = unit(rng.normal(size=(4000, d)))
    delta = beta((d - 1) / 2, (d - 1) / 2).cdf(z)
    t = (np.log(4 / epsilon**2) - np.log(z)) / (2 * rate)
    generator = np.block([[a, h[:, None]], [h[None], np.zeros((1, 1))]])
    lifted = np.append(starts, np.ones((4000, 1)), axis=1) @ expm(t * generator).T
    close = np.linalg.norm(lifted[:, :d] / lifted[:, d:] - resolvent(h, a, rate), axis=1)
    assert np.mean(close > epsilon) <= delta + 0.02


@settings(max_examples=20)
@given(seed=seeds, d=st.sampled_from([2, 4]), length=st.floats(0.0, 1.0))
def test_t5_an_oscillator_that_does_not_lock_keeps_distances(seed, d, length):
    rng = np.random.default_rng(seed)
    a = skew(rng, 1, d)[0]
    y = length * unit(rng.normal(size=d))
    h = -a @ y
    x = unit(rng.normal(size=(2, d)))

    def distance(pair):
        return np.linalg.norm(pair[0] - pair[1]) / np.sqrt(np.prod(1 - pair @ y))

    later = flow((h[None], np.zeros((1, 1)), a[None]), x[:, None], 3.0, 600)[:, 0]
    assert distance(later) == pytest.approx(distance(x), rel=1e-5)


# T6 and T6a


@settings(max_examples=30)
@given(
    seed=seeds,
    n=st.integers(1, 4),
    d=st.integers(2, 4),
    margin=st.floats(1.001, 2.0),
    symmetric=st.booleans(),
)
def test_t6_counts_equilibria_and_their_unstable_directions(seed, n, d, margin, symmetric):
    rng = np.random.default_rng(seed)
    sums = np.full(n, 1.0)
    crosstalk = random_crosstalk(rng, n, sums, symmetric)
    h = 2 * margin * unit(rng.normal(size=(n, d)))
    none = np.zeros((n, d, d))
    contraction = 1 / (2 * margin - 1)
    for signs in np.ndindex((2,) * n):
        sign = 1 - 2 * np.array(signs)[:, None]
        x = unit(rng.normal(size=(n, d)))
        before, rounds = x, 0
        while rounds < 40_000:
            x, before, rounds = sign * unit(h + crosstalk @ x), x, rounds + 1
            if np.abs(x - before).max() < 1e-13:
                break
        assert np.abs(field((h, crosstalk, none), x)).max() < 1e-9
        guess = unit(rng.normal(size=(n, d)))
        image = sign * unit(h + crosstalk @ guess)
        step = np.linalg.norm(image - guess, axis=1).max()
        error = np.linalg.norm(image - x, axis=1).max()
        assert error <= contraction / (1 - contraction) * step + 1e-9
        eigenvalues = np.linalg.eigvals(tangent_jacobian((h, crosstalk, none), x))
        assert np.sum(eigenvalues.real > 0) == (d - 1) * sum(signs)


@settings(max_examples=20)
@given(
    seed=seeds,
    n=st.integers(1, 4),
    d=st.integers(2, 4),
    turning=st.floats(0.0, 3.0),
    margin=st.floats(1.001, 1.3),
)
def test_t6a_random_starts_reach_the_same_point_at_the_stated_rate(seed, n, d, turning, margin):
    rng = np.random.default_rng(seed)
    sums = rng.uniform(0, 1, n)
    e, eta, omega = rng.uniform(0, 0.3, 3)
    eta *= n > 1
    frequency = skew(rng, n, d)
    frequency *= (turning / spectral(frequency))[:, None, None]
    turns = np.linalg.norm(frequency, axis=(1, 2)) / np.sqrt(2) + omega
    sums = np.abs(random_crosstalk(rng, n, sums)).sum(axis=1)
    total = sums + eta
    sizes = margin * np.sqrt((total + turns) ** 2 + 4 * total**2)
    h = (sizes + e)[:, None] * unit(rng.normal(size=(n, d)))
    crosstalk = random_crosstalk(rng, n, sums)
    device = random_device(rng, (h, crosstalk, frequency), (e, eta, omega))
    rate = np.min(np.sqrt(sizes**2 - (total + turns) ** 2) - 2 * total)
    assert rate > 0
    assume(rate > 0.3)  # otherwise the horizon is too short
    x = flow(device, unit(rng.normal(size=(8, n, d))), 40.0, 1000)
    assert np.linalg.norm(x - x[0], axis=-1).max() < 1e-4
    eigenvalues = np.linalg.eigvals(tangent_jacobian(device, x[0]))
    assert eigenvalues.real.max() <= -rate + 1e-3


# T6b


def cap_quantities(network, y, errors):
    h, crosstalk, frequency = network
    e, eta, omega = errors
    g = h + crosstalk @ y
    pull = np.vecdot(y, g)
    turned = np.einsum("nij,nj->ni", frequency, y)
    left = np.linalg.norm(turned + g - pull[:, None] * y, axis=1)
    turn = np.linalg.norm(turned, axis=1)
    sums = np.abs(crosstalk).sum(axis=1)

    def trap(u):
        return 2 * np.sin(u) * (pull * np.cos(u) - turn * np.sin(u) - sums) - (
            left + e + eta + omega
        )

    def rate(u):
        return (
            pull * np.cos(2 * u)
            - (turn + left) * np.sin(2 * u)
            - 2 * sums * np.sin(u)
            - e
            - sums
            - 2 * eta
        )

    return trap, rate


def at_angles(rng, y, angles):
    tangent = rng.normal(size=(len(angles), *y.shape))
    tangent = unit(tangent - np.vecdot(tangent, y)[..., None] * y)
    return np.cos(angles)[..., None] * y + np.sin(angles)[..., None] * tangent


@settings(max_examples=40)
@given(seed=seeds, n=st.integers(1, 4), d=st.integers(2, 4), size=st.floats(0.0, 0.15))
def test_t6b_caps_trap_and_contract_on_every_device(seed, n, d, size):
    rng = np.random.default_rng(seed)
    h = unit(rng.normal(size=(n, d))) * rng.uniform(1, 3, (n, 1))
    crosstalk = random_crosstalk(rng, n, rng.uniform(0, 0.8, n))
    frequency = skew(rng, n, d, rng.uniform(0, 0.5))
    e, eta, omega = size * rng.uniform(0, 1, 3)
    eta *= n > 1
    y = unit(h + 0.0)
    for _ in range(30):
        y = unit(y + 0.2 * field((h, crosstalk, frequency), y))
    y = unit(y + size * rng.normal(size=(n, d)) / 4)  # any centre will do
    trap, contraction = cap_quantities((h, crosstalk, frequency), y, (e, eta, omega))
    angles = np.linspace(0, np.pi / 2, 400)[1:]
    trapped = np.array([trap(u).min() > 0 for u in angles])
    assume(trapped.any())
    first, last = np.flatnonzero(trapped)[[0, -1]]
    assert trapped[first : last + 1].all()  # the two ends suffice
    inner, outer = angles[first], angles[last]
    device = random_device(rng, (h, crosstalk, frequency), (e, eta, omega))

    largest = 2 * rng.uniform(inner, outer, 300)
    spread = rng.uniform(0, 1, (300, n)) ** 0.3
    spread[np.arange(300), rng.integers(0, n, 300)] = 1
    x = at_angles(rng, y, largest[:, None] * spread)
    falling = np.vecdot(field(device, x), y)  # derivative of the cosine
    assert np.all(falling[spread == 1] > 0)

    assume(contraction(inner).min() > 0)
    rate = contraction(inner).min()
    x = at_angles(rng, y, 2 * outer * rng.uniform(0.9, 0.999, (10, n)))
    x = flow(device, x, 30.0, 600)
    distance = np.arccos(np.clip(np.vecdot(x, y), -1, 1))
    assert distance.max() <= 2 * inner + 1e-6
    eigenvalues = np.linalg.eigvals(tangent_jacobian(device, x[0]))
    if rate > 0.5:
        assert np.linalg.norm(x - x[0], axis=-1).max() < 1e-3
        assert eigenvalues.real.max() <= -rate + 1e-3


# L3


@settings(max_examples=20)
@given(seed=seeds, d=st.integers(2, 4), symmetric=st.booleans())
def test_l3_a_set_that_only_hears_itself_can_be_turned(seed, d, symmetric):
    rng = np.random.default_rng(seed)
    n, members = 5, 3
    h, frequency = rng.normal(size=(n, d)), skew(rng, n, d)
    h[:members], frequency[:members] = 0, 0
    crosstalk = random_crosstalk(rng, n, np.ones(n), symmetric)
    crosstalk[:members, members:] = 0
    turn = expm(0.1 * skew(rng, 1, d)[0])
    x = unit(rng.normal(size=(n, d)))
    turned = x.copy()
    turned[:members] = x[:members] @ turn.T
    first = flow((h, crosstalk, frequency), x, 3.0, 300)[:members]
    second = flow((h, crosstalk, frequency), turned, 3.0, 300)[:members]
    np.testing.assert_allclose(first @ turn.T, second, atol=1e-9)


# L4


@settings(max_examples=30)
@given(seed=seeds, d=st.integers(2, 4), radius=st.floats(0.0, 0.2))
def test_l4_bounds_the_drives_of_all_inputs_of_a_box(seed, d, radius):
    rng = np.random.default_rng(seed)
    tokens, form = rng.normal(size=(4, 3)), rng.normal(size=(3, 3))
    anchors = unit(rng.normal(size=(4, d)) + 1.5 * unit(np.ones(d)))
    scores = tokens @ form @ tokens.T
    columns = np.abs(form @ tokens.T).sum(axis=0)
    rows = np.abs(tokens @ form).sum(axis=1)
    moves = radius * (columns[None] + rows[:, None]) + radius**2 * np.abs(form).sum()
    low, high = np.logaddexp(0, scores - moves), np.logaddexp(0, scores + moves)
    y = unit((low + high) @ anchors)
    along = y @ anchors.T
    bound = ((low + high) / 2 * along - (high - low) / 2 * np.abs(along)).sum(axis=1)
    for _ in range(20):
        moved = tokens + radius * rng.choice([-1, 1], size=tokens.shape)
        drives = np.logaddexp(0, moved @ form @ moved.T) @ anchors
        assert np.all(np.linalg.norm(drives, axis=1) >= bound - 1e-12)
