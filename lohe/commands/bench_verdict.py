"""A verdict: a word that follows from intervals, and the figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lohe.attention.studies.results import StudyResults

__all__ = [
    "CONFOUNDED",
    "NOT",
    "NOT_RUN",
    "REPRODUCED",
    "SAME_DIRECTION",
    "UNDECIDED",
    "Claim",
    "Verdict",
    "unless_runs_lack",
]

REPRODUCED, CONFOUNDED, NOT = "reproduced", "confounded", "not reproduced"
SAME_DIRECTION, UNDECIDED, NOT_RUN = "same direction", "undecided", "not run"


@dataclass(frozen=True)
class Verdict:
    """What is claimed, whether it holds, and the figures that say so."""

    claim: str
    word: str
    why: str = "the runs have not been made"


class Claim(Protocol):
    """Something that the results of a study decide."""

    def judge(self, results: StudyResults) -> Verdict:
        """Return what the intervals say."""


def unless_runs_lack(
    verdict: Verdict, results: StudyResults, arms: Iterable[str], *, counted: bool = False
) -> Verdict:
    """Return a verdict, or that nothing is decided where a run of its arms has no score.

    The runs that are left may be the lucky ones.

    Parameters
    ----------
    verdict
        By the runs that have a score.
    results, arms
        What it is about.
    counted
        Whether runs that diverged are counted, as failures.
    """
    lacking = [
        f"{arm}-seed{seed} ({'diverged' if run.diverged else 'failed'})"
        for arm in dict.fromkeys(arms)
        for seed, run in sorted(results.failed(arm).items())
        if not (counted and run.diverged)
    ]
    if not lacking:
        return verdict
    why = f"{verdict.why}; without {', '.join(lacking)}"
    return replace(verdict, word=UNDECIDED, why=why)
