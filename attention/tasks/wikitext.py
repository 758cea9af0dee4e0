"""WikiText-2: articles of Wikipedia as words, lower-cased, a paragraph a text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from sys import intern

from lohe.attention.tasks.library import locate
from lohe.attention.tasks.text import UNKNOWN, Corpus, Text
from lohe.dynamics.errors import InputError

__all__ = ["load_wikitext", "read_wikitext"]

_UNKNOWN = "<unk>"  # how the files mark a word that is too rare


def load_wikitext(*, progress: Callable[[int, int], None] | None = None) -> Corpus:
    """Read the data set ``wikitext-2`` from where `locate` finds it.

    Parameters
    ----------
    progress
        Called with (bytes read, bytes in all) while an archive is unpacked.

    Raises
    ------
    InputError
        If it is not here or a file of it cannot be read.
    """
    return read_wikitext(locate("wikitext-2", progress=progress))


def read_wikitext(folder: Path) -> Corpus:
    """Read ``train.txt``, ``valid.txt`` and ``test.txt``, whose words blanks part.

    Every line that is not blank, a paragraph or a heading, is a text; words are lower-cased and
    ``<unk>`` becomes `UNKNOWN`. The usual count of 2,088,628 training tokens closes blank lines
    too; here blank lines are no texts and cost nothing.

    Parameters
    ----------
    folder
        Where the files are.

    Raises
    ------
    InputError
        If a file cannot be read or holds no word.
    """
    training, validation, test = (
        _paragraphs(folder / name) for name in ("train.txt", "valid.txt", "test.txt")
    )
    return Corpus("wikitext", training, validation, test)


def _paragraphs(file: Path) -> tuple[Text, ...]:
    try:
        lines = file.read_text(encoding="utf-8").lower().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {file}: {error}") from error
    texts = tuple(
        tuple(UNKNOWN if word == _UNKNOWN else intern(word) for word in words)
        for words in map(str.split, lines)
        if words
    )
    if not texts:
        raise InputError(
            f"{file} holds no word; verify the data set with `lohe data verify wikitext-2`"
        )
    return texts
