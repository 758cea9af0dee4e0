"""The grid of faults in a robustness file: sizes, scores, and the proved and measured regions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

__all__ = [
    "SAFE",
    "FaultScores",
    "Region",
    "fault_scores",
    "place_of",
    "primary_metric",
    "region_text",
    "size_text",
]

SAFE = 0.005
"""Of accuracy, or of the ideal perplexity, that may be lost where a fault counts as harmless."""

_ALONE = frozenset({"ideal", "certified"})

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Region:
    """Where a claim is proved: up to the sizes at which it is for all oscillators, and for half.

    None where it is proved at no size.
    """

    claim: str
    for_all: float | None
    for_half: float | None


@dataclass(frozen=True)
class FaultScores:
    """One fault of a grid.

    Parameters
    ----------
    name
        Of the fault.
    sizes : tuple of float
        In the order of what they do.
    scores : tuple of tuple of float
        Of every device at each size.
    ideal : float
        Of ideal arrays.
    larger_is_better : bool
        Whether the score is an accuracy.
    regions
        What is proved of it, if anything is.
    """

    name: str
    sizes: tuple[float, ...]
    scores: tuple[tuple[float, ...], ...]
    ideal: float
    larger_is_better: bool
    regions: tuple[Region, ...]

    @property
    def means(self) -> tuple[float, ...]:
        """Mean scores over devices."""
        return tuple(sum(found) / len(found) for found in self.scores)

    @property
    def measured(self) -> float | None:
        """The last size up to which devices do, on average, as without the fault.

        None where the first size already costs more than `SAFE`.
        """
        last = None
        for size, mean in zip(self.sizes, self.means, strict=True):
            lost = self.ideal - mean if self.larger_is_better else (mean - self.ideal) / self.ideal
            if lost > SAFE:
                break
            last = size
        return last

    def region(self, claim: str) -> Region | None:
        """Return what is proved of a claim."""
        return next((region for region in self.regions if region.claim == claim), None)

    @property
    def verdict(self) -> str:
        """Whether the proved region lies inside the measured one, and by how much."""
        region = self.region("rests") or self.region("reads")
        if region is None:
            return "no theorem speaks of it"
        proved, measured = region.for_all, self.measured
        if not proved:
            return "nothing is proved"
        rises = self.sizes[-1] > self.sizes[0]
        if measured is None:
            smaller = proved < self.sizes[0] if rises else proved > self.sizes[0]
            return "not tried so small" if smaller else "no"
        if self.name.endswith("bits"):
            more = proved - measured
            return f"yes, by {more:g} bits" if more >= 0 else f"no, by {-more:g} bits"
        share = measured / proved if rises else proved / measured
        return f"yes, by a factor of {share:.2g}" if share >= 1 else f"no, by {share:.2g}"


def primary_metric(document: Document) -> str:
    """Return the first score that ideal arrays have."""
    return str(next(iter(document["cases"]["ideal"]["scores"][0])))


def fault_scores(document: Document) -> list[FaultScores]:
    """Return the faults of a file that `lohe hardware robustness` wrote."""
    cases, metric = document["cases"], primary_metric(document)
    sizes: dict[str, list[str]] = {}
    for case in cases:
        if case not in _ALONE:
            name, _, size = case.rpartition(" ")
            sizes.setdefault(name, []).append(size)
    regions = cases.get("certified", {"regions": ()})["regions"]
    return [
        FaultScores(
            name,
            tuple(float(size) for size in found),
            tuple(
                tuple(float(one[metric]) for one in cases[f"{name} {size}"]["scores"])
                for size in found
            ),
            float(cases["ideal"]["scores"][0][metric]),
            "accuracy" in metric,
            tuple(
                Region(one["claim"], one["for_all"], one["for_half"])
                for one in regions
                if one["fault"] == name
            ),
        )
        for name, found in sizes.items()
    ]


def region_text(region: Region | None) -> str:
    """Return up to which sizes a claim is proved, for all oscillators and for half of them."""
    if region is None:
        return "–"
    return f"{size_text(region.for_all, 'never')} (half: {size_text(region.for_half, 'never')})"


def size_text(size: float | None, nothing: str) -> str:
    """Return a size, or what to say where there is none."""
    return f"{size:.2g}" if size else nothing


def place_of(size: float | None, sizes: Sequence[float]) -> float:
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
    sign = 1 if sizes[-1] > sizes[0] else -1
    at, *steps = (sign * math.log(value) for value in (size, *sizes))
    if at < steps[0]:
        return -0.25
    for place, (before, after) in enumerate(pairwise(steps)):
        if at <= after:
            return place + (at - before) / (after - before)
    return len(sizes) - 0.5
