"""Scores over epochs of models that are trained on a device, one line an instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from lohe.reports.fault_grid import primary_metric
from lohe.reports.svg import COLOURS, new_figure

__all__ = ["ALONE", "gradients_of", "scores_by_way", "training_back_figure", "training_curves"]

ALONE = ("ideal", "ideal, trained on", "deployed", "trained for any")
"""The cases of a file that are not of one instance and one gradient."""

Document = Mapping[str, Any]


def gradients_of(document: Document) -> list[str]:
    """Return the gradients by which models were trained back, in order."""
    found = (case.rpartition(" ")[0] for case in document["cases"] if case not in ALONE)
    return list(dict.fromkeys(found))


def scores_by_way(document: Document) -> dict[str, Sequence[Mapping[str, float]]]:
    """Return the test scores of all instances by what was done."""
    cases, instances = document["cases"], range(document["config"]["devices"])
    return {name: cases[name]["scores"] for name in ALONE} | {
        f"trained back, {name}": [cases[f"{name} {k}"]["scores"][0] for k in instances]
        for name in gradients_of(document)
    }


def training_curves(document: Document) -> dict[str, list[list[float]]]:
    """Return by gradient, for every instance, the validation scores before and over its epochs."""
    cases, metric = document["cases"], primary_metric(document)
    for way in scores_by_way(document).values():
        for scores in way:
            float(scores[metric])
    return {
        name: [
            [
                float(cases["deployed"]["validation"][k][metric]),
                *(float(e[f"validation_{metric}"]) for e in cases[f"{name} {k}"]["history"]),
            ]
            for k in range(document["config"]["devices"])
        ]
        for name in gradients_of(document)
    }


def training_back_figure(document: Document) -> Figure:
    """Draw a panel for each gradient, with the ideal model and those trained for any instance."""
    cases, metric = document["cases"], primary_metric(document)
    curves = training_curves(document)
    scale = 100 if "accuracy" in metric else 1
    figure, first = new_figure(max(6.0, 0.8 + 2.7 * len(curves)), 3.0)
    first.remove()
    grid = figure.subplots(1, len(curves), squeeze=False, sharey=True)[0]
    for axes, (name, instances) in zip(grid, curves.items(), strict=True):
        ideal = scale * cases["ideal"]["validation"][0][metric]
        axes.axhline(ideal, color=COLOURS["muted"], linewidth=0.8, label="ideal arrays")
        for k, scores in enumerate(instances):
            aware = scale * cases["trained for any"]["validation"][k][metric]
            axes.plot(
                range(len(scores)), [scale * score for score in scores], "o-", ms=3, alpha=0.7,
                color=COLOURS["blue"], label="trained back" if k == 0 else None,
            )  # fmt: skip
            axes.plot(
                len(scores) - 1, aware, "x", color=COLOURS["orange"],
                label="trained for any" if k == 0 else None,
            )  # fmt: skip
            axes.set_xticks(range(len(scores)))
        axes.set(title=name, xlabel="epochs on the instance")
    grid[0].set_ylabel("validation " + metric.replace("_", " ") + (", %" if scale > 1 else ""))
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
    return figure
