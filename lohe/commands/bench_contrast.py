"""Sums and differences of arms' scores, over seeds, and over test items where these are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lohe.attention.studies.results import StudyResults
    from lohe.proofs_numeric.statistics.paired import Estimate, Paired

__all__ = ["CONFIDENCE", "Term", "contrast"]

CONFIDENCE = 0.95
"""Of every interval, each by itself."""

Term = tuple[int, str]
"""A sign, and the arm that is added or subtracted."""


def contrast(
    results: StudyResults, terms: Sequence[Term], metric: str | None = None
) -> Paired | None:
    """Return the mean of a signed sum of arms' scores, over the seeds that all of them have.

    Where it is known which test items each run gets right, the interval is for other items as well
    as for other seeds; otherwise it is for this test set. None if no seed is common to all.
    """
    from lohe.proofs_numeric.statistics.paired import paired_difference

    name = metric or results.metric
    scores = [(sign, results.of(arm, name)) for sign, arm in terms]
    seeds = sorted(set.intersection(*({*of_arm} for _, of_arm in scores)))
    if not seeds:
        return None
    sums = [sum(sign * of_arm[seed] for sign, of_arm in scores) for seed in seeds]
    found = paired_difference(sums, [0.0] * len(sums), CONFIDENCE)
    mean = _over_items(results, terms, name, seeds)
    return found if mean is None else replace(found, mean=mean)


def _over_items(
    results: StudyResults, terms: Sequence[Term], metric: str, seeds: Sequence[int]
) -> Estimate | None:
    """Return None if a run does not say which items it gets right, or had others."""
    import numpy as np

    from lohe.proofs_numeric.statistics.crossed import crossed_mean

    answers = [(sign, results.answers(arm, metric)) for sign, arm in terms]
    if not all(seed in of_arm for _, of_arm in answers for seed in seeds):
        return None
    items, *others = {of_arm[seed].items for _, of_arm in answers for seed in seeds}
    if others:
        return None
    table = sum(
        sign * np.array([of_arm[seed].right for seed in seeds], dtype=float)
        for sign, of_arm in answers
    )
    return crossed_mean(table, items.clusters, items.strata or [0] * len(items), CONFIDENCE)
