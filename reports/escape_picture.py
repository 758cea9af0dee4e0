"""A picture of escapes: the share of walkers still inside, with bounds, and the fitted rate."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.figure import Figure

from lohe.dynamics.files import replace_atomically
from lohe.proofs_numeric.basins.escape import Escape
from lohe.reports.formatting import plain
from lohe.reports.motion_picture import check_ending
from lohe.reports.svg import COLOURS, drawing_style, set_log_axis

__all__ = ["draw_escape"]

_SIZE = (6.4, 3.8)  # inches
_POINTS = 120
_STEEP = 0.5  # down to this share a straight axis shows more


def draw_escape(path: str | os.PathLike[str], found: Escape, since: float, title: str) -> None:
    """Draw survival over time, on a logarithmic axis if most walkers leave.

    A constant rate is a straight line there.

    Parameters
    ----------
    path
        Ends in .svg, .png or .pdf.
    found
    since
        Time from which a constant rate is fitted (`Escape.rate`).
    title
        What the network and the region are.

    Raises
    ------
    InputError
        For another ending.
    """
    ending = check_ending(path)
    times = np.linspace(0.0, found.horizon, _POINTS + 1)
    rows = found.survival(times.tolist())
    rate = found.rate(since)
    with drawing_style():
        figure = Figure(figsize=_SIZE, layout="constrained", facecolor="white")
        axes = figure.subplots()
        axes.fill_between(
            times,
            [row.lower for row in rows],
            [row.upper for row in rows],
            color=COLOURS["sky"],
            alpha=0.4,
            linewidth=0,
            label=f"{found.confidence:.4g} bounds at each time",
        )
        inside = np.array([row.fraction for row in rows])
        shown = inside > 0
        axes.plot(
            times[shown],
            inside[shown],
            color=COLOURS["blue"],
            linewidth=1.8,
            label=f"{found.walkers:,} walkers",
        )
        if rate is not None and rate.exits:
            begin = found.survival([since])[0].fraction
            after = np.linspace(since, found.horizon, 2)
            axes.plot(
                after,
                begin * np.exp(-rate.estimate * (after - since)),
                color=COLOURS["vermillion"],
                linewidth=1.4,
                linestyle="--",
                label=f"constant rate {plain(rate.estimate)}",
            )
        least = max(float(inside[shown].min()), 0.5 / found.walkers)
        if least < _STEEP:
            set_log_axis(axes.yaxis, 0.7 * least, 1.0)
            axes.set_ylim(0.7 * least, 1.04)
        else:
            margin = 1 - min(row.lower for row in rows)
            axes.set_ylim(1 - 1.1 * margin, 1 + 0.1 * margin)
        axes.set(xlabel="time t", ylabel="share still inside", xlim=(0, found.horizon))
        axes.xaxis.set_major_formatter(lambda value, _: plain(value, 4))
        figure.legend(loc="outside lower left", ncols=3, frameon=False, fontsize=9)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.5)
        with replace_atomically(path) as temporary:
            figure.savefig(temporary, format=ending[1:], dpi=160)
