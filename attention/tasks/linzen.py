"""Agreement in real sentences: tell from what precedes a verb whether it is singular or plural.

Sentences of Wikipedia with 1 to 5 attractors, nouns between subject and verb that have the other
number than the subject [1]_. Only the data set's validation file has the natural mix of sentences,
and its training file is not in the small archive, so the validation file is split again, by a hash
of the words: four fifths train, a tenth is validation and a tenth the natural test.

References
----------
.. [1] T. Linzen, E. Dupoux & Y. Goldberg, *Assessing the Ability of LSTMs to Learn
   Syntax-Sensitive Dependencies*, TACL 4, 2016.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lohe.attention.tasks.library import edition, locate
from lohe.dynamics.errors import InputError

__all__ = ["ATTRACTORS", "DATA_SET", "LinzenCorpus", "Preambles", "load_linzen", "split_of"]

DATA_SET = "linzen_rnn_agr_simple"

ATTRACTORS = (1, 2, 3, 4, 5)
"""Numbers of attractors that there is a test file for."""

_NUMBERS = {"VBZ": False, "VBP": True}
_TEST_SHARE = 0.1
_VALIDATION_SHARE = 0.1


@dataclass(frozen=True)
class Preambles:
    """What precedes the verbs of sentences, and the verbs' number.

    Parameters
    ----------
    words : tuple of tuple of str
        The words before each verb, rare ones replaced by their part of speech by the authors.
    plural : (n,) bool array
        Whether the verb is a plural.
    """

    words: tuple[tuple[str, ...], ...]
    plural: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.words)

    def select(self, chosen: Sequence[bool]) -> Preambles:
        """Keep those where a mask of length n is true."""
        words = tuple(words for words, keep in zip(self.words, chosen, strict=True) if keep)
        return Preambles(words, self.plural[np.asarray(chosen, dtype=bool)])


@dataclass(frozen=True)
class LinzenCorpus:
    """The sentences and their split; no text of `training` is in another part.

    Parameters
    ----------
    training, validation, natural
        Of the natural mix, in which most sentences have no attractor.
    attractors
        Test sentences by their number of attractors.
    edition
        Which known edition of the data set this is.
    """

    training: Preambles
    validation: Preambles
    natural: Preambles
    attractors: dict[int, Preambles]
    edition: str


def split_of(words: Sequence[str]) -> str:
    """Tell which split a sentence of the natural mix belongs to, from its words alone.

    The first 64 bits of their SHA-256 are a fraction in [0, 1): below 0.1 is test, below 0.2
    validation, the rest train. Equal texts, of which there are some, stay together.

    Examples
    --------
    >>> split_of("the ruins of the tower".split())
    'train'
    """
    digest = hashlib.sha256(" ".join(words).encode()).digest()
    fraction = int.from_bytes(digest[:8], "big") / 2**64
    if fraction < _TEST_SHARE:
        return "test"
    return "validation" if fraction < _TEST_SHARE + _VALIDATION_SHARE else "train"


def load_linzen(
    folder: Path | None = None, *, progress: Callable[[int, int], None] | None = None
) -> LinzenCorpus:
    """Read the sentences.

    Parameters
    ----------
    folder
        A folder with ``numpred.val`` and ``numpred.test.1`` to ``numpred.test.5``; by default
        the data set ``linzen_rnn_agr_simple``.
    progress
        Called with (bytes read, bytes in all) while an archive is unpacked.

    Raises
    ------
    InputError
        If the data set is not here, or a line is not a verb's tag, a tab and words.
    """
    root = folder if folder is not None else locate(DATA_SET, progress=progress)
    attractors = {count: _read(root / f"numpred.test.{count}") for count in ATTRACTORS}
    natural = _read(root / "numpred.val")
    tested = {words for part in attractors.values() for words in part.words}
    part = [split_of(words) for words in natural.words]
    known = edition(DATA_SET, root) if folder is None else None
    return LinzenCorpus(
        training=natural.select(
            [p == "train" and w not in tested for p, w in zip(part, natural.words, strict=True)]
        ),
        validation=natural.select([p == "validation" for p in part]),
        natural=natural.select([p == "test" for p in part]),
        attractors=attractors,
        edition=known.title if known else "unknown edition",
    )


def _read(file: Path) -> Preambles:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {file}; try `lohe data verify`") from error
    words: list[tuple[str, ...]] = []
    plural: list[bool] = []
    for number, line in enumerate(lines, 1):
        tag, tab, text = line.partition("\t")
        if tag not in _NUMBERS or not tab or not text.strip():
            raise InputError(
                f"{file}, line {number} is not VBZ or VBP, a tab and words; try `lohe data verify`"
            )
        words.append(tuple(text.split()))
        plural.append(_NUMBERS[tag])
    if not words:
        raise InputError(f"{file} is empty; try `lohe data verify`")
    return Preambles(tuple(words), np.array(plural))
