r"""Log-mel spectrograms, the front end of the speech tasks.

A clip of one second at 16 kHz becomes 49 frames of 40 features: Hann windows of 400 samples
(25 ms) every 320 samples (20 ms), no padding at the ends, a discrete Fourier transform of length
512, and 40 triangular bands between 0 and 8 kHz. The bands are equally wide on HTK's mel scale
[1]_, :math:`m = 2595 \log_{10}(1 + f/700)`, and rise and fall linearly in hertz with peak 1, so
that neighbours add up to 1: between the first and the last centre no power is lost or counted
twice.

References
----------
.. [1] S. Young et al., *The HTK Book*, §5.4, version 3.4, 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from lohe.dynamics.errors import InputError

__all__ = [
    "BANDS",
    "CLIP",
    "FLOOR",
    "FRAMES",
    "HOP",
    "N_FFT",
    "RATE",
    "WINDOW",
    "Standardiser",
    "log_mel",
    "mel_filterbank",
    "power_spectrum",
]

Floats = NDArray[np.float32]

RATE = 16_000
"""Sampling rate, Hz."""
CLIP = RATE
"""Samples in a clip: one second."""
N_FFT = 512
WINDOW = 400
HOP = 320
BANDS = 40
FRAMES = 1 + (CLIP - WINDOW) // HOP
"""Frames in a clip: 49, the sequence length T."""

# Below the power of 16-bit quantisation noise times a few hundred, and far below speech: it keeps
# the logarithm of digital silence finite without flattening quiet recordings.
FLOOR = 1e-6

# Clips transformed at once: 64 need 10 MB of spectra, which stays in a cache of usual size.
_BLOCK = 64


def power_spectrum(clips: Floats) -> Floats:
    """Power of the windowed frames of each clip.

    Parameters
    ----------
    clips : (..., n) array
        Samples, n >= 400.

    Returns
    -------
    (..., 1 + (n - 400) // 320, 257) array
        |DFT|² of the Hann-windowed frames, frequencies k · 31.25 Hz for k = 0..256.
    """
    frames = np.lib.stride_tricks.sliding_window_view(clips, WINDOW, axis=-1)[..., ::HOP, :]
    spectrum = fft.rfft(frames * _hann(), n=N_FFT, axis=-1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)


@lru_cache(maxsize=1)
def _hann() -> Floats:
    # Periodic, as spectral analysis wants it: the symmetric window repeats its zero.
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


@lru_cache(maxsize=1)
def mel_filterbank() -> Floats:
    """Triangular bands, equally wide on HTK's mel scale.

    Returns
    -------
    (257, 40) array
        Weight of each frequency bin in each band, in [0, 1].

    Examples
    --------
    >>> float(mel_filterbank()[8:240].sum(axis=1).max().round(6))
    1.0
    """
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)
    hertz = np.arange(N_FFT // 2 + 1)[:, None] * (RATE / N_FFT)
    rise = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rise, fall)).astype(np.float32)


def log_mel(clips: Floats) -> Floats:
    """Log-mel features of many clips: log(band power + 1e-6).

    A gain g shifts every feature by 2 log g, up to the floor; a delay by one hop shifts the
    frames by one.

    Parameters
    ----------
    clips : (n, 16000) array
        One-second clips at 16 kHz.

    Returns
    -------
    (n, 49, 40) float32 array
        Natural logarithms.

    Raises
    ------
    InputError
        If the clips are not one second long, or have NaN or infinite samples.
    """
    if clips.ndim != 2 or clips.shape[1] != CLIP:
        raise InputError(f"clips have shape {clips.shape}; expected (n, {CLIP})")
    out = np.empty((len(clips), FRAMES, BANDS), dtype=np.float32)
    for start in range(0, len(clips), _BLOCK):
        block = slice(start, start + _BLOCK)
        out[block] = np.log(power_spectrum(clips[block]) @ mel_filterbank() + np.float32(FLOOR))
    if not np.isfinite(out).all():
        raise InputError("clips have NaN or infinite samples; remove those recordings")
    return out


@dataclass(frozen=True)
class Standardiser:
    """Zero mean and unit variance for each band, with statistics of the training clips only.

    Parameters
    ----------
    mean, scale : (40,) arrays
        Mean and standard deviation over clips and frames.
    """

    mean: Floats
    scale: Floats

    @classmethod
    def fit(cls, features: Floats) -> Standardiser:
        """Measure the bands of ``(n, T, 40)`` features.

        Raises
        ------
        InputError
            If there are no clips, or a band never varies.
        """
        if features.size == 0:
            raise InputError("no training clips to standardise the features on")
        scale = features.std(axis=(0, 1), dtype=np.float64)
        if not np.all(scale > 0):
            raise InputError(
                f"band {int(np.argmin(scale))} is constant over the training clips; "
                "are the recordings silent?"
            )
        mean = features.mean(axis=(0, 1), dtype=np.float64)
        return cls(mean.astype(np.float32), scale.astype(np.float32))

    def apply(self, features: Floats) -> Floats:
        """Standardise ``(..., 40)`` features."""
        return (features - self.mean) / self.scale
