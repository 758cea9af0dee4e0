"""Words and their numbers: how text becomes the tokens of a language model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["END", "UNKNOWN", "Corpus", "Text", "Vocabulary", "split_words"]

UNKNOWN, END = "<unknown>", "<end>"
"""Stand for a word outside the vocabulary, and for the end of a text."""

Text = tuple[str, ...]
"""The words of one text, such as a story or a paragraph."""

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*|\d|[^\w\s]")
_PLAIN_QUOTES = str.maketrans("‘’“”", "''\"\"")


def split_words(text: str) -> list[str]:
    """Split a text into lower-cased words, digits and punctuation marks.

    A contraction stays one word; typographic quotation marks become plain ones. Letters beyond
    a to z are left out. Equal words are one object, so that long texts stay small.

    Examples
    --------
    >>> split_words("Lily didn’t see 12 cats!")
    ['lily', "didn't", 'see', '1', '2', 'cats', '!']
    """
    return [intern(word) for word in _WORD.findall(text.lower().translate(_PLAIN_QUOTES))]


@dataclass(frozen=True)
class Corpus:
    """Texts in three splits.

    Parameters
    ----------
    name
        Short name, for file names and results.
    training, validation, test : tuple of tuple of str
        The words of each text; `UNKNOWN` where a text itself leaves a word out.
    """

    name: str
    training: tuple[Text, ...]
    validation: tuple[Text, ...]
    test: tuple[Text, ...]


class Vocabulary:
    """The words that a language model knows, numbered from the most frequent.

    Parameters
    ----------
    texts : iterable of sequence of str
        Training texts, as `split_words` gives them.
    size : int
        Numbers in all, those of `UNKNOWN` (0) and `END` (1) among them. Ties in frequency go to
        the word that the alphabet puts first.

    Raises
    ------
    InputError
        If there is no room for a word.

    Examples
    --------
    >>> vocabulary = Vocabulary([["a", "cat"], ["a", "dog"]], size=4)
    >>> vocabulary.words
    ('<unknown>', '<end>', 'a', 'cat')
    >>> vocabulary.encode([["a", "dog"], ["cat"]]).tolist()
    [2, 0, 1, 3, 1]
    """

    def __init__(self, texts: Iterable[Sequence[str]], size: int) -> None:
        if size < 3:
            raise InputError(f"a vocabulary of {size} has no room for a word; choose 3 or more")
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
        del counts[UNKNOWN]
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        self.words = (UNKNOWN, END, *ranked[: size - 2])
        self._number = {word: number for number, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, texts: Iterable[Sequence[str]]) -> NDArray[np.int64]:
        """Return the numbers of all words, one text after another, each followed by `END`."""
        number = self._number
        return np.fromiter(
            (number.get(word, 0) for text in texts for word in (*text, END)), dtype=np.int64
        )

    def decode(self, numbers: NDArray[np.integer[Any]]) -> list[str]:
        """Return the words of numbers, in one flat list."""
        return [self.words[number] for number in np.ravel(numbers)]
