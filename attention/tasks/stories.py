"""Short children's stories (TinyStories) as words, split for training and for judging."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from lohe.attention.tasks.library import locate
from lohe.attention.tasks.text import Corpus, Text, split_words
from lohe.dynamics.errors import InputError

__all__ = ["load_stories", "read_stories"]

_SEPARATOR = "<|endoftext|>"
_HELD_OUT_SHARE = 20  # one story in 20 is for the test, another one for validation


def load_stories(
    limit: int | None = None, *, progress: Callable[[int, int], None] | None = None
) -> Corpus:
    """Read the data set ``tinystories`` from where `locate` finds it.

    Parameters
    ----------
    limit
        Read so many stories at most, from its files in the order of their names.
    progress
        Called with (bytes read, bytes in all) while an archive is unpacked.

    Raises
    ------
    InputError
        If it is not here or holds no story.
    """
    folder = locate("tinystories", progress=progress)
    return read_stories(sorted(folder.glob("*.txt")), limit)


def read_stories(files: Sequence[Path], limit: int | None = None) -> Corpus:
    """Read stories from text files, in which lines of ``<|endoftext|>`` part them.

    A story that occurs twice counts once. Its SHA-256 tells its split, so that the splits depend
    neither on the files nor on their order: 1 in 20 for the test, 1 in 20 for validation.

    Parameters
    ----------
    files
        Text files in UTF-8.
    limit
        Read so many different stories at most.

    Raises
    ------
    InputError
        If a split would be empty, or a file cannot be read.
    """
    splits: tuple[list[Text], ...] = ([], [], [])
    for story in islice(_different(files), limit):
        first = int.from_bytes(hashlib.sha256(story.encode()).digest()[:8], "big")
        place = {0: 2, 1: 1}.get(first % _HELD_OUT_SHARE, 0)
        splits[place].append(tuple(split_words(story)))
    if not all(splits):
        raise InputError(
            f"{sum(map(len, splits))} stories are too few to train, validate and test on; "
            "raise the limit or verify the data set with `lohe data verify tinystories`"
        )
    training, validation, test = (tuple(part) for part in splits)
    return Corpus("stories", training, validation, test)


def _different(files: Sequence[Path]) -> Iterator[str]:
    seen: set[bytes] = set()
    for file in files:
        try:
            with file.open(encoding="utf-8") as lines:
                for story in _stories(lines):
                    digest = hashlib.sha256(story.encode()).digest()
                    if story and digest not in seen:
                        seen.add(digest)
                        yield story
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read {file}: {error}") from error


def _stories(lines: Iterator[str]) -> Iterator[str]:
    """Yield the stories of a file; lines are joined until a separator or the end."""
    held: list[str] = []
    for line in lines:
        if line.strip() == _SEPARATOR:
            yield "".join(held).strip()
            held = []
        else:
            held.append(line)
    yield "".join(held).strip()
