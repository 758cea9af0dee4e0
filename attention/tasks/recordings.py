"""Labelled recordings as log-mel features: read once, remembered under a digest of the content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lohe.attention.tasks import audio, logmel
from lohe.attention.tasks.audio import fit_length, read_wav, resample
from lohe.attention.tasks.library import cache_folder
from lohe.attention.tasks.logmel import Floats, Standardiser, log_mel
from lohe.dynamics.errors import InputError
from lohe.dynamics.files import read_npz, write_npz

__all__ = ["Clips", "Corpus", "features_of"]

_FORMAT = "lohe.features"

# Recordings read at once: 256 seconds at 16 kHz take 16 MB.
_BLOCK = 256


@dataclass(frozen=True)
class Clips:
    """Recordings of words, as features.

    Parameters
    ----------
    features : (n, 49, 40) float32 array
        Log-mel features, not standardised.
    targets : (n,) int array
        Index of the word that is spoken.
    names : tuple of str
        Word and speaker of each clip, such as ``"yes 0132a06d"``.
    """

    features: Floats
    targets: NDArray[np.int64]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def select(self, chosen: NDArray[np.bool_]) -> Clips:
        """Keep the clips where a ``(n,)`` mask is true."""
        names = tuple(name for name, keep in zip(self.names, chosen, strict=True) if keep)
        return Clips(self.features[chosen], self.targets[chosen], names)


@dataclass(frozen=True)
class Corpus:
    """A word-recognition task: three sets of clips that share no speaker or no take.

    Parameters
    ----------
    name, words
        Name of the task, and the words to tell apart in the order of the targets.
    train, validation, test
        The clips; `standardiser` was measured on `train` alone.
    noise : (m, 49, 40) array
        Features of background noise to mix in; empty where there is none.
    edition
        Which known edition of the data set this is, for the table of results.
    """

    name: str
    words: tuple[str, ...]
    train: Clips
    validation: Clips
    test: Clips
    noise: Floats
    standardiser: Standardiser
    edition: str


def features_of(
    files: Sequence[Path], rate: int, *, progress: Callable[[int, int], None] | None = None
) -> Floats:
    """Log-mel features of recordings, fitted to one second around their middle.

    They are kept in the cache under a digest of the recordings and of the front end's code,
    and computed again if either changes.

    Parameters
    ----------
    files
        Mono 16-bit ``.wav`` files.
    rate
        Their sampling rate in Hz; other than 16 kHz is resampled.
    progress
        Called with (recordings read, recordings in all).

    Returns
    -------
    (n, 49, 40) float32 array

    Raises
    ------
    InputError
        If a recording cannot be used; the message names it.
    """
    if not files:
        raise InputError("no recordings: is the data set complete? try `lohe data verify`")
    digest = hashlib.sha256(_front_end() + f"{rate} Hz".encode())
    for file in files:
        try:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        except OSError as error:
            raise InputError(f"cannot read {file}: {error.strerror or error}") from error
    key = digest.hexdigest()
    kept = cache_folder() / "features" / f"{key[:32]}.npz"
    if kept.is_file():
        try:
            header, arrays = read_npz(kept, _FORMAT)
        except InputError as error:
            raise InputError(f"the remembered features {kept} are damaged; delete them") from error
        if header.get("key") == key:
            return arrays["features"]
    features = np.empty((len(files), logmel.FRAMES, logmel.BANDS), dtype=np.float32)
    for start in range(0, len(files), _BLOCK):
        block = slice(start, start + _BLOCK)
        seconds = np.stack([fit_length(read_wav(file, rate), rate) for file in files[block]])
        features[block] = log_mel(resample(seconds, rate, logmel.RATE))
        if progress is not None:
            progress(min(start + _BLOCK, len(files)), len(files))
    write_npz(kept, {"format": _FORMAT, "key": key}, {"features": features})
    return features


def _front_end() -> bytes:
    """Return the code that makes features: remembered ones must not outlive a change of it."""
    return b"".join(Path(file).read_bytes() for file in (__file__, audio.__file__, logmel.__file__))
