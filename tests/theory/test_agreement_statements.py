"""T11 and T12, tried on random networks and devices: a guard against a wrongly posed proof."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

seeds = st.integers(0, 2**32 - 1)


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def field(crosstalk, x):
    heard = crosstalk @ x
    return heard - np.vecdot(heard, x)[..., None] * x


def step(speed, x, dt):
    a = speed(x)
    b = speed(x + dt / 2 * a)
    c = speed(x + dt / 2 * b)
    return unit(x + dt / 6 * (a + 2 * b + 2 * c + speed(x + dt * c)))


def states_at(crosstalk, x, times, dt=0.01):
    """Follow the states by the classical fourth-order method, kept on the spheres."""
    found, now = [], 0.0
    for time in times:
        count = max(1, int(np.ceil((time - now) / dt)))
        for _ in range(count if time > now else 0):
            x = step(lambda y: field(crosstalk, y), x, (time - now) / count)
        now = time
        found.append(x)
    return found


def acyclic(rng, n):
    """Return random listening to earlier oscillators, numbered at random, and the leader."""
    matrix = np.tril(rng.exponential(size=(n, n)), -1) * (rng.random((n, n)) < 0.6)
    matrix[np.arange(1, n), np.maximum(np.arange(1, n) - 1, 0)] += 0.5
    order = rng.permutation(n)
    found = np.zeros((n, n))
    found[np.ix_(order, order)] = matrix
    return found, int(order[0])


# T11


@settings(max_examples=25, deadline=None)
@given(seed=seeds, n=st.integers(2, 6), d=st.integers(2, 4))
def test_t11_starts_converge_to_the_leader_at_the_rate(seed, n, d):
    rng = np.random.default_rng(seed)
    crosstalk, leader = acyclic(rng, n)
    x = unit(rng.normal(size=(n, d)))
    heard = np.delete(crosstalk.sum(axis=1), leader)
    # The factor a polynomial in t may take from the exponential is small beside e^8.
    (late,) = states_at(crosstalk, x, [40 / heard.min()], dt=0.2 / heard.max())
    assert np.allclose(late[leader], x[leader])
    assert np.linalg.norm(late - x[leader], axis=1).max() < np.exp(-20)


def test_t11_the_antipodal_start_stays():
    crosstalk = np.array([[0.0, 0.0], [1.0, 0.0]])
    x = np.array([[0.6, 0.8], [-0.6, -0.8]])
    assert np.allclose(field(crosstalk, x), 0)
    x[1] = unit(x[1] + [1e-3, 0])
    (late,) = states_at(crosstalk, x, [20.0])
    assert np.allclose(late[1], late[0], atol=1e-4)


@pytest.mark.parametrize("d", [2, 3])
def test_t11_exactly_one_start_misses_while_others_move(d):
    # Oscillator 2 hears 0 and 1, and 1 still moves: its one bad start is found backwards.
    rng = np.random.default_rng(d)
    crosstalk = np.array([[0, 0, 0], [1, 0, 0], [0.7, 0.9, 0.0]])
    start, dt, steps = unit(rng.normal(size=(2, d))), 2e-3, 4000
    motion = [start]
    for _ in range(2 * steps):  # half steps, for the midpoints
        motion.append(step(lambda y: field(crosstalk[:2, :2], y), motion[-1], dt / 2))
    heard = [crosstalk[2, :2] @ x for x in motion]

    def follow(x, places, sign):
        for k in places:
            stages = (heard[2 * k], heard[2 * k + 1], heard[2 * k + 2])[:: 1 if sign > 0 else -1]
            speeds = [lambda y, g=g: sign * (g - (g @ y) * y) for g in stages]
            a = speeds[0](x)
            b = speeds[1](x + dt / 2 * a)
            c = speeds[1](x + dt / 2 * b)
            x = unit(x + dt / 6 * (a + 2 * b + 2 * c + speeds[2](x + dt * c)))
        return x

    bad = follow(-start[0], range(steps - 1, -1, -1), -1)
    assert np.linalg.norm(bad + start[0]) > 0.05  # not simply the antipode
    assert follow(bad, range(steps), 1) @ start[0] < -0.99
    for size in (0.05, 1.0, 10.0):
        other = unit(bad + size * rng.normal(size=d))
        assert follow(other, range(steps), 1) @ start[0] > 0.99


def test_t11_two_leaders_rest_apart():
    crosstalk = np.array([[0.0, 0, 0], [0, 0, 0], [1, 1, 0]])
    x = unit(np.random.default_rng(0).normal(size=(3, 3)))
    (late,) = states_at(crosstalk, x, [30.0])
    assert np.allclose(late[:2], x[:2])
    assert np.linalg.norm(late[0] - late[1]) > 0.1


# T12


def overlap(crosstalk):
    """The δ of the statement, pair by pair."""
    n, found = len(crosstalk), np.inf
    for t in range(n):
        for s in range(t):
            others = [u for u in range(n) if u not in (t, s)]
            common = np.minimum(crosstalk[t, others], crosstalk[s, others]).sum()
            found = min(found, crosstalk[t, s] + crosstalk[s, t] + common)
    return found


def listening(rng, n):
    matrix = rng.exponential(size=(n, n)) * (rng.random((n, n)) < 0.7)
    matrix[:, 0] += 0.1
    np.fill_diagonal(matrix, 0)
    return matrix


def errors(rng, n, size):
    matrix = rng.normal(size=(n, n)) * (1 - np.eye(n))
    if rng.random() < 0.5:  # all on one entry
        matrix *= np.abs(matrix) == np.abs(matrix).max(axis=1, keepdims=True)
    return size * matrix / np.abs(matrix).sum(axis=1, keepdims=True)


def on_circle(angles):
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def arc(x, first):
    """Length of the arc about the angle `first` that holds all states."""
    turned = (np.arctan2(x[:, 1], x[:, 0]) - first + np.pi) % (2 * np.pi) - np.pi
    return np.ptp(turned)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, n=st.integers(2, 6), share=st.floats(0, 0.95))
def test_t12_the_arc_shrinks_on_every_device(seed, n, share):
    rng = np.random.default_rng(seed)
    crosstalk, length = listening(rng, n), rng.uniform(0.1, 3.1)
    places = np.concatenate([[0, 1], rng.random(n - 2)]) * length
    delta, sine = overlap(crosstalk), np.sin(max(length, np.pi / 2))
    eta = share * delta * sine / 2
    rate = delta - 2 * eta / sine
    device = crosstalk + errors(rng, n, eta)
    times = np.linspace(0, 3, 7)
    x0 = on_circle(places + 0.3)
    for time, x in zip(times, states_at(device, x0, times), strict=True):
        bound = np.tan(length / 2) * np.exp(-rate * time)
        assert np.tan(arc(x, 0.3 + length / 2) / 2) <= bound * (1 + 1e-6) + 1e-9


def test_t12_two_oscillators_attain_the_arc():
    crosstalk, length = np.array([[0, 0.4], [0.9, 0.0]]), 2.9
    (x,) = states_at(crosstalk, on_circle(np.array([0.0, length])), [2.0])
    assert np.tan(arc(x, length / 2) / 2) == pytest.approx(np.tan(length / 2) * np.exp(-2.6))


@settings(max_examples=30, deadline=None)
@given(seed=seeds, n=st.integers(2, 6), d=st.integers(2, 5), share=st.floats(0, 0.95))
def test_t12_the_least_cosine_grows_on_every_device(seed, n, d, share):
    rng = np.random.default_rng(seed)
    crosstalk = listening(rng, n)
    x0 = unit(unit(rng.normal(size=d)) * rng.uniform(1, 3) + unit(rng.normal(size=(n, d))))
    least = (x0 @ x0.T).min()
    if least <= 0.01:
        return
    delta = overlap(crosstalk)
    eta = share * delta / (1 + 1 / least)
    rate = delta - eta * (1 + 1 / least)
    device = crosstalk + errors(rng, n, eta)
    epsilon = 0.05
    times = np.linspace(0, 2, 5)
    for time, x in zip(times, states_at(device, x0, times), strict=True):
        c = (x @ x.T).min()
        assert (1 - c) / c <= (1 - least) / least * np.exp(-2 * rate * time) * (1 + 1e-6) + 1e-9
    time = np.log((1 - least) / least) + np.log((2 - epsilon**2) / epsilon**2)
    (x,) = states_at(device, x0, [min(max(0, time) / (2 * rate), 60)])
    if time / (2 * rate) <= 60:
        assert np.linalg.norm(x[:, None] - x[None], axis=-1).max() <= epsilon * (1 + 1e-6)


@settings(max_examples=50)
@given(seed=seeds, n=st.integers(2, 7))
def test_t12_the_columns_bound_the_overlap(seed, n):
    rng = np.random.default_rng(seed)
    crosstalk = listening(rng, n)
    columns = np.where(np.eye(n, dtype=bool), np.inf, crosstalk).min(axis=0)
    assert columns.sum() <= overlap(crosstalk) * (1 + 1e-12)
    causal = np.tril(listening(rng, n) + 0.01, -1)
    assert overlap(causal) == pytest.approx(causal[1:, 0].min())


def test_beyond_a_half_circle_a_ring_rests_twisted():
    n = 9
    ring = np.roll(np.eye(n), 1, axis=0) + np.roll(np.eye(n), -1, axis=0)
    twisted = on_circle(2 * np.pi * np.arange(n) / n)
    assert np.allclose(field(ring, twisted), 0)
    nudged = unit(twisted + 0.05 * np.random.default_rng(1).normal(size=(n, 2)))
    (late,) = states_at(ring, nudged, [40.0], dt=0.05)
    assert np.allclose(np.linalg.norm(late.mean(axis=0)), 0, atol=1e-3)


# L5


@settings(max_examples=30)
@given(seed=seeds, n=st.integers(2, 6))
def test_l5_the_update_descends_and_follows_the_circular_mean(seed, n):
    rng = np.random.default_rng(seed)
    angles, weights = rng.uniform(0, 7, n), rng.dirichlet(np.ones(n), size=n)
    update = (weights * np.sin(angles[None] - angles[:, None])).sum(axis=1)
    z = np.exp(1j * angles)
    assert np.allclose(update, (z.conj() * (weights @ z)).imag)
    x = on_circle(angles)
    tangents = x[:, ::-1] * [-1, 1]
    assert np.allclose(field(weights * (1 - np.eye(n)), x), update[:, None] * tangents)
    t, h = int(rng.integers(n)), 1e-6
    others = np.arange(n) != t
    up, down = (
        -(weights[t] * np.cos(angles - angle))[others].sum()
        for angle in angles[t] + np.array([h, -h])
    )
    assert (down - up) / (2 * h) == pytest.approx(update[t], abs=1e-8)


@settings(max_examples=40)
@given(seed=seeds, n=st.integers(2, 6))
def test_l5_softmax_maximises_score_plus_entropy(seed, n):
    rng = np.random.default_rng(seed)
    scores = 3 * rng.normal(size=n)

    def value(a):
        return a @ scores - (a * np.log(np.where(a > 0, a, 1))).sum()

    best = np.exp(scores - scores.max())
    best /= best.sum()
    top = np.log(np.exp(scores).sum())
    assert value(best) == pytest.approx(top)
    other = rng.dirichlet(np.full(n, 0.5))
    assert value(other) <= top + 1e-12
