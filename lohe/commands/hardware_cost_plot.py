"""Energies of a token as a figure: what takes them, and what the total hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lohe.hardware.cost import Assumptions, AttentionShape

__all__ = ["draw_costs"]

_PARTS = (("digital", "blue"), ("conversion", "orange"), ("oscillators", "green"))
_PANEL = 1.9  # inches


def draw_costs(
    path: Path, cases: Sequence[tuple[str, AttentionShape, Assumptions]], coupling: str
) -> None:
    """Draw a row of two panels for each substrate.

    Left, each row's energy by what takes it; right, the total of the row with physical settling as
    each assumption is a third or thrice what it is.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from matplotlib.ticker import EngFormatter

    from lohe.commands.bench_plots import svg
    from lohe.dynamics.files import write_text
    from lohe.hardware.cost import ROWS, energy_of_token, sensitivities
    from lohe.reports.svg import COLOURS, drawing_style, new_figure, set_log_axis

    with drawing_style():
        figure, first = new_figure(9.0, 0.6 + _PANEL * len(cases))
        first.remove()
        grid = figure.subplots(len(cases), 2, squeeze=False)
        joules = EngFormatter(unit="J", places=None)
        for (name, shape, assumed), (left, right) in zip(cases, grid, strict=True):
            energies = [energy_of_token(shape, row, assumed, coupling=coupling) for row in ROWS]
            before = [0.0] * len(ROWS)
            for part, colour in _PARTS:
                widths = [getattr(energy, part) for energy in energies]
                left.barh(ROWS, widths, left=before, color=COLOURS[colour], label=part)
                before = [a + b for a, b in zip(before, widths, strict=True)]
            left.invert_yaxis()
            left.xaxis.set_major_formatter(joules)
            left.set(title=f"{name}: energy of a token")
            hangs = sensitivities(shape, "settling physical", assumed, coupling=coupling)
            names = [one.name.replace("_", " ") for one in hangs]
            right.barh(
                names,
                [one.high - one.low for one in hangs],
                left=[one.low for one in hangs],
                color=COLOURS["sky"],
            )
            total = energies[ROWS.index("settling physical")].total
            right.axvline(total, color=COLOURS["ink"], linewidth=0.8)
            right.invert_yaxis()
            set_log_axis(right.xaxis, hangs[0].low, hangs[0].high)
            right.xaxis.set_major_formatter(joules)
            right.set(title="settling physical: each ÷ 3 to × 3")
        handles, labels = grid[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=len(_PARTS), frameon=False)
        write_text(path, svg(figure))
