"""A sampled share of trials beside the exact prediction for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson

__all__ = ["Share", "share"]


@dataclass(frozen=True)
class Share:
    """How many of independent trials succeeded, with Clopper-Pearson bounds, and a prediction.

    Parameters
    ----------
    successes, trials
        Counts.
    fraction, lower, upper
        The sampled share and the bounds of the true one.
    confidence
        Of these bounds alone: smaller rests where several are to hold together.
    predicted
        The exact probability.
    """

    successes: int
    trials: int
    fraction: float
    lower: float
    upper: float
    confidence: float
    predicted: float

    @property
    def inside(self) -> bool:
        """Whether the prediction lies within the bounds."""
        return self.lower <= self.predicted <= self.upper

    def document(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        return asdict(self) | {"inside": self.inside}


def share(succeeded: NDArray[np.bool_], predicted: float, confidence: float, family: int) -> Share:
    """Count successes; the bounds hold for the whole family at once (Bonferroni).

    Parameters
    ----------
    succeeded : (trials,) bool array
        Independent trials. They may differ in probability if `predicted` is their mean: sums of
        such trials stray less than a binomial count (Hoeffding, Ann. Math. Statist. 27, 1956).
    predicted
        The exact probability.
    confidence
        That all bounds of the family hold.
    family
        Number of bounds.
    """
    each = 1 - (1 - confidence) / family
    successes, trials = int(succeeded.sum()), succeeded.size
    lower, upper = clopper_pearson(successes, trials, each)
    return Share(successes, trials, successes / trials, lower, upper, each, float(predicted))
