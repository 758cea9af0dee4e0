"""Scores against sizes of faults, a panel for each fault, with the certified region shaded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from lohe.reports.fault_grid import fault_scores, place_of, primary_metric
from lohe.reports.svg import COLOURS, new_figure

__all__ = ["fault_figure"]

_COLUMNS = 4


def fault_figure(document: Mapping[str, Any]) -> Figure:
    """Draw the first score of every device, the means, and the ideal score as a line.

    Where it is proved that every oscillator keeps one stable resting point the panel is shaded,
    and darker where it is proved that its weights hardly change.
    """
    faults, metric = fault_scores(document), primary_metric(document)
    scale = 100 if "accuracy" in metric else 1
    columns = min(_COLUMNS, len(faults))
    rows = math.ceil(len(faults) / columns)
    figure, first = new_figure(2.6 * columns, 0.4 + 2.1 * rows)
    first.remove()
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for number, axes in enumerate(grid.flat):
        if number >= len(faults):
            axes.set_axis_off()
            continue
        fault = faults[number]
        for region in fault.regions:
            end = place_of(region.for_all, fault.sizes)
            axes.axvspan(-0.5, end, color=COLOURS["green"], alpha=0.18, linewidth=0)
        axes.axhline(scale * fault.ideal, color=COLOURS["muted"], linewidth=0.8)
        for place, found in enumerate(fault.scores):
            axes.plot(
                [place] * len(found), [scale * one for one in found], "o", ms=3, alpha=0.4, mew=0,
                color=COLOURS["blue"],
            )  # fmt: skip
        places = range(len(fault.sizes))
        axes.plot(places, [scale * mean for mean in fault.means], color=COLOURS["blue"])
        axes.set_xticks(places, [f"{size:g}" for size in fault.sizes])
        axes.set_xlim(-0.5, len(fault.sizes) - 0.5)
        axes.set(title=fault.name)
        if number % columns == 0:
            axes.set_ylabel(metric.replace("_", " ") + (", %" if scale > 1 else ""))
    return figure
