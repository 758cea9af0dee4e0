"""The texts that language models train on, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lohe.attention.tasks.next_character import NextCharacter, load_enwik8, load_shakespeare
from lohe.attention.tasks.next_word import NextWord
from lohe.attention.tasks.stories import load_stories
from lohe.attention.tasks.wikitext import load_wikitext
from lohe.attention.tasks.windows import Windows
from lohe.dynamics.errors import InputError

__all__ = ["TEXTS", "open_text"]

Progress = Callable[[int, int], None] | None

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "stories": "TinyStories, by words",
        "wikitext": "WikiText-2, by words",
        "enwik8": "the first 4,000,000 bytes of enwik8, by characters",
        "shakespeare": "Tiny Shakespeare, by characters",
    }
)
"""What each name stands for."""


def open_text(
    name: str,
    *,
    length: int = 128,
    words: int = 4000,
    tokens: int | None = None,
    progress: Progress = None,
) -> Windows:
    """Read a text and cut it into windows.

    Parameters
    ----------
    name
        One of `TEXTS`.
    length
        Tokens of a window.
    words
        Size of the vocabulary of texts by words.
    tokens
        Train on so many at most.
    progress
        Called with (bytes read, bytes in all) while an archive is unpacked.

    Raises
    ------
    InputError
        For an unknown name, or if the data set is not here or too short.
    """
    if name == "stories":
        corpus = load_stories(progress=progress)
        return NextWord(corpus, length=length, words=words, tokens=tokens)
    if name == "wikitext":
        corpus = load_wikitext(progress=progress)
        return NextWord(corpus, length=length, words=words, tokens=tokens)
    if name == "enwik8":
        return NextCharacter(name, load_enwik8(progress=progress), length=length, characters=tokens)
    if name == "shakespeare":
        text = load_shakespeare(progress=progress)
        return NextCharacter(name, text, length=length, characters=tokens)
    raise InputError(f"no text is called {name!r}; choose {' or '.join(TEXTS)}")
