"""The statements themselves, tried on random numbers: a guard against a wrongly posed proof."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import nnls

seeds = st.integers(0, 2**32 - 1)


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


@settings(max_examples=60)
@given(seed=seeds, d=st.integers(2, 6), keys=st.integers(1, 9), spread=st.floats(0.0, 0.4))
def test_t3_bounds_every_device(seed, d, keys, spread):
    rng = np.random.default_rng(seed)
    anchors = unit(rng.normal(size=(keys, d))) * rng.uniform(1 - spread, 1 + spread, (keys, 1))
    couplings = rng.exponential(size=keys)
    drive, lengths = couplings @ anchors, np.linalg.norm(anchors, axis=1)
    mass = couplings @ lengths
    coherence = np.linalg.norm(drive) / mass
    assert coherence <= 1 + 1e-12
    epsilon = coherence * rng.uniform(0.0, 0.99)
    errors = epsilon * np.where(
        rng.random(keys) < 0.5, rng.choice([-1, 1]), rng.uniform(-1, 1, keys)
    )
    moved = (couplings * (1 + errors)) @ anchors
    slack = 1e-12 * mass
    assert np.linalg.norm(moved) >= np.linalg.norm(drive) - epsilon * mass - slack

    rest, shifted = unit(drive), unit(moved)
    cosine = rest @ shifted
    sine = np.linalg.norm(shifted - cosine * rest)
    bound = epsilon / coherence
    assert cosine > 0
    assert sine <= bound + 1e-12
    chord = np.sqrt(2 * bound**2 / (1 + np.sqrt(1 - bound**2)))
    assert np.linalg.norm(shifted - rest) <= chord + 1e-12

    weights, weights2 = (np.maximum(0, 1 + anchors @ x) for x in (rest, shifted))
    total = weights.sum()
    excess = np.maximum(lengths - 1, 0).sum()
    move = min(
        chord * np.linalg.norm(anchors.sum(axis=0)) + excess,
        chord * lengths.sum(),
    )
    if move < total:
        guard = rng.choice([0.0, 0.5, 1.0, 1.5]) * total  # the layer divides by max(S, guard)
        error = np.abs(weights2 / max(weights2.sum(), guard) - weights / max(total, guard)).sum()
        assert error <= (chord * lengths.sum() + move) / (total - move) + 1e-10


@pytest.mark.parametrize("d", [2, 3, 4, 7])
def test_t2_law_of_the_starting_cosine(d):
    rng = np.random.default_rng(d)
    cosine = unit(rng.normal(size=(4000, d)))[:, 0]
    law = stats.beta((d - 1) / 2, (d - 1) / 2)
    assert stats.kstest((1 + cosine) / 2, law.cdf).pvalue > 1e-3


@settings(max_examples=40)
@given(seed=seeds, d=st.integers(2, 6), size=st.floats(0.01, 1.99))
def test_t7_angle_map_and_convergence(seed, d, size):
    rng = np.random.default_rng(seed)
    drive = unit(rng.normal(size=d))
    x = unit(rng.normal(size=d))
    for _ in range(30):
        cosine = x @ drive
        angle = np.arctan2(np.linalg.norm(x - cosine * drive), cosine)
        x = unit(x + size * (drive - cosine * x))
        following = np.arctan2(np.linalg.norm(x - (x @ drive) * drive), x @ drive)
        predicted = angle - np.arctan(size * np.sin(angle))
        assert following == pytest.approx(abs(predicted), abs=1e-7)
        assert following <= angle + 1e-7
        if size <= 1:
            assert predicted >= -1e-15


@settings(max_examples=30)
@given(seed=seeds, d=st.integers(2, 4))
def test_t4_margin_is_the_distance_to_the_hull(seed, d):
    rng = np.random.default_rng(seed)
    anchors = unit(rng.normal(size=(5, d)) + 1.5 * unit(np.ones(d)))
    # Minimising ‖Σ u_j r_j‖² + (Σ u_j - 1)² over u ≥ 0 finds the nearest point, scaled.
    weights, _ = nnls(np.vstack([anchors.T, np.ones(5)]), np.append(np.zeros(d), 1.0))
    nearest = weights @ anchors / weights.sum()
    margin = np.linalg.norm(nearest)
    assume(margin > 1e-3)
    found = (anchors @ nearest).min() / margin
    assert found == pytest.approx(margin, abs=1e-10)
    couplings = rng.exponential(size=(100, 5))
    assert np.all(
        np.linalg.norm(couplings @ anchors, axis=1) >= (found - 1e-12) * couplings.sum(axis=1)
    )


def weights(x, anchors, p):
    raw = np.maximum(0, 1 + anchors @ x) ** p
    return raw / raw.sum()


def softmax(logits):
    raw = np.exp(logits - logits.max())
    return raw / raw.sum()


@settings(max_examples=60)
@given(
    seed=seeds,
    d=st.integers(2, 6),
    margin=st.floats(0.2, 0.95),
    p=st.floats(0.5, 16.0),
    angle=st.floats(0.0, 0.3),
)
def test_t4a_bounds_the_weights_of_every_input(seed, d, margin, p, angle):
    rng = np.random.default_rng(seed)
    assume(angle / 2 + np.arccos(margin) < np.pi / 2 - 1e-6)
    pole = unit(rng.normal(size=d))
    across = rng.normal(size=(8, d))
    across = unit(across - np.outer(across @ pole, pole))
    heights = np.where(rng.random((8, 1)) < 0.6, margin, rng.uniform(margin, 1, (8, 1)))
    anchors = heights * pole + np.sqrt(1 - heights**2) * across
    x = unit((rng.exponential(size=8) ** 4) @ anchors)
    assert (1 + anchors @ x).min() >= 2 * margin**2 - 1e-12
    before = weights(x, anchors, p)
    assert before.max() / before.min() <= margin ** (-2 * p) * (1 + 1e-9)
    u = rng.normal(size=d)
    u = unit(u - (u @ x) * x)
    after = weights(np.cos(angle) * x + np.sin(angle) * u, anchors, p)
    kept = (np.cos(np.arccos(margin) + angle / 2) / margin) ** (2 * p)
    assert np.abs(after - before).sum() <= 2 * (1 - kept) / (1 + kept) + 1e-12


@settings(max_examples=60)
@given(seed=seeds, d=st.integers(2, 6), p=st.floats(1.0, 64.0), widest=st.floats(0.05, 3.0))
def test_t10_bounds_the_distance_to_softmax(seed, d, p, widest):
    rng = np.random.default_rng(seed)
    x = unit(rng.normal(size=d))
    across = rng.normal(size=(8, d))
    across = unit(across - np.outer(across @ x, x))
    angles = widest * rng.choice([0.0, 1.0, rng.uniform()], size=(8, 1))
    anchors = np.cos(angles) * x + np.sin(angles) * across
    far = np.sin(widest / 2) ** 2
    error = np.abs(weights(x, anchors, p) - softmax(p / 2 * (anchors @ x))).sum()
    assert error <= 2 * np.tanh(p * far**2 / (8 * (1 - far))) + 1e-9
    logits = p * rng.uniform(0.01, 0.9) * rng.uniform(-1, 1, 8)
    largest = np.abs(logits).max()
    error = np.abs(weights(x, np.outer(logits / p, x), p) - softmax(logits)).sum()
    assert error <= 2 * np.tanh(largest**2 / (8 * (p - largest))) + 1e-9
    assert error <= largest**2 / (4 * (p - largest)) + 1e-9
