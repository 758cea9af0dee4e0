"""A study as a figure: every run, and the intervals of the means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lohe.commands.bench_contrast import CONFIDENCE
from lohe.commands.bench_curves_plot import has_curves, plot_curves
from lohe.commands.bench_gaps import NARROW, OSCILLATORS, SIZES
from lohe.commands.bench_study_compare import gaps, mean_score

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lohe.attention.studies.results import StudyResults
    from lohe.attention.studies.study import Study

__all__ = ["draw_study"]

_ROW, _MARGIN = 0.22, 1.0  # inches


def draw_study(study: Study, results: StudyResults, path: Path) -> None:
    """Draw an SVG file: a row for each arm that has run, gaps by size, or scores over calls.

    Dots are runs, bars the 95 % intervals of the means; a single run has none.

    Raises
    ------
    InputError
        If no run is finished, or the file cannot be written.
    """
    from lohe.commands.bench_plots import svg
    from lohe.dynamics.errors import InputError
    from lohe.dynamics.files import write_text
    from lohe.reports.svg import drawing_style

    if not any(results.of(arm.name) for arm in study.arms):
        raise InputError(f"no run of the study {study.name} is finished, so there is no figure")
    with drawing_style():
        if has_curves(study):
            figure = plot_curves(study, results)
        elif OSCILLATORS.sizes(study.name, results):
            figure = _gaps(study.name, results)
        else:
            figure = _arms(study, results)
        write_text(path, svg(figure))


def _arms(study: Study, results: StudyResults) -> Figure:
    from lohe.reports.svg import COLOURS, new_figure

    arms = [arm.name for arm in study.arms if results.of(arm.name)]
    scale = 100 if "accuracy" in study.metric else 1
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
    return figure


def _gaps(corpus: str, results: StudyResults) -> Figure:
    """Draw how far the sizes of each family are behind full softmax, and the fitted power laws."""
    from lohe.proofs_numeric.statistics.paired import mean_interval
    from lohe.reports.svg import COLOURS, add_legend, new_figure

    figure, axes = new_figure(5.2, 3.6)
    for family, colour in ((OSCILLATORS, COLOURS["blue"]), (NARROW, COLOURS["vermillion"])):
        sizes = family.sizes(corpus, results)
        for size in sizes:
            column = [row[0] for row in gaps(results, [family.pair(corpus, size)])]
            axes.plot([size] * len(column), column, "o", ms=3, alpha=0.4, mew=0, color=colour)
            mean = mean_interval(column, CONFIDENCE)
            if mean.count > 1:
                axes.vlines(size, mean.lower, mean.upper, color=colour, linewidth=2)
        if found := family.power_law(corpus, results):
            constant, exponent = (estimate.value for estimate in found)
            curve = [constant * size**-exponent for size in sizes]
            label = f"{family.name}: {constant:.3g} · size^−{exponent:.2g}"
            axes.plot(sizes, curve, color=colour, label=label)
    axes.set_xscale("log")
    axes.set_xticks(SIZES, [str(size) for size in SIZES])
    axes.minorticks_off()
    axes.set(xlabel="dimension, or width of queries", ylabel="perplexity above softmax")
    axes.axhline(0, color=COLOURS["muted"], linewidth=0.8)
    add_legend(figure)
    return figure
