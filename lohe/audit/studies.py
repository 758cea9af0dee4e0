"""Claims about trained models: what the intervals of a study say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lohe.audit.outcome import Outcome
from lohe.dynamics.errors import InputError
from lohe.dynamics.files import read_json

if TYPE_CHECKING:
    from lohe.commands.bench_verdict import Claim, Verdict

__all__ = ["all_inputs", "compared", "scaling_law", "study", "unaudited"]


def study(place: Path, seed: int, *, starts: str) -> Outcome:
    """Judge the claim of a study whose sentence starts so; says the word of its verdict.

    Raises
    ------
    InputError
        If no claim of the study starts so, or several do.
    """
    del seed
    from lohe.attention.studies.results import StudyResults
    from lohe.commands.bench_published import CLAIMS

    results = StudyResults.load(place)
    found = [claim for claim in CLAIMS[results.study] if _sentence(claim).startswith(starts)]
    if len(found) != 1:
        raise InputError(f"{len(found)} claims of {results.study} start with {starts!r}")
    return _outcome(found[0].judge(results))


def compared(place: Path, seed: int, *, pair: tuple[str, str], margin: float = 0.01) -> Outcome:
    """Compare two arms of a study; says ``better``, ``worse``, ``tied`` or ``undecided``."""
    del seed
    from lohe.attention.studies.results import StudyResults
    from lohe.commands.bench_claims import Tied

    arm, other = pair
    claim = Tied("", (arm, other), margin=margin)
    return _outcome(claim.judge(StudyResults.load(place)))


def scaling_law(place: Path, seed: int, *, sizes: Sequence[int], gaps: Sequence[float]) -> Outcome:
    """Fit gap = C d^-alpha to the gaps to softmax, as to the published gaps at their sizes.

    Says ``reproduced`` if the interval of alpha over seeds holds the published one, else
    ``undecided`` if it holds 0, ``same direction`` if it lies above, ``not reproduced`` if below;
    ``not run`` where there is nothing to fit.
    """
    del seed
    import numpy as np

    from lohe.attention.studies.results import StudyResults
    from lohe.commands.bench_gaps import OSCILLATORS

    results = StudyResults.load(place)
    fit = OSCILLATORS.power_law(results.study, results)
    if fit is None:
        return Outcome("not run", "there are no gaps to fit")
    alpha = fit[1]
    published = -float(np.polyfit(np.log(sizes), np.log(gaps), 1)[0])
    told = (
        f"alpha = {alpha.value:.2f} ({alpha.lower:.2f} to {alpha.upper:.2f}; {alpha.count} "
        f"seeds), against {published:.2f} of the published gaps"
    )
    if alpha.holds(published):
        return Outcome("reproduced", told)
    if alpha.holds(0):
        return Outcome("undecided", told)
    return Outcome("same direction" if alpha.lower > 0 else "not reproduced", told)


def all_inputs(place: Path, seed: int, *, arm: str) -> Outcome:
    """Count the heads of an arm whose drive T4 proves, or refutes, for every input."""
    del seed
    document = read_json(place, "run it again")
    try:
        case = document["cases"][arm]
        counts, heads = dict(case["all_inputs"]), int(case["heads"])
        proved, refuted = counts.get("proved", 0), counts.get("refuted", 0)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{place} tells nothing of {arm}; certify it again") from error
    word = "refuted" if refuted else "proved" if proved == heads else "undecided"
    return Outcome(word, f"{arm}: refuted for {refuted} of {heads} heads, proved for {proved}")


def unaudited(place: Path | None, seed: int) -> Outcome:
    """Say that a claim is in the ledger and was not examined."""
    del place, seed
    return Outcome("not run", "not examined")


def _sentence(claim: Claim) -> str:
    return str(claim.claim)  # type: ignore[attr-defined]


def _outcome(verdict: Verdict) -> Outcome:
    return Outcome(verdict.word, verdict.why)
