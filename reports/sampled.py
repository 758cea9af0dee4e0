"""What was sampled, as a table and in words: counts, bounds, and whether T2 agrees."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lohe.proofs_numeric.basins.estimate import BasinEstimate
from lohe.proofs_numeric.basins.plan import Starts
from lohe.reports.blocks import Cell, Table
from lohe.reports.formatting import count, percent, plain, plural

__all__ = ["INTERVALS", "bounds_in_words", "sampled_table", "starts_in_words", "verdict_in_words"]

INTERVALS = {
    "Clopper-Pearson": "exact binomial (Clopper–Pearson) bounds, for a number of starts fixed "
    "beforehand",
    "confidence sequence": "a confidence sequence, right at every number of starts at once, also "
    "at the one where a rule ended the campaign",
    "stratified": "exact binomial bounds in each stratum, put together with the strata's known "
    "probabilities",
    "weighted": "bounds on the mean of the weights that correct for the way starts were drawn",
}
"""What each kind of bounds is, in words."""


def bounds_in_words(basins: Iterable[BasinEstimate]) -> str:
    """Say what the bars of some estimates are."""
    kinds = list(dict.fromkeys(basin.interval for basin in basins))
    return "; ".join(INTERVALS.get(kind, kind) for kind in kinds)


def starts_in_words(starts: Starts) -> str:
    """Say how starts were drawn."""
    if starts.kind == "strata":
        levels = ", ".join(plain(level) for level in starts.levels)
        return f"equally many in each stratum of nearness to the antipodes, parted at {levels}"
    if starts.kind == "tilted":
        return f"tilted to the antipodes with power {plain(starts.power)}, and weighted back"
    if starts.kind == "saddles":
        angle = plain(float(np.degrees(starts.angle)))
        return f"within {angle}° of the saddles next to the resting point, and of no others"
    return "uniform on the sphere"


def verdict_in_words(basins: Iterable[BasinEstimate]) -> str:
    """Say at which horizons the predicted share lies inside the sampled bounds."""
    known = [basin for basin in basins if basin.predicted is not None]
    if not known:
        return (
            "T2 makes no prediction here: it speaks of oscillators without crosstalk and without "
            "frequencies of their own."
        )
    outside = [basin for basin in known if not _inside(basin)]
    confidence = percent(known[0].confidence)
    where = f"the {confidence} bounds at {'the' if len(known) == 1 else 'every one of the'} "
    if not outside:
        horizons = "horizon" if len(known) == 1 else f"{len(known)} horizons"
        return f"The predicted share lies inside {where}{horizons}: the sample agrees with T2."
    listed = ", ".join(plain(basin.horizon) for basin in outside)
    expected = sum(1 - basin.confidence for basin in known)
    return (
        f"The predicted share lies outside the {confidence} bounds at {len(outside)} of "
        f"{plural(len(known), 'horizon')} (t = {listed}). By chance alone about {plain(expected)} "
        "would be expected outside; more than that means that the samples and T2 disagree."
    )


def sampled_table(basins: tuple[BasinEstimate, ...]) -> Table:
    """List what was counted at each horizon, with its bounds and the prediction, if there is one.

    Parameters
    ----------
    basins
        Estimates that have their starts and their kind of bounds in common.
    """
    first, known = basins[0], any(basin.predicted is not None for basin in basins)
    columns = ["Horizon", "Starts", "Settled", "Share", "Bounds"]
    columns += ["T2 predicts"] * known + ["Seed", "The others"]
    kind = first.interval.replace("-", "–")
    together = f", for {first.family} such bounds together" * (first.family > 1)
    return Table(
        f"Sampled starts, {starts_in_words(first.starts)}; tolerance {plain(first.tolerance)}; "
        f"{kind} bounds at {percent(first.confidence)} confidence{together}",
        tuple(columns),
        tuple(_row(basin, known) for basin in basins),
        frozenset(range(len(columns) - 1)),
    )


def _row(basin: BasinEstimate, known: bool) -> tuple[Cell, ...]:
    low = percent(basin.lower, 3, "ROUND_FLOOR")
    high = percent(basin.upper, 3, "ROUND_CEILING")
    return (
        Cell(plain(basin.horizon), basin.horizon),
        Cell(count(basin.trials), basin.trials),
        Cell(count(basin.converged), basin.converged),
        Cell(percent(basin.fraction), basin.fraction),
        Cell(f"{low} to {high}", basin.lower),
        *((_predicted(basin),) if known else ()),
        Cell(str(basin.seed), float(basin.seed)),
        Cell(_labels(basin)),
    )


def _predicted(basin: BasinEstimate) -> Cell:
    if basin.predicted is None:
        return Cell("—")
    where = "inside" if _inside(basin) else "outside"
    return Cell(f"{percent(basin.predicted)}, {where}", basin.predicted)


def _labels(basin: BasinEstimate) -> str:
    words = {
        "elsewhere": "settled elsewhere",
        "horizon": "still on the way",
        "failed": "failed",
    }
    parts = [
        f"{count(number)} {words.get(label, label)}"
        for label, number in sorted(basin.labels.items())
        if label != "converged" and number
    ]
    return ", ".join(parts) or "none"


def _inside(basin: BasinEstimate) -> bool:
    return basin.predicted is not None and basin.lower <= basin.predicted <= basin.upper
