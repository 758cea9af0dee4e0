"""The arms of a study as a figure: every run, and the interval of the mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lohe.commands.bench_study_compare import mean_score

if TYPE_CHECKING:
    from lohe.attention.studies.results import StudyResults
    from lohe.attention.studies.study import Study

__all__ = ["draw_study"]

_ROW, _MARGIN = 0.22, 1.0  # inches


def draw_study(study: Study, results: StudyResults, path: Path) -> None:
    """Draw an SVG file with a row for each arm that has run.

    Dots are runs, bars the 95 % intervals of the means; a single run has none.

    Raises
    ------
    InputError
        If no run is finished, or the file cannot be written.
    """
    from lohe.commands.bench_plots import svg
    from lohe.dynamics.errors import InputError
    from lohe.dynamics.files import write_text
    from lohe.reports.svg import COLOURS, drawing_style, new_figure

    arms = [arm.name for arm in study.arms if results.of(arm.name)]
    if not arms:
        raise InputError(f"no run of the study {study.name} is finished, so there is no figure")
    scale = 100 if "accuracy" in study.metric else 1
    with drawing_style():
        figure, axes = new_figure(6.4, _MARGIN + _ROW * len(arms))
        for row, arm in enumerate(arms):
            colour = COLOURS["vermillion" if "softmax" in arm else "blue"]
            values = [scale * value for value in results.of(arm).values()]
            axes.plot(values, [row] * len(values), "o", ms=3, alpha=0.4, mew=0, color=colour)
            mean = mean_score(results, arm)
            if mean is not None and mean.count > 1:
                axes.hlines(row, scale * mean.lower, scale * mean.upper, color=colour, linewidth=2)
                axes.plot([scale * mean.value], [row], "|", ms=9, mew=2, color=colour)
        axes.set(xlabel=study.metric.replace("_", " ") + (", %" if scale > 1 else ""))
        axes.set_yticks(range(len(arms)), arms)
        axes.set_ylim(len(arms) - 0.5, -0.5)
        write_text(path, svg(figure))
