"""Reading short mono recordings: 16-bit PCM ``.wav`` files, their length and sampling rate."""

from __future__ import annotations

import os
import wave
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from lohe.dynamics.errors import InputError

__all__ = ["fit_length", "read_wav", "resample"]

Samples = NDArray[np.float32]

_FULL_SCALE = np.float32(2**15)


def read_wav(path: str | os.PathLike[str], rate: int) -> Samples:
    """Read a mono 16-bit PCM file.

    Parameters
    ----------
    path
        The ``.wav`` file.
    rate
        The sampling rate it must have, in Hz.

    Returns
    -------
    (n,) float32 array
        Samples in [-1, 1): the stored integers over 2^15, exactly.

    Raises
    ------
    InputError
        If the file is missing, damaged, truncated, empty, not mono 16-bit PCM, or sampled at
        another rate.
    """
    file = Path(path)
    try:
        with wave.open(str(file), "rb") as reader:
            form = reader.getparams()
            data = reader.readframes(form.nframes)
    except FileNotFoundError as error:
        raise InputError(f"no such file: {file}") from error
    except (wave.Error, EOFError, RuntimeError) as error:
        why = str(error) or "it ends too early"
        raise InputError(f"{file} is not a PCM .wav file ({why}); replace it") from error
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror or error}") from error
    if (form.nchannels, form.sampwidth) != (1, 2):
        raise InputError(
            f"{file} has {form.nchannels} channels of {8 * form.sampwidth} bits; "
            "convert it to mono, 16 bits"
        )
    if form.framerate != rate:
        raise InputError(f"{file} is sampled at {form.framerate} Hz; resample it to {rate} Hz")
    if form.nframes == 0:
        raise InputError(f"{file} holds no samples; remove it or record it again")
    if len(data) != 2 * form.nframes:
        raise InputError(f"{file} is truncated: {len(data) // 2} of {form.nframes} samples")
    return np.frombuffer(data, dtype="<i2").astype(np.float32) / _FULL_SCALE


def fit_length(samples: Samples, length: int) -> Samples:
    """Pad with zeros, or crop, on both sides alike, so that the middle stays the middle.

    Parameters
    ----------
    samples : (n,) array
    length
        Number of samples wanted.

    Examples
    --------
    >>> fit_length(np.ones(2, dtype=np.float32), 5)
    array([0., 1., 1., 0., 0.], dtype=float32)
    >>> fit_length(np.arange(5, dtype=np.float32), 3)
    array([1., 2., 3.], dtype=float32)
    """
    spare = length - samples.size
    if spare < 0:
        start = -spare // 2
        return samples[start : start + length]
    return np.pad(samples, (spare // 2, spare - spare // 2))


def resample(samples: Samples, source: int, target: int) -> Samples:
    """Change the sampling rate with a zero-phase polyphase filter.

    Parameters
    ----------
    samples : (..., n) array
        Sampled at `source` Hz; silent before and after.
    source, target
        Rates in Hz; the filter is `scipy.signal.resample_poly`'s (Kaiser window, β = 5).

    Returns
    -------
    (..., ceil(n · target / source)) float32 array
    """
    if source == target:
        return samples
    common = gcd(source, target)
    changed = resample_poly(samples, target // common, source // common, axis=-1)
    return np.asarray(changed, dtype=np.float32)
