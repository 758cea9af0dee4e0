"""Bias and spread of gradients against the sizes of faults, a column for each fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from lohe.reports.svg import COLOURS, new_figure, set_log_axis

__all__ = ["MOST", "gradient_figure", "quality_text"]

_FLOOR = 1e-4
_COLOURS = ("blue", "orange", "green", "vermillion", "sky", "ink", "purple", "muted")
_MARKS = ("o", "s", "^", "D", "v", "x", "P", "*")
_LEAST, _WHOLE = 1e-4, 0.1  # what is told as less, and from where on per cent are whole

MOST = len(_COLOURS)
"""Of gradients that one figure can tell apart."""


def gradient_figure(document: Mapping[str, Any]) -> Figure:
    """Draw bias above and spread below, as shares of the true gradient, on logarithmic axes.

    A bias that is not told from 0 is not drawn.
    """
    cases = document["cases"]
    names = [*next(iter(cases.values()))["gradients"]]
    faults: dict[str, list[tuple[float, Mapping[str, Any]]]] = {}
    for case, found in cases.items():
        fault, _, size = case.rpartition(" ")
        faults.setdefault(fault, []).append((float(size), found["gradients"]))
    figure, first = new_figure(0.8 + 1.9 * len(faults), 4.6)
    first.remove()
    grid = figure.subplots(2, len(faults), sharex="col", sharey="row", squeeze=False)
    for column, (fault, found) in enumerate(faults.items()):
        for row, what in enumerate(("bias", "spread")):
            axes = grid[row][column]
            for name, colour, mark in zip(names, _COLOURS, _MARKS, strict=False):
                points = [
                    (size, each[name][what])
                    for size, each in found
                    if each[name][what] > (each[name]["noticed"] if row == 0 else _FLOOR)
                ]
                axes.plot(
                    [x for x, _ in points], [y for _, y in points], marker=mark, ms=3.5,
                    linewidth=0.9, color=COLOURS[colour], label=name,
                )  # fmt: skip
            axes.set_xscale("log")
            axes.set_xticks([size for size, _ in found], [f"{size:g}" for size, _ in found])
            axes.minorticks_off()
            if any(len(line.get_xdata()) for line in axes.lines):
                set_log_axis(axes.yaxis, 1e-3, 10)
        grid[0][column].set_title(fault)
    grid[0][0].set_ylabel("bias")
    grid[1][0].set_ylabel("spread of one estimate")
    handles, labels = grid[1][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(names), frameon=False)
    return figure


def quality_text(quality: Mapping[str, float]) -> str:
    """Return a bias, or below what it lies, and a spread, in per cent.

    Examples
    --------
    >>> quality_text({"bias": 0.021, "noticed": 0.002, "spread": 0.5})
    '2.1 % (50 %)'
    >>> quality_text({"bias": 0.001, "noticed": 0.002, "spread": 0.5})
    '< 0.2 % (50 %)'
    """
    bias, noticed = quality["bias"], quality["noticed"]
    seen = _percent(bias) if bias > noticed else f"< {_percent(noticed)}".replace("< <", "<")
    return f"{seen} ({_percent(quality['spread'])})"


def _percent(share: float) -> str:
    if share < _LEAST:
        return f"< {100 * _LEAST:g} %"
    return f"{100 * share:.0f} %" if share > _WHOLE else f"{100 * share:.2g} %"
