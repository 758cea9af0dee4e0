"""The result of ``lohe bench decay`` as a figure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lohe.commands.bench_decay_tables import CHOSEN

__all__ = ["draw_decay"]


def draw_decay(document: Mapping[str, Any], path: Path) -> None:
    """Draw by how much momenta are ahead: an SVG file, a line for each dimension and energy.

    Bars are the intervals, after the most calls.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from lohe.commands.bench_plots import svg
    from lohe.dynamics.files import write_text
    from lohe.reports.svg import COLOURS, add_legend, drawing_style, new_figure

    colours = [COLOURS[name] for name in ("blue", "vermillion", "green", "purple", "orange", "sky")]
    cases = [*document["cases"].values()]
    sizes = sorted({case["d"] for case in cases})
    calls = document["config"]["budgets"][-1]
    with drawing_style():
        figure, axes = new_figure(5.6, 4.0)
        for energy, dash in (("quadratic", "-"), ("bilinear", "--")):
            for place, d in enumerate(sizes):
                of_d = [case for case in cases if (case["energy"], case["d"]) == (energy, d)]
                conditions = [case["condition"] for case in of_d]
                found = [case["schemes"][CHOSEN]["ratio"][-1] for case in of_d]
                colour = colours[place % len(colours)]
                values = [ends[0] for ends in found]
                label = f"{energy}, d = {d}"
                axes.plot(conditions, values, dash, marker="o", ms=3, color=colour, label=label)
                lower, upper = ([ends[i] for ends in found] for i in (1, 2))
                axes.vlines(conditions, lower, upper, color=colour, linewidth=3, alpha=0.4)
        axes.axhline(1, color=COLOURS["muted"], linewidth=0.8)
        axes.set(xlabel="condition", ylabel=f"energy, classical / momenta, {calls} calls")
        axes.set_xscale("log")
        axes.set_yscale("log")
        add_legend(figure, columns=2)
        write_text(path, svg(figure))
