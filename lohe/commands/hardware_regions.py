"""Proved and measured regions of a fault's sizes, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lohe.hardware.robustness import Fault

__all__ = ["SAFE", "measured_region", "place_of", "region_lines"]

SAFE = 0.005
"""Of accuracy, or of the ideal perplexity, that may be lost where a fault counts as harmless."""

Cases = Mapping[str, Any]


def place_of(size: float | None, values: Sequence[float]) -> float:
    """Return where a size stands among others, counted from 0, by its logarithm.

    None, for no size at all, stands half a place before the first; what lies before the first a
    quarter, and what lies beyond the last half a place after it.

    Examples
    --------
    >>> place_of(2.0, (1.0, 4.0)), place_of(None, (8, 6, 4)), place_of(10, (8, 6, 4))
    (0.5, -0.5, -0.25)
    """
    if not size:
        return -0.5
    sign = 1 if values[-1] > values[0] else -1
    at, *steps = (sign * math.log(value) for value in (size, *values))
    if at < steps[0]:
        return -0.25
    for place, (before, after) in enumerate(pairwise(steps)):
        if at <= after:
            return place + (at - before) / (after - before)
    return len(values) - 0.5


def measured_region(fault: Fault, cases: Cases) -> float | None:
    """Return the last size up to which models on devices do, on average, as without the fault.

    None where the first size already costs more than `SAFE`.
    """
    metric = next(iter(cases["ideal"]["scores"][0]))
    ideal = cases["ideal"]["scores"][0][metric]
    last = None
    for size, value in zip(fault.sizes, fault.values, strict=True):
        scores = [one[metric] for one in cases[f"{fault.name} {size}"]["scores"]]
        mean = sum(scores) / len(scores)
        lost = ideal - mean if "accuracy" in metric else (mean - ideal) / ideal
        if lost > SAFE:
            break
        last = value
    return last


def region_lines(faults: Sequence[Fault], cases: Cases) -> list[str]:
    """Return a table of what is proved and what is measured, fault by fault."""
    from lohe.commands.bench_tables import aligned

    regions = {(one["fault"], one["claim"]): one for one in cases["certified"]["regions"]}
    rows: list[tuple[str, ...]] = []
    for fault in faults:
        measured = measured_region(fault, cases)
        proved = [regions.get((fault.name, claim)) for claim in ("rests", "reads")]
        safe = "none tried" if measured is None else f"{measured:g}"
        verdict = _verdict(proved[0] or proved[1], measured, fault)
        rows.append((fault.name, *map(_cell, proved), safe, verdict))
    titles = ("fault", "rests, proved to", "reads, proved to", "measured safe to", "inside?")
    return aligned((titles, rows))


def _cell(region: Mapping[str, Any] | None) -> str:
    if region is None:
        return ""
    parts = (region["for_all"], region["for_half"])
    return "{} (half: {})".format(*(f"{part:.2g}" if part else "never" for part in parts))


def _verdict(region: Mapping[str, Any] | None, measured: float | None, fault: Fault) -> str:
    """Say whether the proved region lies inside the measured one, and by how much."""
    if region is None:
        return ""
    proved = region["for_all"]
    if not proved:
        return "nothing is proved"
    rises = fault.values[-1] > fault.values[0]
    if measured is None:
        smaller = proved < fault.values[0] if rises else proved > fault.values[0]
        return "not tried so small" if smaller else "no"
    if fault.name.endswith("bits"):
        more = proved - measured
        return f"yes, by {more:g} bits" if more >= 0 else f"no, by {-more:g} bits"
    share = measured / proved if rises else proved / measured
    return f"yes, by a factor of {share:.2g}" if share >= 1 else f"no, by {share:.2g}"
