"""Keyword spotting on Speech Commands: ten words, speakers never heard in training.

Only the test set of Speech Commands is small enough to be a small benchmark, so its clips are
split again, by speaker. That leaves about an eleventh of the published training data, and results
on it say so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lohe.attention.tasks.library import edition, locate
from lohe.attention.tasks.logmel import BANDS, FRAMES, RATE, Standardiser
from lohe.attention.tasks.recordings import Clips, Corpus, features_of
from lohe.dynamics.errors import InputError

__all__ = ["DATA_SET", "WORDS", "load_keywords", "split_of"]

DATA_SET = "speech_commands_v0.02_test"

WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
"""The ten keywords; ``_unknown_`` and ``_silence_`` are left out, as in the protocol."""

_TEST_SHARE = 0.15
_VALIDATION_SHARE = 0.10


def split_of(speaker: str) -> str:
    """Tell which split a speaker belongs to, from nothing but the identifier.

    The first 64 bits of its SHA-256 are a fraction in [0, 1): below 0.15 is test, below 0.25
    validation, the rest train. The split does not depend on which other clips are there.

    Parameters
    ----------
    speaker
        The eight hexadecimal digits that start a file's name.

    Examples
    --------
    >>> split_of("0132a06d")
    'train'
    """
    digest = hashlib.sha256(speaker.encode()).digest()
    fraction = int.from_bytes(digest[:8], "big") / 2**64
    if fraction < _TEST_SHARE:
        return "test"
    return "validation" if fraction < _TEST_SHARE + _VALIDATION_SHARE else "train"


def load_keywords(
    folder: Path | None = None, *, progress: Callable[[int, int], None] | None = None
) -> Corpus:
    """Read the ten keywords of Speech Commands.

    Parameters
    ----------
    folder
        A folder that holds one folder of recordings for each word; by default the data set
        ``speech_commands_v0.02_test``.
    progress
        Called with (done, in all) while an archive is unpacked, then while recordings are read.

    Raises
    ------
    InputError
        If the data set is not here, a word has no recordings, or a recording is damaged.
    """
    root = folder if folder is not None else locate(DATA_SET, progress=progress)
    files: list[Path] = []
    targets: list[int] = []
    for index, word in enumerate(WORDS):
        found = sorted((root / word).glob("*.wav"))
        if not found:
            raise InputError(f"{root} has no recordings of {word!r}; try `lohe data verify`")
        files += found
        targets += [index] * len(found)
    speakers = [file.name.split("_")[0] for file in files]
    names = (f"{WORDS[t]} {s}" for t, s in zip(targets, speakers, strict=True))
    clips = Clips(
        features_of(files, RATE, progress=progress),
        np.asarray(targets, dtype=np.int64),
        tuple(names),
    )
    part = np.array([split_of(speaker) for speaker in speakers])
    noise = sorted((root / "_silence_").glob("*.wav"))
    train = clips.select(part == "train")
    known = edition(DATA_SET, root) if folder is None else None
    return Corpus(
        name="kws",
        words=WORDS,
        train=train,
        validation=clips.select(part == "validation"),
        test=clips.select(part == "test"),
        noise=features_of(noise, RATE) if noise else np.empty((0, FRAMES, BANDS), np.float32),
        standardiser=Standardiser.fit(train.features),
        edition=known.title if known else "unknown edition",
    )
