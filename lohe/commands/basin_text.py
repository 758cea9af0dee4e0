"""What a campaign found, in words: proved and sampled apart, each under its own name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lohe.reports.formatting import lower as rounded_down

if TYPE_CHECKING:
    from lohe.proofs_numeric.basins.census import Attractor, Census
    from lohe.proofs_numeric.basins.estimate import BasinEstimate
    from lohe.proofs_numeric.basins.plan import Plan, Starts
    from lohe.proofs_numeric.basins.strata import Stratum

__all__ = [
    "attractors",
    "interval",
    "method",
    "number",
    "planned",
    "proved",
    "sampled",
    "started",
    "strata",
    "table",
]

_KINDS = {
    "Clopper-Pearson": "Clopper-Pearson, for a number of starts fixed beforehand",
    "confidence sequence": "a confidence sequence, valid whenever one stops",
    "stratified": "exact in each stratum, strata weighted by their known shares",
    "weighted": "of weighted starts (importance sampling), valid whenever one stops",
}


def number(value: float, digits: int, *, up: bool = False) -> str:
    """Return a bound in decimals, rounded outward so that what is printed still holds.

    Examples
    --------
    >>> number(0.99999951, 6), number(0.12345601, 6, up=True)
    ('0.999999', '0.123457')
    """
    scale = 10**digits
    rounded = math.ceil(value * scale) if up else math.floor(value * scale)
    return f"{min(max(rounded / scale, 0.0), 1.0):.{digits}f}"


def interval(lower: float, upper: float) -> str:
    """Return two bounds, rounded outward, with digits enough to tell them apart.

    Examples
    --------
    >>> interval(0.9912345, 1.0)
    '0.9912 to 1.0000'
    """
    digits = _digits(lower, upper)
    return f"{number(lower, digits)} to {number(upper, digits, up=True)}"


def _digits(lower: float, upper: float) -> int:
    width = max(upper - lower, 1e-12)
    return max(4, math.ceil(-math.log10(width)) + 1)


def started(starts: Starts) -> str:
    """Return how starts were drawn."""
    if starts.kind == "strata":
        return f"starts in {len(starts.levels) + 1} strata by nearness to the antipodes"
    if starts.kind == "tilted":
        return f"starts tilted towards the antipodes (power {starts.power:g})"
    if starts.kind == "saddles":
        return f"starts within {starts.angle:g} rad of the saddles next to the resting point"
    return "uniform starts"


def method(found: BasinEstimate) -> str:
    """Return what kind of bounds the estimates have, and how many hold together."""
    together = "" if found.family == 1 else f"all {found.family} sampled together hold with "
    return f"bounds: {_KINDS[found.interval]}; {together}confidence {found.confidence:g}"


def sampled(found: Sequence[BasinEstimate], names: Sequence[str] = ()) -> list[str]:
    """Return a table with a row per estimate, after a name each if there are several files."""
    digits = max(6, *(_digits(each.lower, each.upper) for each in found))
    titles = ["horizon", "settled", "lower", "upper", "elsewhere", "moving", "failed"]
    rows = [
        [
            f"{each.horizon:g}",
            f"{each.fraction:.{digits}f}",
            number(each.lower, digits),
            number(each.upper, digits, up=True),
            *(str(each.labels[label]) for label in ("elsewhere", "horizon", "failed")),
        ]
        for each in found
    ]
    if any(each.predicted is not None for each in found):
        titles.insert(4, "T2")
        for row, each in zip(rows, found, strict=True):
            row.insert(4, "-" if each.predicted is None else f"{each.predicted:.{digits}f}")
    if names:
        titles = ["instance", *titles]
        rows = [[name, *row] for name, row in zip(names, rows, strict=True)]
    return table(titles, rows, left=1 if names else 0)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 0) -> list[str]:
    """Return lines in columns: the first `left` ones flush left, the others right."""
    widths = [max(len(row[i]) for row in (titles, *rows)) for i in range(len(titles))]
    lines = []
    for row in (titles, *rows):
        cells = [
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def proved(found: BasinEstimate) -> str:
    """Return what theorems say of the basin, whatever was sampled."""
    if found.proved_volume is None and found.starts.kind == "saddles":
        return "proved: nothing about starts near saddles"
    if found.proved_volume is None:
        return "proved: nothing about the size of the basin"
    if found.proved_volume == 1:
        return f"proved: almost every start settles in the end ({found.theorem})"
    share = rounded_down(found.proved_volume, digits=6)
    return f"proved: a share of {share} of all starts settles in the end ({found.theorem})"


def strata(found: Sequence[Stratum]) -> list[str]:
    """Return a table of the strata at the last horizon."""
    titles = ("nearness", "share", "starts", "settled", "lower", "upper")
    rows = []
    for each in found:
        digits = max(6, _digits(each.lower, each.upper))
        rows.append(
            (
                f"{each.start:g} to {each.end:g}",
                f"{each.end - each.start:.6g}",
                str(each.trials),
                f"{each.converged / each.trials:.{digits}f}" if each.trials else "-",
                number(each.lower, digits),
                number(each.upper, digits, up=True),
            )
        )
    return ["sampled in each stratum, at the last horizon:", *table(titles, rows)]


def attractors(found: Census) -> list[str]:
    """Return where starts were at rest, and what is proved of each place."""
    titles = ("at rest at", "starts", "share", "lower", "upper", "the point")
    others = 0
    rows = []
    for each in found.attractors:
        others += not each.reference
        name = "the resting point" if each.reference else f"attractor {others}"
        share = each.share
        digits = max(6, _digits(share.lower, share.upper))
        rows.append(
            (
                name,
                str(share.count),
                f"{share.fraction:.{digits}f}",
                number(share.lower, digits),
                number(share.upper, digits, up=True),
                _point(each),
            )
        )
    lines = table(titles, rows, left=1)
    words = [f"sampled: where starts were at the last horizon ({found.interval} bounds)", *lines]
    if found.untold:
        words.append(f"{found.untold} starts at rest elsewhere were not told apart")
    if found.several:
        words.append("proved: several stable equilibria, so none attracts almost every start")
    return words


def _point(found: Attractor) -> str:
    if found.enclosure is None:
        return f"not proved: {found.reason}"
    kind = {True: "stable", False: "unstable", None: "an equilibrium"}[found.stable]
    return f"proved {kind}" if not found.reason else f"proved {kind}; {found.reason}"


def planned(plan: Plan) -> str:
    """Return what a campaign samples, in one line."""
    horizons = ", ".join(f"{horizon:g}" for horizon in plan.horizons)
    return (
        f"{started(plan.starts)}; judged at {horizons}; settled is a distance <= "
        f"{plan.tolerance:g}; confidence {plan.confidence:g}"
    )
