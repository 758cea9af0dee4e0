"""Energies of a token as a figure: what takes them, and what the total hangs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from lohe.reports.svg import COLOURS, new_figure, set_log_axis

__all__ = ["PARTS", "PHYSICAL", "cost_figure"]

PARTS = ("digital", "conversion", "oscillators")
"""What takes energy."""

PHYSICAL = "settling physical"
"""The row whose assumptions are varied."""

_COLOURS = ("blue", "orange", "green")
_PANEL = 1.9  # inches


def cost_figure(document: Mapping[str, Any]) -> Figure:
    """Draw a row of two panels for each substrate.

    Left, each row's energy by what takes it; right, the total of the row with physical settling as
    each assumption is a third or thrice what it is.
    """
    substrates = document["substrates"]
    figure, first = new_figure(9.0, 0.6 + _PANEL * len(substrates))
    first.remove()
    grid = figure.subplots(len(substrates), 2, squeeze=False)
    joules = EngFormatter(unit="J", places=None)
    for (name, found), (left, right) in zip(substrates.items(), grid, strict=True):
        energies = found["joules_per_token"]
        before = [0.0] * len(energies)
        for part, colour in zip(PARTS, _COLOURS, strict=True):
            widths = [energy[part] for energy in energies.values()]
            left.barh([*energies], widths, left=before, color=COLOURS[colour], label=part)
            before = [a + b for a, b in zip(before, widths, strict=True)]
        left.invert_yaxis()
        left.xaxis.set_major_formatter(joules)
        left.set(title=f"{name}: energy of a token")
        hangs = energies[PHYSICAL]["sensitivities"]
        ends = [*hangs.values()]
        right.barh(
            [each.replace("_", " ") for each in hangs],
            [high - low for low, high in ends],
            left=[low for low, _ in ends],
            color=COLOURS["sky"],
        )
        right.axvline(energies[PHYSICAL]["total"], color=COLOURS["ink"], linewidth=0.8)
        right.invert_yaxis()
        set_log_axis(right.xaxis, *ends[0])
        right.xaxis.set_major_formatter(joules)
        right.set(title=f"{PHYSICAL}: each ÷ 3 to × 3")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=len(PARTS), frameon=False)
    return figure
