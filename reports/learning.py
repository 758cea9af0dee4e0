"""Training results: how well each mechanism learns, seed by seed."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, TypeGuard

from matplotlib.ticker import MaxNLocator

from lohe.attention.results import TrainingRun
from lohe.reports.blocks import Block, Cell, Heading, Paragraph, Picture, Pictures, Section, Table
from lohe.reports.detail import Detail
from lohe.reports.formatting import plain, plural, printable
from lohe.reports.subjects import Collection
from lohe.reports.svg import COLOURS, add_legend, inline, new_figure

__all__ = ["section", "variants"]

Runs = Sequence[TrainingRun]

_COLOURS = ("blue", "vermillion", "green", "purple", "orange", "sky")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (2, 1.2)), (0, (7, 1.5, 1.5, 1.5)))


def section(collection: Collection, detail: Detail) -> Section:
    """Answer how well the models learned."""
    runs = [run for run, _ in collection.training]
    blocks: list[Block] = [
        Paragraph(
            "Means are over seeds, with the standard deviation of one run and, below, the range "
            "from the smallest to the largest. Differences between seeds are part of the result: "
            "compare means only against the spread beside them."
        )
    ]
    for place, (task, group) in enumerate(groupby(runs, key=lambda run: str(run.task)), start=1):
        kinds = variants(list(group))
        blocks += [Heading(task), _means(task, kinds)]
        if detail.heads:
            picture = _curves(task, kinds, f"training-{place}")
            blocks += [Pictures((picture,))] if picture else []
        blocks.append(_runs(task, kinds))
    return Section("training", "Training", "How well did the models learn?", blocks if runs else ())


def variants(runs: Runs) -> dict[str, list[TrainingRun]]:
    """Group runs that differ in nothing but the seed, named by the mechanism and what differs."""
    found: dict[str, list[TrainingRun]] = {}
    for mechanism, group in groupby(runs, key=lambda run: str(run.mechanism)):
        same = list(group)
        settings = [_flat(run.config) for run in same]
        varied = [
            name
            for name in sorted({name for setting in settings for name in setting})
            if len({setting.get(name) for setting in settings}) > 1
        ]
        for run, setting in zip(same, settings, strict=True):
            parts = [f"{name} {setting.get(name, 'unset')}" for name in varied]
            found.setdefault(printable(", ".join([mechanism, *parts])), []).append(run)
    return found


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name} ")
        else:
            found[f"{prefix}{name}"] = value if isinstance(value, str) else json.dumps(value)
    return found


def _metrics(kinds: Mapping[str, Runs]) -> list[str]:
    """Name the metrics that are numbers in at least one run."""
    return sorted(
        {
            name
            for runs in kinds.values()
            for run in runs
            for name, value in run.metrics.items()
            if _is_number(value)
        }
    )


def _means(task: str, kinds: Mapping[str, Runs]) -> Table:
    metrics = _metrics(kinds)
    rows = tuple(
        (
            Cell(name),
            Cell(str(len(runs)), len(runs)),
            *(_mean([run.metrics.get(metric) for run in runs]) for metric in metrics),
        )
        for name, runs in kinds.items()
    )
    return Table(
        f"{task}: mean over seeds",
        ("Mechanism", "Seeds", *map(_words, metrics)),
        rows,
        frozenset(range(1, 2 + len(metrics))),
    )


def _mean(found: Sequence[object]) -> Cell:
    values = [float(value) for value in found if _is_number(value)]
    if not values:
        return Cell("—")
    mean = statistics.fmean(values)
    text = plain(mean, 4, trim=False)
    if len(values) > 1:
        spread = plain(statistics.stdev(values), 2, trim=False)
        low, high = (plain(edge(values), 4, trim=False) for edge in (min, max))
        text += f" ± {spread}\n{low} to {high}"
    return Cell(text, mean)


def _runs(task: str, kinds: Mapping[str, Runs]) -> Table:
    metrics = _metrics(kinds)
    rows = tuple(
        (
            Cell(name),
            _cell(run.seed),
            *(_cell(run.metrics.get(metric)) for metric in metrics),
            Cell(plain(run.wall_s), float(run.wall_s)) if _is_number(run.wall_s) else Cell("—"),
        )
        for name, runs in kinds.items()
        for run in runs
    )
    return Table(
        f"{task}: every run",
        ("Mechanism", "Seed", *map(_words, metrics), "Seconds"),
        rows,
        frozenset(range(1, 3 + len(metrics))),
    )


def _curves(task: str, kinds: Mapping[str, Runs], key: str) -> Picture | None:
    metric = _validation_metric(kinds)
    if metric is None:
        return None
    figure, axes = new_figure()
    for place, (name, runs) in enumerate(kinds.items()):
        label = f"{name} ({plural(len(runs), 'seed')})"
        for run in runs:
            points = [
                (float(entry.get("epoch", k)), float(entry[metric]))
                for k, entry in enumerate(run.history, start=1)
                if _is_number(entry.get(metric)) and _is_number(entry.get("epoch", k))
            ]
            if points:
                axes.plot(
                    *zip(*points, strict=True),
                    color=COLOURS[_COLOURS[place % len(_COLOURS)]],
                    linestyle=_DASHES[place % len(_DASHES)],
                    linewidth=1.4,
                    marker="o" if len(points) == 1 else None,
                    label=label,
                )
                label = "_"  # one entry in the legend for all seeds
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="epoch", ylabel=_words(metric))
    add_legend(figure)
    title = f"Learning curves, {task}"
    words = f"{_words(metric)} after each epoch, one line a seed."
    return Picture("Learning curves", words, inline(figure, key, title, words))


def _validation_metric(kinds: Mapping[str, Runs]) -> str | None:
    """Choose the accuracy on held-out data if there is one, else any validation metric."""
    names = sorted(
        {
            name
            for runs in kinds.values()
            for run in runs
            for entry in run.history
            for name, value in entry.items()
            if name != "epoch" and _is_number(value)
        }
    )
    held_out = [name for name in names if name.startswith("val")] or names
    accuracy = [name for name in held_out if "acc" in name]
    return next(iter(accuracy or held_out), None)


def _cell(value: object) -> Cell:
    if not _is_number(value):
        return Cell("—" if value is None else str(value))
    text = str(value) if isinstance(value, int) else plain(value, 4, trim=False)
    return Cell(text, float(value))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _words(name: str) -> str:
    text = printable(name.replace("_", " "))
    return text[:1].upper() + text[1:]
