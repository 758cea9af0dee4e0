"""What one block of trials gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.basins.plan import LABELS

__all__ = ["NOWHERE", "REFERENCE", "BlockResult", "joined"]

Floats = NDArray[np.float64]

NOWHERE, REFERENCE = -1, 0


@dataclass(frozen=True, eq=False)
class BlockResult:
    """Labels and measurements of the trials of one block, in the order they were drawn.

    Parameters
    ----------
    number
        Of the block.
    labels : (horizons, trials) uint8 array
        Indices into `plan.LABELS`.
    strata : (trials,) uint8 array
        The stratum of each start; zeros unless starts are stratified.
    weights : (trials,) array or None
        Likelihood of each start; None unless starts are tilted.
    times : (trials,) array
        With crosstalk, the time at which a start was first seen inside the certified cap, to the
        length of a step; without, the exact time at which it is within the tolerance. NaN where
        that does not happen, or nothing is certified.
    residuals : (trials,) array
        Largest speed of an oscillator when the trial was last judged. NaN where it was certified
        to converge in time, and not followed to its end, or has failed.
    places : (trials,) int32 array
        Where the trial was found at rest: `REFERENCE`, `NOWHERE`, or k for ``attractors[k - 1]``.
    certified : (trials,) bool array
        Whether the last label was given early, because the certified cap holds the state.
    attractors : (m, n, d) array
        Other states found at rest, one of each kind.
    """

    number: int
    labels: NDArray[np.uint8]
    strata: NDArray[np.uint8]
    weights: Floats | None
    times: Floats
    residuals: Floats
    places: NDArray[np.int32]
    certified: NDArray[np.bool_]
    attractors: Floats

    @property
    def trials(self) -> int:
        """Number of starts in the block."""
        return int(self.labels.shape[1])

    def counts(self, strata: int = 1) -> NDArray[np.int64]:
        """Count the labels, shape (strata, horizons, labels)."""
        found = np.zeros((strata, len(self.labels), len(LABELS)), dtype=np.int64)
        for stratum in range(strata):
            inside = self.strata == stratum
            for horizon, row in enumerate(self.labels):
                found[stratum, horizon] = np.bincount(row[inside], minlength=len(LABELS))
        return found


def joined(number: int, parts: Sequence[BlockResult]) -> BlockResult:
    """Put the batches of one block together, in order."""
    attractors, places, known = [], [], 0
    for part in parts:
        elsewhere = part.places > REFERENCE
        places.append(np.where(elsewhere, part.places + known, part.places))
        attractors.append(part.attractors)
        known += len(part.attractors)
    weights = [part.weights for part in parts if part.weights is not None]
    return BlockResult(
        number=number,
        labels=np.concatenate([part.labels for part in parts], axis=1),
        strata=np.concatenate([part.strata for part in parts]),
        weights=np.concatenate(weights) if weights else None,
        times=np.concatenate([part.times for part in parts]),
        residuals=np.concatenate([part.residuals for part in parts]),
        places=np.concatenate(places),
        certified=np.concatenate([part.certified for part in parts]),
        attractors=np.concatenate(attractors),
    )
