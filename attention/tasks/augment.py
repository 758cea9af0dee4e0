"""Variations of a spoken word that leave it the same word, applied to its log-mel features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from lohe.attention.tasks.logmel import Floats

__all__ = ["NONE", "Augmentation", "augment", "mask"]


@dataclass(frozen=True)
class Augmentation:
    """How far clips are varied; every strength at 0 leaves them as they are.

    Parameters
    ----------
    shift
        Largest delay or advance, in frames of 20 ms.
    tempo
        Largest relative change of speed.
    warp
        Largest relative stretch of the frequency axis about its middle, and of its shift: a
        shorter or longer vocal tract.
    gain
        Largest change of log power (1 is 4.3 dB).
    noise
        Recorded background is added at its own level times exp(-u), u uniform below this.
    bands, frames
        Widest stripe of bands, and of frames, that is blanked out [1]_.

    References
    ----------
    .. [1] D. S. Park et al., *SpecAugment*, arXiv 1904.08779, 2019.
    """

    shift: float = 0.0
    tempo: float = 0.0
    warp: float = 0.0
    gain: float = 0.0
    noise: float = 0.0
    bands: float = 0.0
    frames: float = 0.0


NONE = Augmentation()
"""Clips as they are."""


def augment(features: Floats, how: Augmentation, rng: Generator, noise: Floats) -> Floats:
    """Vary clips before they are standardised: everything but the stripes of `mask`.

    Parameters
    ----------
    features : (B, T, F) array
        Log-mel features.
    how
        The strengths.
    rng
        Draws each clip's variation.
    noise : (m, T, F) array
        Log-mel features of recorded background; may be empty.

    Returns
    -------
    (B, T, F) array
        Linear interpolation in time and frequency; powers of speech and background add, as they
        do on average for independent sounds.
    """
    n, length, width = features.shape
    if how.shift or how.tempo:
        rate = 1 + _spread(rng, how.tempo, n)
        features = _resampling(length, rate, _spread(rng, how.shift, n)) @ features
    if how.warp:
        stretch = 1 + _spread(rng, how.warp, n)
        offset = _spread(rng, how.warp * width / 2, n)
        features = features @ np.swapaxes(_resampling(width, stretch, offset), 1, 2)
    if how.gain:
        features = features + _spread(rng, how.gain, n)[:, None, None]
    if how.noise and len(noise):
        level = _uniform(rng, 0, how.noise, n)
        background = noise[rng.integers(len(noise), size=n)] - level[:, None, None]
        features = np.logaddexp(features, background)
    return features


def mask(features: Floats, how: Augmentation, rng: Generator) -> Floats:
    """Blank out one stripe of bands and one of frames in each clip.

    Parameters
    ----------
    features : (B, T, F) array
        Standardised features; a blank is 0, the mean.
    how
        Widths of the stripes, `bands` and `frames`; the width of each is uniform below.
    rng
        Draws the stripes.
    """
    n, length, width = features.shape
    if how.bands:
        features = features * _outside_stripe(rng, n, width, how.bands)[:, None, :]
    if how.frames:
        features = features * _outside_stripe(rng, n, length, how.frames)[:, :, None]
    return features


def _spread(rng: Generator, strength: float, n: int) -> Floats:
    return _uniform(rng, -strength, strength, n)


def _uniform(rng: Generator, low: float, high: float, n: int) -> Floats:
    return np.asarray(rng.uniform(low, high, n), dtype=np.float32)


def _resampling(length: int, rate: Floats, shift: Floats) -> Floats:
    """Matrices that read a sequence at (i - c)·rate + c + shift, linearly, held at the ends."""
    centre = (length - 1) / 2
    index = np.arange(length, dtype=np.float32)
    read = (index - centre) * rate[:, None] + np.float32(centre) + shift[:, None]
    read = np.clip(read, 0, length - 1)
    hats: Floats = np.maximum(np.float32(0), 1 - np.abs(read[:, :, None] - index))
    return hats


def _outside_stripe(rng: Generator, n: int, length: int, widest: float) -> NDArray[np.bool_]:
    width = rng.uniform(0, widest, (n, 1))
    start = rng.uniform(0, length - width)
    index = np.arange(length)
    return np.asarray((index < start) | (index >= start + width))
