"""A picture of trajectories: angles to the resting point over time, and how far they agree."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import replace_atomically
from lohe.dynamics.order import order_parameter
from lohe.dynamics.sphere import distance
from lohe.dynamics.trajectories import Trajectories
from lohe.reports.formatting import plain
from lohe.reports.svg import COLOURS, drawing_style

__all__ = ["check_ending", "draw_motion"]

Floats = NDArray[np.float64]

_ENDINGS = (".svg", ".png", ".pdf")

_WIDTH, _PANEL = 6.4, 2.7  # inches
_FEW = 24  # up to so many curves each is drawn; more become bands with some examples
_EXAMPLES = 6
_LINES = ("blue", "orange", "green", "vermillion", "sky", "purple")


def draw_motion(
    path: str | os.PathLike[str], made: Trajectories, rest: Floats | None, title: str
) -> None:
    """Draw angles to the resting point and the order parameter over time, and write the picture.

    Parameters
    ----------
    path
        Ends in .svg, .png or .pdf.
    made
    rest : (n, d) array or None
        Resting points; oscillators with NaN there are left out of the first panel. None draws the
        angles to the first oscillator, where nothing drives and only that is known.
    title
        What the network is.

    Raises
    ------
    InputError
        For another ending, or if there is nothing to draw.
    """
    ending = check_ending(path)
    panels = _panels(made, rest)
    if not panels:
        raise InputError("the only oscillator has no resting point to draw angles to; do not plot")
    with drawing_style():
        size = (_WIDTH, _PANEL * len(panels) + 0.5)
        figure = Figure(figsize=size, layout="constrained", facecolor="white")
        rows = figure.subplots(len(panels), 1, squeeze=False, sharex=True).ravel()
        for axes, (label, top, curves) in zip(rows, panels, strict=True):
            _draw(axes, made.times, curves)
            axes.set(ylabel=label, ylim=(0, top), xlim=(0, made.times[-1]))
            axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 3, 4.5, 5, 6, 9, 10]))
        rows[-1].set_xlabel("time t")
        rows[-1].xaxis.set_major_formatter(lambda value, _: plain(value, 4))
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.5)
        with replace_atomically(path) as temporary:
            figure.savefig(temporary, format=ending[1:], dpi=160)


def check_ending(path: str | os.PathLike[str]) -> str:
    """Return the ending of a picture's name.

    Raises
    ------
    InputError
        If it is not .svg, .png or .pdf.
    """
    ending = next((e for e in _ENDINGS if os.fspath(path).endswith(e)), None)
    if ending is None:
        raise InputError(f"{path} ends in none of {', '.join(_ENDINGS)}; choose one of these")
    return ending


def _panels(made: Trajectories, rest: Floats | None) -> list[tuple[str, float, Floats]]:
    """Return for each panel its label, the top of its axis and (times, curves) values."""
    panels = []
    if rest is None:
        away = np.degrees(distance(made.states[:, :, 1:], made.states[:, :, :1]))
        panels.append(("angle to the first (degrees)", 180.0, away.reshape(len(away), -1)))
        panels.append(("order parameter |mean x|", 1.0, order_parameter(made.states)))
        return panels
    resting = ~np.isnan(rest).any(axis=1)
    if resting.any():
        # Per oscillator: the angles of many trials at once would need their states twice more.
        angles = [
            np.degrees(distance(made.states[:, :, i], rest[i])) for i in np.flatnonzero(resting)
        ]
        panels.append(("angle to rest (degrees)", 180.0, np.concatenate(angles, axis=1)))
    if rest.shape[0] > 1:
        panels.append(("order parameter |mean x|", 1.0, order_parameter(made.states)))
    return panels


def _draw(axes: Axes, times: Floats, curves: Floats) -> None:
    count = curves.shape[1]
    if count <= _FEW:
        for place, curve in enumerate(curves.T):
            axes.plot(times, curve, color=COLOURS[_LINES[place % len(_LINES)]], linewidth=1.1)
        return
    for place, share in enumerate((90, 50)):
        low, high = np.percentile(curves, (50 - share / 2, 50 + share / 2), axis=1)
        axes.fill_between(
            times,
            low,
            high,
            color=COLOURS["sky"],
            alpha=0.3 + 0.25 * place,
            linewidth=0,
            label=f"{share} % of {count:,}",
        )
    examples = np.linspace(0, count - 1, _EXAMPLES).astype(int)
    for place, curve in enumerate(curves[:, examples].T):
        label = "examples" if place == 0 else None
        axes.plot(times, curve, color=COLOURS["muted"], linewidth=0.6, alpha=0.8, label=label)
    axes.plot(
        times, np.median(curves, axis=1), color=COLOURS["blue"], linewidth=1.8, label="median"
    )
    axes.legend(frameon=False, fontsize=8.6, loc="upper right", ncols=4)
