"""Validation scores over the calls of the force, a panel for each family of kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lohe.commands.bench_curves import curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lohe.attention.studies.results import StudyResults
    from lohe.attention.studies.study import Study

__all__ = ["has_curves", "plot_curves"]

_LINES = ("-", "--", ":")


def has_curves(study: Study) -> bool:
    """Return whether the study compares schemes of accelerated attention."""
    return all("scheme" in arm.options for arm in study.arms)


def plot_curves(study: Study, results: StudyResults) -> Figure:
    """Draw the mean over seeds of every arm that has run."""
    from lohe.attention.studies.accelerated_settings import EPOCHS, STEPS
    from lohe.reports.svg import COLOURS, new_figure, set_log_axis

    names = [name for name in COLOURS if name != "grid"]
    families = list(dict.fromkeys(arm.options["family"] for arm in study.arms))
    figure, first = new_figure(9.6, 4.6)
    first.remove()
    for column, (family, axes) in enumerate(
        zip(families, figure.subplots(1, len(families), sharey=True), strict=True)
    ):
        arms = [arm for arm in study.arms if arm.options["family"] == family]
        styles = ((line, colour) for line in _LINES for colour in names)
        for arm, (line, colour) in zip(arms, styles, strict=False):
            runs = [curve(results, arm.name, run) for run in results.finished(arm.name).values()]
            if not runs:
                continue
            calls = [STEPS * at for at, _ in runs[0]]
            columns = zip(*runs, strict=True)  # arms of one study have histories of one length
            means = [sum(score for _, score in column) / len(runs) for column in columns]
            label = arm.name.removeprefix(f"{family}-").replace("_", " ")
            axes.plot(calls, means, line, color=COLOURS[colour], label=label)
        axes.set(xlabel="calls of the force in a layer", title=f"{family} attention")
        set_log_axis(axes.xaxis, STEPS, EPOCHS * STEPS)
        set_log_axis(axes.yaxis, 1, 100)
        if column == 0:
            axes.set_ylabel("validation perplexity")
        axes.legend(frameon=False, fontsize=8)
    return figure
