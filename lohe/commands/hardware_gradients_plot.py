"""Bias and spread of gradients against the sizes of faults, a column for each fault."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lohe.hardware.nonideal.imperfections import Imperfections

__all__ = ["draw_gradients"]

_FLOOR = 1e-4
_COLOURS = ("blue", "orange", "green", "vermillion", "sky", "ink")
_MARKS = ("o", "s", "^", "D", "v", "x")


def draw_gradients(
    path: Path, document: dict[str, Any], faults: Mapping[str, tuple[Imperfections, ...]]
) -> None:
    """Draw bias above and spread below, as shares of the true gradient, on logarithmic axes.

    A bias that is not told from 0 is not drawn.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from lohe.commands.bench_plots import svg
    from lohe.dynamics.files import write_text
    from lohe.reports.svg import COLOURS, drawing_style, new_figure, set_log_axis

    cases = document["cases"]
    names = [*next(iter(cases.values()))["gradients"]]
    with drawing_style():
        figure, first = new_figure(0.8 + 1.9 * len(faults), 4.6)
        first.remove()
        grid = figure.subplots(2, len(faults), sharex="col", sharey="row", squeeze=False)
        for column, (fault, arrays) in enumerate(faults.items()):
            sizes = [getattr(array, fault) for array in arrays]
            found = [cases[f"{fault} {size:g}"]["gradients"] for size in sizes]
            for row, what in enumerate(("bias", "spread")):
                axes = grid[row][column]
                for name, colour, mark in zip(names, _COLOURS, _MARKS, strict=True):
                    points = [
                        (size, each[name][what])
                        for size, each in zip(sizes, found, strict=True)
                        if each[name][what] > (each[name]["noticed"] if row == 0 else _FLOOR)
                    ]
                    axes.plot(
                        [x for x, _ in points], [y for _, y in points], marker=mark, ms=3.5,
                        linewidth=0.9, color=COLOURS[colour], label=name,
                    )  # fmt: skip
                axes.set_xscale("log")
                axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
                axes.minorticks_off()
                set_log_axis(axes.yaxis, 1e-3, 10)
            grid[0][column].set_title(fault)
        grid[0][0].set_ylabel("bias")
        grid[1][0].set_ylabel("spread of one estimate")
        handles, labels = grid[1][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(names), frameon=False)
        write_text(path, svg(figure))
