"""Language modelling by characters: predict every next byte of a text."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.task import Split
from lohe.attention.tasks.library import locate
from lohe.attention.tasks.windows import Windows
from lohe.dynamics.errors import InputError

__all__ = ["NextCharacter", "load_enwik8", "load_shakespeare"]

_ENWIK8 = 4_000_000  # bytes; the papers' data set has 25 times as many


class NextCharacter(Windows):
    """Predict every next byte in windows of a text, of which the ends are held out.

    The first 90 % are for training, the next 5 % for validation and the last 5 % for the test, as
    usual for enwik8. The alphabet is that of the whole text.

    Parameters
    ----------
    name : str
        Of the text.
    text : bytes
        All of it.
    length : int
        Characters T of a window.
    characters : int, optional
        Train on so many characters at most, the first ones, and validate on a tenth as many.

    Raises
    ------
    InputError
        If a split is shorter than two windows.

    Examples
    --------
    >>> task = NextCharacter("rhyme", b"row row row your boat " * 20, length=8)
    >>> task.alphabet
    b' abortuwy'
    """

    def __init__(
        self, name: str, text: bytes, *, length: int = 128, characters: int | None = None
    ) -> None:
        found, numbers = np.unique(np.frombuffer(text, np.uint8), return_inverse=True)
        self.alphabet = found.tobytes()
        numbers = numbers.astype(np.int64)
        ends = len(text) * 18 // 20, len(text) * 19 // 20
        training, validation, test = np.split(numbers, ends)
        streams = {
            "training": training[:characters],
            "validation": validation[: characters and characters // 10],
            "test": test,
        }
        super().__init__(name, streams, length, len(self.alphabet))
        self.config = {
            "length": length,
            "alphabet": len(self.alphabet),
            "characters": self.sizes(),
            "sha256": self.digest(),
        }

    def score(self, outputs: NDArray[Any], split: Split) -> dict[str, float]:
        """Return the bits per character: the mean loss in units of ln 2."""
        return {"bits": float(outputs.mean(dtype=np.float64)) / math.log(2)}

    def decode(self, tokens: NDArray[np.integer[Any]]) -> bytes:
        """Return the text that tokens (n,) stand for."""
        return bytes(np.frombuffer(self.alphabet, np.uint8)[tokens])


def load_enwik8(
    size: int = _ENWIK8, *, progress: Callable[[int, int], None] | None = None
) -> bytes:
    """Read the first bytes of the data set ``enwik8`` from where `locate` finds it.

    Parameters
    ----------
    size
        Number of bytes.
    progress
        Called with (bytes read, bytes in all) while an archive is unpacked.

    Raises
    ------
    InputError
        If it is not here, cannot be read or is shorter.
    """
    folder = locate("enwik8", progress=progress)
    text = _read(next(iter(sorted(folder.glob("enwik8*"))), folder / "enwik8"), size)
    if len(text) < size:
        raise InputError(f"{folder} holds {len(text)} bytes of enwik8, not {size}; ask for fewer")
    return text


def load_shakespeare(*, progress: Callable[[int, int], None] | None = None) -> bytes:
    """Read the data set ``tinyshakespeare`` from where `locate` finds it.

    Parameters
    ----------
    progress
        Called with (bytes read, bytes in all) while an archive is unpacked.

    Raises
    ------
    InputError
        If it is not here or cannot be read.
    """
    return _read(locate("tinyshakespeare", progress=progress) / "input.txt")


def _read(file: Path, size: int = -1) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror or error}") from error
