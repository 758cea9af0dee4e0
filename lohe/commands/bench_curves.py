"""How the validation score falls with the calls of the force that training has spent."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from lohe.commands.bench_contrast import CONFIDENCE

if TYPE_CHECKING:
    from lohe.attention.studies.results import Finished, StudyResults
    from lohe.attention.studies.study import Study
    from lohe.commands.bench_tables import Table

__all__ = ["Curve", "curve", "curves_table", "share_of_calls"]

Curve = list[tuple[float, float]]
"""Epochs' worth of calls of a scheme with one call a step, and the score after them."""

_SCORE = "validation_perplexity"
_LISTED = (1, 3, 5, 7, 11)


def curve(results: StudyResults, arm: str, run: Finished) -> Curve:
    """Return the kept part of a run's history."""
    from lohe.attention.accelerated import calls_of_a_step

    each = calls_of_a_step(results.arms[arm]["options"].get("scheme", ""))
    history = run.history
    return [
        (each * epoch, score)
        for epoch, score in zip(history["epoch"], history[_SCORE], strict=True)
    ]


def share_of_calls(mine: Curve, other: Curve) -> float | None:
    """Return after which share of another's calls a run has the score that it ends with.

    Between epochs the score is taken to move in a straight line; None if it is never reached.

    Examples
    --------
    >>> share_of_calls([(1, 30.0), (2, 20.0), (3, 18.0)], [(1, 40.0), (2, 30.0), (4, 25.0)])
    0.375
    """
    end, goal = other[-1]
    if mine[0][1] <= goal:
        return mine[0][0] / end
    for (before, above), (after, below) in pairwise(mine):
        if below <= goal:
            return (before + (after - before) * (above - goal) / (above - below)) / end
    return None


def curves_table(study: Study, results: StudyResults) -> Table:
    """Return a row for each arm with histories: mean scores by calls, and the share of calls.

    The last column is the share of the calls of the arm that it stands against after which an arm
    has that arm's final score, with its interval over seeds. Studies of nothing but classical
    models have no rows.
    """
    from lohe.proofs_numeric.statistics.paired import mean_interval

    rows = []
    for arm in study.arms:
        mine = {
            seed: curve(results, arm.name, run)
            for seed, run in results.finished(arm.name).items()
            if "scheme" in arm.options and _SCORE in run.history
        }
        if not mine:
            continue
        cells = [arm.name]
        for calls in _LISTED:
            found = [score for line in mine.values() for at, score in line if at == calls]
            cells.append(f"{sum(found) / len(found):.2f}" if found else "")
        rival = study.rival(arm)
        others = {} if rival is None else results.finished(rival.name)
        shares = [
            share_of_calls(mine[seed], curve(results, rival.name, others[seed]))
            for seed in sorted(mine.keys() & others.keys())
            if rival is not None
        ]
        reached = [share for share in shares if share is not None]
        told = ""
        if shares and len(reached) < len(shares):
            told = f"not reached in {len(shares) - len(reached)} of {len(shares)}"
        elif shares:
            mean = mean_interval(reached, CONFIDENCE)
            told = f"{100 * mean.value:.0f} %"
            if mean.count > 1:
                told += f" ({100 * mean.lower:.0f} to {100 * mean.upper:.0f})"
        rows.append((*cells, told))
    titles = ("arm", *(f"after {calls}" for calls in _LISTED), "calls to the baseline's end")
    return titles, rows
