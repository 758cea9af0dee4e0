"""A picture of a model's depth: each measure over the layers, a line for every head."""

from __future__ import annotations

import os
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lohe.attention.depth import Depth, Measure
from lohe.dynamics.files import replace_atomically
from lohe.reports.motion_picture import check_ending
from lohe.reports.svg import COLOURS, drawing_style

__all__ = ["draw_depth"]

_WIDTH, _PANEL = 7.6, 2.5  # inches
_LINES = ("blue", "orange", "green", "vermillion", "sky", "purple")
_DASHES = ("-", (0, (5, 1.5)), (0, (2, 1.2)), (0, (7, 1.5, 1.5, 1.5)))
_MARKS = "os^D"
_MOST_NAMED = 8


def draw_depth(path: str | os.PathLike[str], depth: Depth, title: str) -> None:
    """Draw each measure over the layers, those of one axis together, and write the picture.

    Heads are told apart by colour; measures that share an axis, by their dashes.

    Parameters
    ----------
    path
        Ends in .svg, .png or .pdf.
    depth
    title
        What the model is.

    Raises
    ------
    InputError
        For another ending.
    """
    ending = check_ending(path)
    panels = _panels(depth)
    rows = -(-len(panels) // 2)
    with drawing_style():
        size = (_WIDTH, _PANEL * rows + 0.5)
        figure = Figure(figsize=size, layout="constrained", facecolor="white")
        places = figure.subplots(rows, 2, squeeze=False).ravel()
        for axes, (label, measures) in zip(places, panels, strict=False):
            _draw(axes, depth, measures)
            axes.set_ylabel(label)
        for axes in places[len(panels) :]:
            axes.set_visible(False)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.5)
        with replace_atomically(path) as temporary:
            figure.savefig(temporary, format=ending[1:], dpi=160)


def _panels(depth: Depth) -> list[tuple[str, list[Measure]]]:
    ordered = sorted(depth.measures, key=lambda each: _first(depth, each.panel))
    return [(name, list(group)) for name, group in groupby(ordered, key=lambda each: each.panel)]


def _first(depth: Depth, panel: str) -> int:
    return next(k for k, each in enumerate(depth.measures) if each.panel == panel)


def _draw(axes: Axes, depth: Depth, measures: list[Measure]) -> None:
    several = len(measures) > 1
    for place, measure in enumerate(measures):
        groups = measure.values.shape[1]
        for head in range(groups):
            colour = _LINES[(place if groups == 1 else head) % len(_LINES)]
            rows = np.flatnonzero(~np.isnan(measure.values[:, head]))
            label = measure.short if several and head == 0 else None
            if groups > 1 and not several:
                label = f"head {head}"
            axes.plot(
                rows,
                measure.values[rows, head],
                color=COLOURS[colour],
                linestyle=_DASHES[place % len(_DASHES)],
                marker=_MARKS[place % len(_MARKS)],
                markersize=3.2,
                linewidth=1.2,
                label=label,
            )
    ticks = list(range(depth.layers + 1))
    names = [*map(str, ticks[:-1]), "end"]
    shown = slice(None, None, max(1, len(ticks) // 10))
    axes.set_xticks(ticks[shown], names[shown])
    axes.set(xlabel="layer", xlim=(-0.2, depth.layers + 0.2))
    if measures[0].panel.startswith("share"):
        axes.set_ylim(0, 1.05)
    handles, _ = axes.get_legend_handles_labels()
    if 1 < len(handles) <= _MOST_NAMED:
        legend = axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.03, 0.98),
            ncols=4,
            frameon=False,
            fontsize=7.8,
            columnspacing=1.0,
        )
        if several and measures[0].values.shape[1] > 1:
            for handle in legend.get_lines():  # colours are the heads', named elsewhere
                handle.set_color(COLOURS["muted"])
