"""How far devices rest from their phases, against the strength of the coupling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from lohe.reports.svg import COLOURS, add_legend, new_figure, set_log_axis

__all__ = ["BOUND", "KINDS", "reduction_figure"]

BOUND = 0.01
"""Of a cycle: below it the phase model counts as good."""

KINDS = {"driven": "drives alone", "coupled": "crosstalk"}
"""Of arrays, by the name in a file."""

_COLOURS = ("blue", "vermillion", "green", "purple")


def reduction_figure(document: Mapping[str, Any]) -> Figure:
    """Draw the error of every substrate, solid without crosstalk and dashed with it."""
    figure, axes = new_figure(7.2, 4.0)
    drawn = []
    for (name, found), colour in zip(document["errors"].items(), _COLOURS, strict=False):
        for line, (kind, told) in zip(("-", "--"), KINDS.items(), strict=True):
            points = [(one["share"], one[kind]) for one in found if one[kind] is not None]
            drawn += points
            axes.plot(
                [share for share, _ in points],
                [error for _, error in points],
                line,
                marker="o",
                ms=3,
                color=COLOURS[colour],
                label=f"{name}, {told}",
            )
    axes.axhline(BOUND, color=COLOURS["muted"], linewidth=0.8)
    shares, errors = zip(*drawn, strict=True)
    set_log_axis(axes.xaxis, min(shares), max(shares))
    set_log_axis(axes.yaxis, min(errors), max(errors))
    axes.set(
        xlabel="strength: coupling rate over frequency",
        ylabel="device against phase model, cycles",
    )
    add_legend(figure, columns=2)
    return figure
