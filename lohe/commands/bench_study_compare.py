"""Arms of a study beside each other: means, paired differences and failures, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lohe.commands.bench_contrast import CONFIDENCE, contrast

if TYPE_CHECKING:
    from lohe.attention.studies.results import StudyResults
    from lohe.proofs_numeric.statistics.paired import Estimate, Paired

__all__ = [
    "Failures",
    "Pair",
    "advantage",
    "best_arm",
    "cautious",
    "chance_of_none",
    "failures",
    "gaps",
    "loss",
    "mean_score",
    "taken_away",
    "told",
]

Pair = tuple[str, str]
"""An arm, and the one that it is compared with."""


@dataclass(frozen=True)
class Failures:
    """Runs that failed, and Clopper and Pearson's bounds on the chance of it."""

    count: int
    runs: int
    lower: float
    upper: float


def mean_score(results: StudyResults, arm: str, metric: str | None = None) -> Estimate | None:
    """Return the mean of a score over an arm's seeds; None if no run has it.

    The interval of an accuracy ends where accuracies do, which takes nothing from its confidence.
    """
    found = contrast(results, [(1, arm)], metric)
    if found is None:
        return None
    if "accuracy" not in (metric or results.metric):
        return found.mean
    return replace(found.mean, lower=max(found.mean.lower, 0.0), upper=min(found.mean.upper, 1.0))


def advantage(results: StudyResults, arm: str, other: str) -> Paired | None:
    """Return by how much an arm is better than another, over the seeds that both have.

    It is positive where the arm is better, whether large or small scores are good; None if no
    seed is common to both.
    """
    sign = 1 if results.larger_is_better else -1
    return contrast(results, [(sign, arm), (-sign, other)])


def cautious(results: StudyResults, arm: str, other: str, bound: float) -> Estimate:
    """Return the mean of `advantage`, allowing for runs below a bound too rare to have been seen.

    Scores are from 0 to 1, and larger ones are better.
    """
    from lohe.proofs_numeric.statistics.failing import difference_with_failures

    return difference_with_failures(*_paired(results, arm, other), bound, CONFIDENCE)


def chance_of_none(results: StudyResults, arm: str, other: str) -> float:
    """Return how likely so large a mean of `advantage`, either way, is if there is none at all."""
    from lohe.proofs_numeric.statistics.sign_flips import sign_flip_test

    mine, others = _paired(results, arm, other)
    return sign_flip_test([a - b for a, b in zip(mine, others, strict=True)])


def taken_away(results: StudyResults, pair: Pair, control: Pair) -> Estimate | None:
    """Return how much smaller the advantage in a control is, over the seeds that both have."""
    sign = 1 if results.larger_is_better else -1
    (mine, other), (changed, others) = pair, control
    terms = [(sign, mine), (-sign, other), (-sign, changed), (sign, others)]
    found = contrast(results, terms)
    return None if found is None else found.mean


def best_arm(results: StudyResults, arm: str, ends: Sequence[str], metric: str) -> str:
    """Return the arm, or that of the same name with one of some ends, which scores best.

    They are compared over the seeds that all have; an arm of which a run diverged is not chosen
    unless it is the only one.
    """
    scores = {name: results.of(name, metric) for name in (arm, *(arm + end for end in ends))}
    sound = {name: found for name, found in scores.items() if found and not results.failed(name)}
    seeds = set.intersection(*(set(found) for found in sound.values())) if sound else set()
    if not seeds:
        return arm
    sign = 1 if results.larger_is_better else -1
    return max(sound, key=lambda name: sign * sum(sound[name][seed] for seed in seeds))


def loss(
    results: StudyResults, arm: str, disturbed: str, metric: str | None = None
) -> Paired | None:
    """Return by how much another score of an arm's runs is worse than one, or the study's own."""
    from lohe.proofs_numeric.statistics.paired import paired_difference

    own, other = results.of(arm, metric), results.of(arm, disturbed)
    seeds = sorted(own.keys() & other.keys())
    if not seeds:
        return None
    pair = [own[seed] for seed in seeds], [other[seed] for seed in seeds]
    return paired_difference(*(pair if results.larger_is_better else pair[::-1]), CONFIDENCE)


def _paired(results: StudyResults, arm: str, other: str) -> tuple[list[float], list[float]]:
    mine, others = results.of(arm), results.of(other)
    seeds = sorted(mine.keys() & others.keys())
    return [mine[seed] for seed in seeds], [others[seed] for seed in seeds]


def told(found: Paired | None) -> str:
    """Return ``better`` or ``worse`` if the interval of a difference leaves no doubt, or ``?``."""
    if found is None:
        return ""
    return "better" if found.mean.lower > 0 else "worse" if found.mean.upper < 0 else "?"


def gaps(results: StudyResults, pairs: Sequence[Pair]) -> list[list[float]]:
    """Return how far the first of each pair is behind the second, a row for each common seed."""
    scores = [(results.of(arm), results.of(other)) for arm, other in pairs]
    seeds = set.intersection(*({*mine} & {*others} for mine, others in scores))
    sign = -1 if results.larger_is_better else 1
    return [
        [sign * (mine[seed] - others[seed]) for mine, others in scores] for seed in sorted(seeds)
    ]


def failures(results: StudyResults, arms: Sequence[str], bound: float) -> Failures | None:
    """Count the runs of some arms that diverged or score worse than a bound; None without runs."""
    from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson

    values = [value for arm in arms for value in results.of(arm).values()]
    diverged = sum(run.diverged for arm in arms for run in results.failed(arm).values())
    runs = len(values) + diverged
    if not runs:
        return None
    sign = 1 if results.larger_is_better else -1
    failed = diverged + sum(sign * value < sign * bound for value in values)
    return Failures(failed, runs, *clopper_pearson(failed, runs, CONFIDENCE))
