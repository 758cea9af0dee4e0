"""Scores against sizes of faults, a panel for each fault."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lohe.hardware.robustness import Fault

__all__ = ["draw_robustness"]

_COLUMNS = 4


def draw_robustness(path: Path, document: dict[str, Any], faults: Sequence[Fault]) -> None:
    """Draw the first score of every device, the means, and the ideal score as a line.

    Where it is proved that every oscillator keeps one stable resting point the panel is shaded,
    and darker where it is proved that its weights hardly change.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from lohe.commands.bench_plots import svg
    from lohe.dynamics.files import write_text
    from lohe.reports.svg import COLOURS, drawing_style, new_figure

    cases = document["cases"]
    metric = next(iter(cases["ideal"]["scores"][0]))
    scale = 100 if "accuracy" in metric else 1
    rows = math.ceil(len(faults) / _COLUMNS)
    columns = min(_COLUMNS, len(faults))
    with drawing_style():
        figure, first = new_figure(2.6 * columns, 0.4 + 2.1 * rows)
        first.remove()
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for number, axes in enumerate(grid.flat):
            if number >= len(faults):
                axes.set_axis_off()
                continue
            fault = faults[number]
            _shade(axes, fault, cases)
            axes.axhline(
                scale * cases["ideal"]["scores"][0][metric], color=COLOURS["muted"], linewidth=0.8
            )
            means = []
            for place, size in enumerate(fault.sizes):
                values = [scale * one[metric] for one in cases[f"{fault.name} {size}"]["scores"]]
                axes.plot(
                    [place] * len(values), values, "o", ms=3, alpha=0.4, mew=0,
                    color=COLOURS["blue"],
                )  # fmt: skip
                means.append(sum(values) / len(values))
            axes.plot(range(len(means)), means, color=COLOURS["blue"])
            axes.set_xticks(range(len(means)), fault.sizes)
            axes.set_xlim(-0.5, len(means) - 0.5)
            axes.set(title=fault.name)
            if number % _COLUMNS == 0:
                axes.set_ylabel(metric.replace("_", " ") + (", %" if scale > 1 else ""))
        write_text(path, svg(figure))


def _shade(axes: Any, fault: Fault, cases: dict[str, Any]) -> None:
    from lohe.commands.hardware_regions import place_of
    from lohe.reports.svg import COLOURS

    for region in cases.get("certified", {"regions": ()})["regions"]:
        if region["fault"] == fault.name:
            end = place_of(region["for_all"], fault.values)
            axes.axvspan(-0.5, end, color=COLOURS["green"], alpha=0.18, linewidth=0)
