"""Scores over epochs of models that are trained back, one line an instance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["draw_training"]


def draw_training(path: Path, document: dict[str, Any], gradients: Sequence[str]) -> None:
    """Draw a panel for each gradient, with the ideal model and those trained for any instance.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from lohe.commands.bench_plots import svg
    from lohe.dynamics.files import write_text
    from lohe.reports.svg import COLOURS, drawing_style, new_figure

    cases, devices = document["cases"], document["config"]["devices"]
    metric = next(iter(cases["ideal"]["scores"][0]))
    scale = 100 if "accuracy" in metric else 1
    ideal = scale * cases["ideal"]["validation"][0][metric]
    with drawing_style():
        figure, first = new_figure(0.6 + 2.7 * len(gradients), 2.7)
        first.remove()
        grid = figure.subplots(1, len(gradients), squeeze=False, sharey=True)[0]
        for axes, name in zip(grid, gradients, strict=True):
            axes.axhline(ideal, color=COLOURS["muted"], linewidth=0.8, label="ideal arrays")
            for k in range(devices):
                history = cases[f"{name} {k}"]["history"]
                scores = [cases["deployed"]["validation"][k][metric]]
                scores += [entry[f"validation_{metric}"] for entry in history]
                line = axes.plot(
                    range(len(scores)), [scale * score for score in scores], "o-", ms=3,
                    color=COLOURS["blue"], alpha=0.7,
                )[0]  # fmt: skip
                any_ = scale * cases["trained for any"]["validation"][k][metric]
                cross = axes.plot(len(scores) - 1, any_, "x", color=COLOURS["orange"])[0]
            line.set_label("trained back")
            cross.set_label("trained for any")
            axes.set(title=name, xlabel="epochs on the instance")
            axes.set_xticks(range(len(scores)))
        grid[0].set_ylabel("validation " + metric.replace("_", " ") + (", %" if scale > 1 else ""))
        grid[-1].legend(frameon=False, fontsize=8, loc="lower right")
        write_text(path, svg(figure))
