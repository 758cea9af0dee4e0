"""Published claims, and what the intervals of a study say of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from lohe.commands.bench_study_compare import (
    CONFIDENCE,
    Pair,
    advantage,
    failures,
    gaps,
    loss,
    mean_score,
    told,
)
from lohe.commands.bench_study_tables import plus, with_interval

if TYPE_CHECKING:
    from lohe.attention.studies.results import StudyResults
    from lohe.proofs_numeric.statistics.paired import Estimate

__all__ = ["Ahead", "Claim", "FailsLess", "GapRatio", "Loses", "Tied", "Verdict"]

REPRODUCED, CONFOUNDED, NOT = "reproduced", "confounded", "not reproduced"
UNDECIDED = "undecided"


@dataclass(frozen=True)
class Verdict:
    """What is claimed, whether it holds, and the figures that say so."""

    claim: str
    word: str
    why: str


class Claim(Protocol):
    """Something that the results of a study decide."""

    def judge(self, results: StudyResults) -> Verdict:
        """Return what the intervals say."""


@dataclass(frozen=True)
class Ahead:
    """One arm is better than another, and not only where a control is left out.

    It is *reproduced* if the interval of the paired difference lies above 0; *confounded* if in a
    control it does not, and what is published lies above it; *undecided* if it holds both 0 and
    what is published; else *not reproduced*.

    Parameters
    ----------
    claim
        For people.
    pair
        The arm that is claimed to be better, and the other.
    published
        By how much.
    controls
        What is changed in both arms, and their names then.
    """

    claim: str
    pair: Pair
    published: float
    controls: Mapping[str, Pair] = field(default_factory=dict)

    def judge(self, results: StudyResults) -> Verdict:
        """Return what the intervals say."""
        found = advantage(results, *self.pair)
        if found is None:
            return _not_run(self.claim)
        metric = results.metric
        relation = "holds" if found.mean.holds(self.published) else "does not hold"
        why = (
            f"{self.pair[0]} against {self.pair[1]}: "
            f"{with_interval(found.mean, metric, signed=True)}, which {relation} the published "
            f"{plus(self.published, metric)}; "
            f"better in {found.positive} of {found.mean.count} seeds"
        )
        lost = False
        for changed, pair in self.controls.items():
            control = advantage(results, *pair)
            if control is not None:
                lost |= told(control) != "better" and control.mean.upper < self.published
                why += f"; {changed}: {with_interval(control.mean, metric, signed=True)}"
        if told(found) == "better":
            return Verdict(self.claim, CONFOUNDED if lost else REPRODUCED, why)
        both = found.mean.holds(0) and found.mean.holds(self.published)
        return Verdict(self.claim, UNDECIDED if both else NOT, why)


@dataclass(frozen=True)
class FailsLess:
    """Some arms fail more rarely than others.

    It is *reproduced* if Clopper and Pearson's bounds on the chances are disjoint; *confounded* if
    in a control the others fail no more often; *undecided* if the bounds overlap but fewer runs
    failed; else *not reproduced*.

    Parameters
    ----------
    claim
        For people.
    bound
        A run whose score is worse has failed.
    arms, others
        Their runs are counted together.
    controls
        What is changed, and the two arms then.
    """

    claim: str
    bound: float
    arms: tuple[str, ...]
    others: tuple[str, ...]
    controls: Mapping[str, Pair] = field(default_factory=dict)

    def judge(self, results: StudyResults) -> Verdict:
        """Return what the bounds say."""
        counts = [failures(results, arms, self.bound) for arms in (self.arms, self.others)]
        if None in counts:
            return _not_run(self.claim)
        less, more = (count for count in counts if count is not None)
        shares = [
            f"{one.count} of {one.runs} ({100 * one.lower:.1f} to {100 * one.upper:.1f} %)"
            for one in (less, more)
        ]
        why = f"failed: {shares[0]}, against {shares[1]}"
        lost = False
        for changed, pair in self.controls.items():
            found = [failures(results, [arm], self.bound) for arm in pair]
            if found[0] is not None and found[1] is not None:
                lost |= found[1].count <= found[0].count
                why += f"; {changed}: {found[0].count} of {found[0].runs}, against "
                why += f"{found[1].count} of {found[1].runs}"
        if less.upper < more.lower:
            return Verdict(self.claim, CONFOUNDED if lost else REPRODUCED, why)
        fewer = less.count * more.runs < more.count * less.runs
        return Verdict(self.claim, UNDECIDED if fewer else NOT, why)


@dataclass(frozen=True)
class GapRatio:
    """How one gap between two arms compares with another: their ratio.

    It is *reproduced* if the interval, by Fieller's theorem, holds the published ratio and leaves
    out the one that would contradict the claim; *undecided* if it holds both.

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
        1 if the claim is that the gap closes, 0 if it is that it stays.
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
        found = _ratio(results, self.pair, self.base)
        if found is None:
            return _not_run(self.claim)
        relation = "holds" if found.holds(self.published) else "does not hold"
        why = (
            f"the gap of {self.pair[0]} is {_percent(found)} of that of {self.base[0]}, which "
            f"{relation} the published {100 * self.published:.0f} %"
        )
        for changed, (pair, base) in self.controls.items():
            if (control := _ratio(results, pair, base)) is not None:
                why += f"; {changed}: {_percent(control)}"
        if not found.holds(self.published):
            return Verdict(self.claim, NOT, why)
        told_apart = not found.holds(self.contradiction)
        return Verdict(self.claim, REPRODUCED if told_apart else UNDECIDED, why)


@dataclass(frozen=True)
class Tied:
    """Whether an arm is as good as another, but for so small a share of its score.

    The word is ``tied`` if the whole interval of the paired difference lies within the margin,
    ``better`` or ``worse`` if it lies on one side of 0 but not within, and ``undecided`` otherwise.
    """

    claim: str
    pair: Pair
    margin: float = 0.01

    def judge(self, results: StudyResults) -> Verdict:
        """Return what the interval says."""
        found, base = advantage(results, *self.pair), mean_score(results, self.pair[1])
        if found is None or base is None:
            return _not_run(self.claim)
        allowed = self.margin * abs(base.value)
        within = -allowed <= found.mean.lower and found.mean.upper <= allowed
        word = "tied" if within else told(found).replace("?", UNDECIDED)
        share = plus(100 * found.mean.value / base.value, "share")
        why = (
            f"{self.pair[0]} against {self.pair[1]}: "
            f"{with_interval(found.mean, results.metric, signed=True)}, {share} % of its score"
        )
        return Verdict(self.claim, word, why)


@dataclass(frozen=True)
class Loses:
    """An arm loses by what is done to its inputs, and another does not.

    It is *reproduced* if the interval of what the arm loses lies above 0 and that of the other
    holds 0; *undecided* if the arm's holds 0; else *not reproduced*.

    Parameters
    ----------
    claim
        For people.
    pair
        The arm that loses, and the one that does not.
    disturbed
        The score with disturbed inputs, in place of the study's own.
    """

    claim: str
    pair: Pair
    disturbed: str

    def judge(self, results: StudyResults) -> Verdict:
        """Return what the intervals say."""
        found = [loss(results, arm, self.disturbed) for arm in self.pair]
        if found[0] is None or found[1] is None:
            return _not_run(self.claim)
        loses, keeps = found[0].mean, found[1].mean
        why = (
            f"{self.pair[0]} loses {with_interval(loses, results.metric)}, "
            f"{self.pair[1]} {with_interval(keeps, results.metric)}"
        )
        if loses.lower > 0:
            return Verdict(self.claim, REPRODUCED if keeps.holds(0) else NOT, why)
        return Verdict(self.claim, UNDECIDED if loses.upper > 0 else NOT, why)


def _not_run(claim: str) -> Verdict:
    return Verdict(claim, "not run", "the runs have not been made")


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
