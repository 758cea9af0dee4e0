"""Streams of tokens cut into windows, to predict every next token of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.task import Batch, Split
from lohe.dynamics.errors import InputError

__all__ = ["Windows"]

Floats = NDArray[Any]
Tokens = NDArray[np.int64]


class Windows:
    """Predict every next token in windows of a stream; tasks add what tokens mean and scores.

    Each split is a stream that is cut into windows of T inputs, whose targets are the inputs one
    later. Training windows start at a phase drawn for each epoch; held-out ones at the beginning.
    What is left at the end is not used.

    Parameters
    ----------
    name : str
        Of the text.
    streams : mapping of str to (n,) array of int
        ``training``, ``validation`` and ``test``.
    length : int
        Tokens T of a window.
    symbols : int
        How many different tokens there may be.

    Raises
    ------
    InputError
        If a stream is shorter than two windows.
    """

    config: Mapping[str, Any]

    def __init__(self, name: str, streams: Mapping[str, Tokens], length: int, symbols: int) -> None:
        self.name = name
        self.length = length
        self.symbols = symbols
        self._streams = dict(streams)
        for split, stream in self._streams.items():
            if len(stream) <= 2 * length:
                raise InputError(
                    f"the {split} texts of {name} make less than two windows of {length}"
                )

    def sizes(self) -> dict[str, int]:
        """Return the number of tokens of every split."""
        return {split: len(stream) for split, stream in self._streams.items()}

    def digest(self) -> str:
        """Return the SHA-256 of all streams."""
        numbers = (stream.astype("<i8").tobytes() for stream in self._streams.values())
        return hashlib.sha256(b"".join(numbers)).hexdigest()

    def steps(self, batch_size: int) -> int:
        """Return the number of training batches of one epoch."""
        return -(-self._training_windows() // batch_size)

    def training_batches(self, batch_size: int, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield one epoch of training batches in random order, from a random phase."""
        phase = int(rng.integers(self.length))
        order = rng.permutation(self._training_windows())
        yield from self._cut(self._streams["training"][phase:], order, batch_size)

    def batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        """Yield a held-out split in its order."""
        stream = self._streams[split]
        yield from self._cut(stream, np.arange((len(stream) - 1) // self.length), batch_size)

    def loss(self, outputs: Floats, batch: Batch) -> tuple[float, Floats]:
        """Return the mean of the positions' losses, which the model gives, and its gradient."""
        share = outputs.dtype.type(1 / outputs.size)
        return float(outputs.mean()), np.full_like(outputs, share)

    def score(self, outputs: Floats, split: Split) -> dict[str, float]:
        """Return what the mean loss of a split means; tasks say it in their units."""
        raise NotImplementedError

    def _training_windows(self) -> int:
        # One window fewer than the stream holds, so that every phase leaves as many.
        return (len(self._streams["training"]) - 1) // self.length - 1

    def _cut(self, stream: Tokens, windows: Tokens, batch_size: int) -> Iterator[Batch]:
        """Yield numbered windows of a stream; each begins with the last target of that before."""
        for start in range(0, len(windows), batch_size):
            first = windows[start : start + batch_size, None] * self.length
            tokens = stream[first + np.arange(self.length + 1)]
            yield Batch(inputs=tokens[:, :-1], targets=tokens[:, 1:])
