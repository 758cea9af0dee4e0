"""Spoken digits on the Free Spoken Digit Dataset, with its official test set.

Six speakers say each digit fifty times, and every speaker is in every split: this task asks for
new takes of known voices, not for new voices. Takes 0 to 4 are the official test set; takes 5 to
9 are our validation set, and the other forty train.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from lohe.attention.tasks.library import edition, locate
from lohe.attention.tasks.logmel import BANDS, FRAMES, Standardiser
from lohe.attention.tasks.recordings import Clips, Corpus, features_of
from lohe.dynamics.errors import InputError

__all__ = ["DATA_SET", "RATE", "WORDS", "load_digits", "split_of"]

DATA_SET = "fsdd"

RATE = 8_000
"""Sampling rate of the recordings in Hz; they are resampled to 16 kHz."""

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def split_of(take: int) -> str:
    """Tell which split a take belongs to: 0–4 test (official), 5–9 validation, else train.

    Examples
    --------
    >>> split_of(4), split_of(5), split_of(10)
    ('test', 'validation', 'train')
    """
    return "test" if take < 5 else "validation" if take < 10 else "train"


def load_digits(
    folder: Path | None = None, *, progress: Callable[[int, int], None] | None = None
) -> Corpus:
    """Read the spoken digits.

    Parameters
    ----------
    folder
        A folder with ``recordings/DIGIT_SPEAKER_TAKE.wav``; by default the data set ``fsdd``.
    progress
        Called with (done, in all) while an archive is unpacked, then while recordings are read.

    Raises
    ------
    InputError
        If the data set is not here, or a recording is damaged or has another kind of name.
    """
    root = folder if folder is not None else locate(DATA_SET, progress=progress)
    files = sorted((root / "recordings").glob("*.wav"))
    digits: list[int] = []
    names: list[str] = []
    part: list[str] = []
    for file in files:
        try:
            digit, speaker, take = file.stem.split("_")
            word = WORDS[int(digit)]
            part.append(split_of(int(take)))
        except (ValueError, IndexError) as error:
            raise InputError(f"{file} is not named DIGIT_SPEAKER_TAKE.wav") from error
        digits.append(int(digit))
        names.append(f"{word} {speaker} {take}")
    clips = Clips(
        features_of(files, RATE, progress=progress),
        np.asarray(digits, dtype=np.int64),
        tuple(names),
    )
    split = np.array(part)
    train = clips.select(split == "train")
    known = edition(DATA_SET, root) if folder is None else None
    return Corpus(
        name="fsdd",
        words=WORDS,
        train=train,
        validation=clips.select(split == "validation"),
        test=clips.select(split == "test"),
        noise=np.empty((0, FRAMES, BANDS), np.float32),
        standardiser=Standardiser.fit(train.features),
        edition=known.title if known else "unknown edition",
    )
