"""Each variation does what its name says, to each clip by itself, from its seed alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lohe.attention.tasks.augment import Augmentation, augment, mask

NONE = np.empty((0, 49, 40), np.float32)
ALL = Augmentation(shift=4, tempo=0.2, warp=0.1, gain=1, noise=3, bands=8, frames=8)


def features(seed: int, n: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(-6, 3, (n, 49, 40)).astype(np.float32)


def test_no_strength_changes_nothing() -> None:
    x = features(0)
    rng = np.random.default_rng(0)
    same = mask(augment(x, Augmentation(), rng, features(1)), Augmentation(), rng)
    assert np.array_equal(same, x)
    assert rng.random() == np.random.default_rng(0).random(), "no draw was made"


def test_the_generator_alone_decides() -> None:
    runs = [
        mask(augment(features(0), ALL, rng, features(1)), ALL, rng)
        for rng in (np.random.default_rng(s) for s in (7, 7, 8))
    ]
    assert runs[0].dtype == np.float32
    assert runs[0].shape == (5, 49, 40)
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


@pytest.mark.parametrize("field", ["shift", "tempo", "warp"])
def test_resampling_moves_a_ramp_within_its_strength(field: str) -> None:
    strength = {"shift": 3.0, "tempo": 0.1, "warp": 0.1}[field]
    axis = 40 if field == "warp" else 49
    ramp = np.arange(axis, dtype=np.float32)
    x = np.broadcast_to(ramp if field == "warp" else ramp[:, None], (200, 49, 40)).copy()
    how = dataclasses.replace(Augmentation(), **{field: strength})
    moved = augment(x, how, np.random.default_rng(0), NONE) - x
    inner = moved[:, :, 12:28] if field == "warp" else moved[:, 12:37]
    bound = {"shift": 3.0, "tempo": 0.1 * 12, "warp": 0.1 * (7.5 + 20)}[field]
    assert 0.8 * bound < np.abs(inner).max() <= bound + 1e-4
    # A value is always between two neighbours: nothing is extrapolated at the ends.
    assert np.all(moved + x >= 0)
    assert np.all(moved + x <= axis - 1)


def test_gain_shifts_a_clip_as_a_whole() -> None:
    x = features(0, 100)
    moved = augment(x, Augmentation(gain=1.5), np.random.default_rng(0), NONE) - x
    np.testing.assert_allclose(moved, np.broadcast_to(moved[:, :1, :1], moved.shape), atol=1e-5)
    assert 1.3 < np.abs(moved).max() <= 1.5 + 1e-5


def test_noise_adds_power_and_never_more_than_was_recorded() -> None:
    x, noise = features(0, 50), features(1, 1)
    mixed = augment(x, Augmentation(noise=3.0), np.random.default_rng(0), noise)
    added = np.exp(mixed.astype(float)) - np.exp(x.astype(float))
    share = added / np.exp(noise.astype(float))
    trusted = noise[0] > x - 3  # elsewhere the difference drowns in float32
    assert np.all(share[trusted] > np.exp(-3) * 0.99)
    assert np.all(share[trusted] < 1.01)
    assert np.array_equal(augment(x, Augmentation(noise=3.0), np.random.default_rng(0), NONE), x)


def test_masks_are_single_stripes_of_zeros() -> None:
    x = np.ones((200, 49, 40), np.float32)
    masked = mask(x, Augmentation(bands=8, frames=5), np.random.default_rng(0))
    bands = (masked == 0).all(axis=1)
    frames = (masked == 0).all(axis=2)
    assert np.array_equal(masked == 0, bands[:, None, :] | frames[:, :, None])
    for stripes, widest in ((bands, 8), (frames, 5)):
        edges = np.abs(np.diff(stripes.astype(int), axis=1, prepend=0, append=0)).sum(axis=1)
        assert edges.max() == 2
        assert stripes.sum(axis=1).max() == widest
