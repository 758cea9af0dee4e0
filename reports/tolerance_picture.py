"""A picture of tolerances: how much each oscillator stands, from the weakest to the strongest."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import replace_atomically
from lohe.proofs_numeric.tolerance import Tolerance
from lohe.reports.formatting import lower, upper
from lohe.reports.svg import COLOURS, drawing_style, set_log_axis

__all__ = ["QUANTITIES", "draw_panel", "draw_tolerances", "has_scales"]

QUANTITIES = {
    "mismatch": "relative error of a coupling",
    "crosstalk": "row sum of the crosstalk's errors",
    "frequency": "norm of a frequency's error",
    "anchors": "displacement of an anchor",
    "together": "multiple of the device stated",
    "inputs": "change of a token's coordinates",
}
"""What the scale of each direction measures."""

_ENDINGS = (".svg", ".png", ".pdf")
_COLUMNS = 3
_PANEL = (3.8, 2.7)  # inches
# More points than this only make the file larger.
_POINTS = 600
_FEW = 50  # each oscillator gets a dot


def draw_tolerances(
    path: str | os.PathLike[str], found: Mapping[str, Tolerance], title: str
) -> None:
    """Draw sorted per-oscillator tolerances, one panel a direction, and write the picture.

    Parameters
    ----------
    path
        Ends in .svg, .png or .pdf.
    found
        By direction: ``mismatch``, ``crosstalk``, ``frequency``, ``anchors`` or ``together``.
    title
        What the network is.

    Raises
    ------
    InputError
        For another ending, or if no direction has tolerances for single oscillators.
    """
    ending = next((e for e in _ENDINGS if os.fspath(path).endswith(e)), None)
    if ending is None:
        raise InputError(f"{path} ends in none of {', '.join(_ENDINGS)}; choose one of these")
    shown = {name: each for name, each in found.items() if has_scales(each)}
    if not shown:
        raise InputError("there is no tolerance of a single oscillator to draw; leave out --plot")
    with drawing_style():
        columns = min(_COLUMNS, len(shown))
        rows = -(-len(shown) // columns)
        size = (_PANEL[0] * columns, _PANEL[1] * rows + 0.5)
        figure = Figure(figsize=size, layout="constrained", facecolor="white")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for panel, (name, each) in zip(axes, shown.items(), strict=False):
            draw_panel(panel, name, each)
            panel.set_title(_heading(name, each), loc="left", fontsize=9.6)
        for panel in axes[len(shown) :]:
            panel.set_visible(False)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.5)
        figure.legend(*_keys(), loc="outside lower left", ncols=3, frameon=False, fontsize=9.4)
        with replace_atomically(path) as temporary:
            figure.savefig(temporary, format=ending[1:], dpi=160)


def _values(found: Tolerance) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    scales = found.per_oscillator
    return np.empty(0) if scales is None else np.sort(scales[scales > 0])


def has_scales(found: Tolerance) -> bool:
    """Say whether there is a tolerance of a single oscillator to draw."""
    return bool(_values(found).size)


def draw_panel(axes: Axes, name: str, found: Tolerance) -> None:
    """Draw one direction: each oscillator's scale, that of all together, and a known failure."""
    values = _values(found)
    assert found.per_oscillator is not None
    n = found.per_oscillator.size
    ranks = n - values.size + 1 + np.arange(values.size)
    kept = np.unique(np.geomspace(1, values.size, min(_POINTS, values.size)).astype(int) - 1)
    marker = "." if values.size < _FEW else ""
    axes.plot(ranks[kept], values[kept], color=COLOURS["blue"], linewidth=1.8, marker=marker)
    marks = [value for value in (found.head, found.refuted_at) if value]
    low, high = min([*marks, values[0]]), max([*marks, values[-1]])
    set_log_axis(axes.yaxis, low, high)
    axes.set_ylim(low / 1.7, high * 2.2)
    if n > 1:
        set_log_axis(axes.xaxis, 1, n)
        axes.set_xlim(1, n)
    axes.set_ylabel(QUANTITIES[name], fontsize=9)
    axes.set_xlabel("oscillators, weakest first", fontsize=9)
    if found.head:
        axes.axhline(found.head, color=COLOURS["green"], linewidth=1.4, linestyle="--")
    if found.refuted_at:
        axes.axhline(found.refuted_at, color=COLOURS["vermillion"], linewidth=1.4, linestyle=":")


def _heading(name: str, found: Tolerance) -> str:
    parts = [f"{name}: proved to {lower(found.head)}" if found.head else f"{name}: not proved"]
    if found.refuted_at is not None:
        parts.append(f"fails at {upper(found.refuted_at)}")
    return ", ".join(parts)


def _keys() -> tuple[list[Line2D], list[str]]:
    lines = [
        Line2D([], [], color=COLOURS["blue"], linewidth=1.8),
        Line2D([], [], color=COLOURS["green"], linewidth=1.4, linestyle="--"),
        Line2D([], [], color=COLOURS["vermillion"], linewidth=1.4, linestyle=":"),
    ]
    return lines, [
        "proved for the oscillator by itself",
        "proved for all together",
        "some device is known to fail",
    ]
