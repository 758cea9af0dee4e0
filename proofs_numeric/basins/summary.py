"""What is counted in a block of trials: all that estimates need, whoever ran it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.basins.plan import LABELS, Plan
from lohe.proofs_numeric.basins.result import NOWHERE, BlockResult

__all__ = ["BlockSummary", "strata_in", "summarise"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_CONVERGED = LABELS.index("converged")


@dataclass(frozen=True, eq=False)
class BlockSummary:
    """Counts of one block, and the weights of the starts that failed to converge.

    Parameters
    ----------
    number
        Of the block.
    counts : (strata, horizons, labels) int array
    places : (strata, 2 + m) int array
        Trials found at rest nowhere, at the reference point, and at each of `attractors`.
    firsts : (m,) int array
        The first trial of the block that was found at each of `attractors`.
    certified
        Trials whose last label was given early, because the certified cap holds the state.
    failures : tuple of arrays, or None
        For each horizon, the weights of the starts that had not converged, in the order in which
        they were drawn; None unless starts are tilted.
    seen : tuple of arrays, or None
        The weights of the starts found at rest nowhere, then at each of `attractors`, likewise.
    attractors : (m, n, d) array
        Other states found at rest.
    """

    number: int
    counts: Counts
    places: Counts
    firsts: Counts
    certified: int
    failures: tuple[Floats, ...] | None
    seen: tuple[Floats, ...] | None
    attractors: Floats

    @property
    def trials(self) -> int:
        """Number of starts in the block."""
        return int(self.counts[:, 0].sum())

    def same(self, other: BlockSummary) -> bool:
        """Tell whether two runs of the block found exactly the same."""
        return (
            self.number == other.number
            and self.certified == other.certified
            and len(self._arrays()) == len(other._arrays())
            and all(map(np.array_equal, self._arrays(), other._arrays()))
        )

    def _arrays(self) -> tuple[NDArray[np.generic], ...]:
        fixed = (self.counts, self.places, self.firsts, self.attractors)
        return (*fixed, *(self.failures or ()), *(self.seen or ()))


def strata_in(plan: Plan) -> int:
    """Return the number of strata that starts are drawn from; 1 unless they are stratified."""
    return len(plan.starts.levels) + 1


def summarise(plan: Plan, result: BlockResult) -> BlockSummary:
    """Count what a block gave."""
    strata, kinds = strata_in(plan), len(result.attractors)
    cells = result.strata.astype(np.int64) * (kinds + 2) + result.places - NOWHERE
    places = np.bincount(cells, minlength=strata * (kinds + 2)).reshape(strata, kinds + 2)
    found = [np.flatnonzero(result.places == kind + 1) for kind in range(kinds)]
    failures = seen = None
    if result.weights is not None:
        failures = tuple(result.weights[row != _CONVERGED] for row in result.labels)
        nowhere = np.flatnonzero(result.places == NOWHERE)
        seen = tuple(result.weights[trials] for trials in (nowhere, *found))
    return BlockSummary(
        number=result.number,
        counts=result.counts(strata),
        places=places.astype(np.int64),
        firsts=np.array([trials[0] for trials in found], dtype=np.int64),
        certified=int(np.count_nonzero(result.certified)),
        failures=failures,
        seen=seen,
        attractors=result.attractors,
    )
