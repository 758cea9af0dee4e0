"""What was sampled, as a table and in words: counts, bounds, and whether T2 agrees."""

from __future__ import annotations

from collections.abc import Iterable

from lohe.proofs_numeric.basins.estimate import BasinEstimate
from lohe.reports.blocks import Cell, Table
from lohe.reports.formatting import count, percent, plain, plural

__all__ = ["sampled_table", "verdict_in_words"]


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
    """List what was counted at each horizon, with its bounds and the prediction."""
    rows = tuple(
        (
            Cell(plain(b.horizon), b.horizon),
            Cell(count(b.trials), b.trials),
            Cell(count(b.converged), b.converged),
            Cell(percent(b.fraction), b.fraction),
            Cell(
                f"{percent(b.lower, 3, 'ROUND_FLOOR')} to {percent(b.upper, 3, 'ROUND_CEILING')}",
                b.lower,
            ),
            _predicted(b),
            Cell(_labels(b)),
            Cell(str(b.seed), float(b.seed)),
        )
        for b in basins
    )
    return Table(
        f"Sampled starts, tolerance {plain(basins[0].tolerance)}, "
        f"confidence {percent(basins[0].confidence)}",
        (
            "Horizon",
            "Starts",
            "Settled",
            "Share",
            "Bounds",
            "T2 predicts",
            "The others",
            "Seed",
        ),
        rows,
        frozenset({0, 1, 2, 3, 4, 5, 7}),
    )


def _predicted(basin: BasinEstimate) -> Cell:
    if basin.predicted is None:
        return Cell("—")
    where = "inside" if _inside(basin) else "outside"
    return Cell(f"{percent(basin.predicted)}, {where}", basin.predicted)


def _labels(basin: BasinEstimate) -> str:
    words = {
        "elsewhere": "came to rest elsewhere",
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
