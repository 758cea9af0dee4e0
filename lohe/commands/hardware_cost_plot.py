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
    from lohe.commands.bench_plots import svg
    from lohe.dynamics.files import write_text
    from lohe.hardware.cost import ROWS, energy_of_token, sensitivities
    from lohe.reports.svg import COLOURS, drawing_style, new_figure

    with drawing_style():
        figure, first = new_figure(9.0, 0.6 + _PANEL * len(cases))
        first.remove()
        grid = figure.subplots(len(cases), 2, squeeze=False)
        for (name, shape, assumed), (left, right) in zip(cases, grid, strict=True):
            energies = [energy_of_token(shape, row, assumed, coupling=coupling) for row in ROWS]
            before = [0.0] * len(ROWS)
            for part, colour in _PARTS:
                widths = [getattr(energy, part) for energy in energies]
                left.barh(ROWS, widths, left=before, color=COLOURS[colour], label=part)
                before = [a + b for a, b in zip(before, widths, strict=True)]
            left.invert_yaxis()
            left.set(title=f"{name}: joules a token")
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
            right.set(xscale="log", title="settling physical, each assumption ÷ 3 to × 3")
        grid[0][0].legend(frameon=False, fontsize=8)
        write_text(path, svg(figure))
