"""Claims about how one gap between two arms compares with another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lohe.commands.bench_contrast import CONFIDENCE
from lohe.commands.bench_study_compare import Pair, gaps
from lohe.commands.bench_verdict import (
    NOT,
    NOT_RUN,
    REPRODUCED,
    SAME_DIRECTION,
    UNDECIDED,
    Verdict,
    unless_runs_lack,
)

if TYPE_CHECKING:
    from lohe.attention.studies.results import StudyResults
    from lohe.proofs_numeric.statistics.paired import Estimate

__all__ = ["GapRatio"]

# An interval that bears a ratio out reaches no further from it than half of it.
_SLACK = 0.5


@dataclass(frozen=True)
class GapRatio:
    """How one gap between two arms compares with another: their ratio.

    It is *reproduced* if the interval, by Fieller's theorem, holds the published ratio and no part
    of it is further from that than half of it; *undecided* if it holds the published ratio and is
    wider; *same direction* if it does not hold it, but lies on its side of the ratio that would
    contradict the claim; else *not reproduced*.

    Parameters
    ----------
    claim
        For people.
    pair, base
        The arms whose gap is divided, and those whose gap it is divided by; of each the arm that
        is behind comes first.
    published
        The ratio.
    contradiction
        The ratio from which on the claim is wrong: 1 if it is that the gap closes.
    controls
        What is changed, and the two pairs then.
    """

    claim: str
    pair: Pair
    base: Pair
    published: float
    contradiction: float = 1.0
    controls: Mapping[str, tuple[Pair, Pair]] = field(default_factory=dict)

    def judge(self, results: StudyResults) -> Verdict:
        """Return what the intervals say."""
        lacking = [*self.pair, *self.base]
        found = _ratio(results, self.pair, self.base)
        if found is None:
            return unless_runs_lack(Verdict(self.claim, NOT_RUN), results, lacking)
        relation = "holds" if found.holds(self.published) else "does not hold"
        why = (
            f"the gap of {self.pair[0]} is {_percent(found)} of that of {self.base[0]}, which "
            f"{relation} the published {100 * self.published:.0f} %"
        )
        for changed, (pair, base) in self.controls.items():
            if (control := _ratio(results, pair, base)) is not None:
                why += f"; {changed}: {_percent(control)}"
        return unless_runs_lack(Verdict(self.claim, self._word(found), why), results, lacking)

    def _word(self, found: Estimate) -> str:
        if found.holds(self.published):
            slack = _SLACK * self.published
            near = self.published - slack <= found.lower and found.upper <= self.published + slack
            return REPRODUCED if near else UNDECIDED
        if self.published < self.contradiction:
            return SAME_DIRECTION if found.upper < self.contradiction else NOT
        return SAME_DIRECTION if found.lower > self.contradiction else NOT


def _ratio(results: StudyResults, pair: Pair, base: Pair) -> Estimate | None:
    from lohe.proofs_numeric.statistics.paired import ratio_of_means

    rows = gaps(results, [pair, base])
    if not rows:
        return None
    left, right = zip(*rows, strict=True)
    return ratio_of_means(left, right, CONFIDENCE)


def _percent(ratio: Estimate) -> str:
    low, high = 100 * ratio.lower, 100 * ratio.upper
    bounds = "unbounded" if math.isinf(low) else f"{low:.0f} to {high:.0f} %"
    return f"{100 * ratio.value:.0f} % ({bounds})"
