"""What a benchmark must give to be trained on: batches, a loss, and scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Batch", "Split", "Task"]

Floats = NDArray[Any]
Split = Literal["validation", "test"]


@dataclass(frozen=True)
class Batch:
    """Some sequences and what is to be learned of them.

    Parameters
    ----------
    inputs : (B, T) array of int, or (B, T, F) array
        Tokens, or features.
    targets : array
        What the task's loss compares the outputs with; leading axis B.
    key_mask : (B, T) bool array, optional
        False at padding; None if there is none.
    position : (B,) array of int, optional
        The token to read out, for models with the position read-out.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    key_mask: NDArray[np.bool_] | None = None
    position: NDArray[np.integer[Any]] | None = None


class Task(Protocol):
    """A benchmark.

    Where heads are to be exported for a whole split, its batches have one length T.
    """

    @property
    def name(self) -> str:
        """Short name, for file names and results."""

    @property
    def config(self) -> Mapping[str, Any]:
        """What determines the data, for the record; JSON values only."""

    def steps(self, batch_size: int) -> int:
        """Return the number of training batches of one epoch."""

    def training_batches(self, batch_size: int, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield one epoch of training batches; shuffling and augmentation draw from `rng` only."""

    def batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        """Yield a held-out split in its order."""

    def loss(self, outputs: Floats, batch: Batch) -> tuple[float, Floats]:
        """Return the mean loss of a batch and its gradient with respect to the outputs."""

    def score(self, outputs: Floats, split: Split) -> dict[str, float]:
        """Return the metrics of a split from the outputs of all its batches, in order."""
