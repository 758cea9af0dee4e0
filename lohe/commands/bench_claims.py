"""Published claims, and what the intervals of a study say of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lohe.commands.bench_contrast import CONFIDENCE
from lohe.commands.bench_study_compare import (
    Failures,
    Pair,
    advantage,
    best_arm,
    cautious,
    chance_of_none,
    failures,
    loss,
    mean_score,
    taken_away,
    told,
)
from lohe.commands.bench_study_tables import plus, with_interval
from lohe.commands.bench_verdict import (
    CONFOUNDED,
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

__all__ = ["Ahead", "FailsLess", "Loses", "Tied"]


@dataclass(frozen=True)
class Ahead:
    """One arm is better than another, and not only where a control is left out.

    It is *reproduced* if the interval of the paired difference lies above 0 and holds what is
    published, if that is a figure, and *same direction* if it does not; but *confounded* if a
    control takes the advantage away: what is lost by it has an interval above 0, and what is left
    has not. It is *undecided* if the interval holds both 0 and what is published, else *not
    reproduced*.

    Parameters
    ----------
    claim
        For people.
    pair
        The arm that is claimed to be better, and the other.
    published
        By how much; None if no figure is claimed.
    controls
        What is changed in both arms, and their names then.
    recipes
        Ends of the names of arms with other recipes. Each mechanism is judged by the recipe that
        it validates best with.
    chosen_by
        The score in validation that says which that is.
    failure
        A run whose score is worse has failed. The interval then allows for failures that are too
        rare to have been seen; where it holds 0, an exact test decides what has an advantage.
    """

    claim: str
    pair: Pair
    published: float | None = None
    controls: Mapping[str, Pair] = field(default_factory=dict)
    recipes: tuple[str, ...] = ()
    chosen_by: str = "validation_accuracy"
    failure: float | None = None

    def judge(self, results: StudyResults) -> Verdict:
        """Return what the intervals say."""
        mine, other = (best_arm(results, arm, self.recipes, self.chosen_by) for arm in self.pair)
        lacking = [mine, other, *(arm for pair in self.controls.values() for arm in pair)]
        found = advantage(results, mine, other)
        if found is None:
            return unless_runs_lack(Verdict(self.claim, NOT_RUN), results, lacking)
        mean, metric = found.mean, results.metric
        ahead, doubtful = mean.lower > 0, mean.holds(0)
        why = f"{mine} against {other}: {with_interval(mean, metric, signed=True)}"
        if self.failure is not None:
            mean = cautious(results, mine, other, self.failure)
            chance = chance_of_none(results, mine, other)
            doubtful = chance >= 1 - CONFIDENCE
            ahead = mean.value > 0 and not doubtful
            why += (
                f", with failures not seen {with_interval(mean, metric, signed=True)}, "
                f"exact test {100 * chance:.2g} %"
            )
        held = self.published is None or mean.holds(self.published)
        if self.published is not None:
            relation = "holds" if held else "does not hold"
            why += f", which {relation} the published {plus(self.published, metric)}"
        why += f"; better in {found.positive} of {mean.count} seeds"
        lost = False
        for changed, pair in self.controls.items():
            control, taken = advantage(results, *pair), taken_away(results, (mine, other), pair)
            if control is not None and taken is not None:
                lost |= taken.lower > 0 and told(control) != "better"
                why += f"; {changed}: {with_interval(control.mean, metric, signed=True)}"
                why += f", less by {with_interval(taken, metric, signed=True)}"
        word = NOT
        if ahead:
            word = CONFOUNDED if lost else REPRODUCED if held else SAME_DIRECTION
        elif doubtful and held:
            word = UNDECIDED
        return unless_runs_lack(Verdict(self.claim, word, why), results, lacking)


@dataclass(frozen=True)
class FailsLess:
    """Some arms fail more rarely than others; training that diverges has failed, too.

    It is *reproduced* if Clopper and Pearson's bounds on the chances are disjoint and hold the
    published ones, *same direction* if they are disjoint only; but *confounded* if a control takes
    the failures away: there the others' bounds lie below those without it, and are not disjoint
    from the arms'. It is *undecided* if the bounds overlap but fewer runs failed; else *not
    reproduced*.

    Parameters
    ----------
    claim
        For people.
    bound
        A run whose score is worse has failed.
    arms, others
        Their runs are counted together.
    published
        Their chances.
    controls
        What is changed, and the two arms then.
    """

    claim: str
    bound: float
    arms: tuple[str, ...]
    others: tuple[str, ...]
    published: tuple[float, float]
    controls: Mapping[str, Pair] = field(default_factory=dict)

    def judge(self, results: StudyResults) -> Verdict:
        """Return what the bounds say."""
        lacking = [*self.arms, *self.others, *(a for pair in self.controls.values() for a in pair)]
        less, more = (failures(results, arms, self.bound) for arms in (self.arms, self.others))
        if less is None or more is None:
            return unless_runs_lack(Verdict(self.claim, NOT_RUN), results, lacking, counted=True)
        why = f"failed: {_share(less)}, against {_share(more)}"
        lost = False
        for changed, (arm, other) in self.controls.items():
            mine = failures(results, [arm], self.bound)
            theirs = failures(results, [other], self.bound)
            if mine is not None and theirs is not None:
                lost |= theirs.upper < more.lower and not mine.upper < theirs.lower
                why += f"; {changed}: {_share(mine)}, against {_share(theirs)}"
        word = UNDECIDED if less.count * more.runs < more.count * less.runs else NOT
        if less.upper < more.lower:
            held = all(
                count.lower <= share <= count.upper
                for count, share in zip((less, more), self.published, strict=True)
            )
            word = CONFOUNDED if lost else REPRODUCED if held else SAME_DIRECTION
        return unless_runs_lack(Verdict(self.claim, word, why), results, lacking, counted=True)


def _share(found: Failures) -> str:
    bounds = f"{100 * found.lower:.1f} to {100 * found.upper:.1f} %"
    return f"{found.count} of {found.runs} ({bounds})"


# From the least to the most favourable.
_FAVOUR = ("worse", UNDECIDED, "tied", "better")


@dataclass(frozen=True)
class Tied:
    """Whether an arm is as good as another, but for so small a share of its score.

    The word is ``tied`` if the whole interval of the paired difference lies within the margin,
    ``better`` or ``worse`` if it lies on one side of 0 but not within, and ``undecided`` otherwise;
    with several others, such as one with as many parameters, the least favourable of these.

    Parameters
    ----------
    claim
        For people.
    pair
        The arm, and the other.
    more
        Further others.
    margin
        Share of the other's score.
    """

    claim: str
    pair: Pair
    more: tuple[str, ...] = ()
    margin: float = 0.01

    def judge(self, results: StudyResults) -> Verdict:
        """Return what the intervals say."""
        arm, *others = *self.pair, *self.more
        found = [self._compared(results, arm, other) for other in others]
        if any(one is None for one in found):
            verdict = Verdict(self.claim, NOT_RUN)
        else:
            words, whys = zip(*(one for one in found if one is not None), strict=True)
            verdict = Verdict(self.claim, min(words, key=_FAVOUR.index), "; ".join(whys))
        return unless_runs_lack(verdict, results, (arm, *others))

    def _compared(self, results: StudyResults, arm: str, other: str) -> tuple[str, str] | None:
        found, base = advantage(results, arm, other), mean_score(results, other)
        if found is None or base is None:
            return None
        allowed = self.margin * abs(base.value)
        within = -allowed <= found.mean.lower and found.mean.upper <= allowed
        share = plus(100 * found.mean.value / base.value, "share")
        difference = with_interval(found.mean, results.metric, signed=True)
        word = "tied" if within else told(found).replace("?", UNDECIDED)
        return word, f"{arm} against {other}: {difference}, {share} % of its score"


@dataclass(frozen=True)
class Loses:
    """An arm loses by what is done to its inputs, and another does not.

    It is *reproduced* if the interval of what the arm loses lies above 0 and that of the other
    holds 0, or is all but 0; *undecided* if the arm's holds 0; else *not reproduced*.

    Parameters
    ----------
    claim
        For people.
    pair
        The arm that loses, and the one that does not.
    disturbed
        The score with disturbed inputs.
    own
        The score without; by default the study's own.
    rounding
        Share of the score that two ways to compute the same may differ by.
    """

    claim: str
    pair: Pair
    disturbed: str
    own: str | None = None
    rounding: float = 0.0

    def judge(self, results: StudyResults) -> Verdict:
        """Return what the intervals say."""
        found = [loss(results, arm, self.disturbed, self.own) for arm in self.pair]
        base = mean_score(results, self.pair[1], self.own)
        if found[0] is None or found[1] is None or base is None:
            return unless_runs_lack(Verdict(self.claim, NOT_RUN), results, self.pair)
        loses, keeps = found[0].mean, found[1].mean
        why = (
            f"{self.pair[0]} loses {with_interval(loses, results.metric)}, "
            f"{self.pair[1]} {with_interval(keeps, results.metric)}"
        )
        allowed = self.rounding * abs(base.value)
        nothing = keeps.holds(0) or -allowed <= keeps.lower <= keeps.upper <= allowed
        word = UNDECIDED if loses.upper > 0 else NOT
        if loses.lower > 0:
            word = REPRODUCED if nothing else NOT
        return unless_runs_lack(Verdict(self.claim, word, why), results, self.pair)
