"""Training results: how well each mechanism learns, seed by seed."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, TypeGuard

from matplotlib.ticker import MaxNLocator

from lohe.reports.blocks import Block, Cell, Heading, Paragraph, Picture, Pictures, Section, Table
from lohe.reports.detail import Detail
from lohe.reports.formatting import plain, plural, printable
from lohe.reports.subjects import Collection
from lohe.reports.svg import COLOURS, add_legend, inline, new_figure, slug

__all__ = ["section"]

Record = Mapping[str, Any]

_COLOURS = ("blue", "vermillion", "green", "purple", "orange", "sky")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (2, 1.2)), (0, (7, 1.5, 1.5, 1.5)))


def section(collection: Collection, detail: Detail) -> Section:
    """Answer how well the models learned."""
    records = [record for record, _ in collection.training]
    blocks: list[Block] = [
        Paragraph(
            "Each row is one complete training run. Differences between seeds are part of the "
            "result: compare means only against the spread beside them."
        )
    ]
    for task, group in groupby(records, key=lambda record: str(record.get("task", "task"))):
        runs = list(group)
        blocks.append(Heading(task))
        blocks.append(_means(task, runs))
        if detail.heads:
            picture = _curves(task, runs)
            blocks += [Pictures((picture,))] if picture else []
        blocks.append(_runs(task, runs))
    return Section(
        "training", "Training", "How well did the models learn?", blocks if records else ()
    )


def _mechanisms(runs: Sequence[Record]) -> list[tuple[str, list[Record]]]:
    return [
        (printable(name), list(group))
        for name, group in groupby(runs, key=lambda record: str(record.get("mechanism", "")))
    ]


def _numbers(runs: Sequence[Record]) -> list[str]:
    """Name the metrics that are numbers in at least one run."""
    return sorted(
        {
            name
            for run in runs
            for name, value in (run.get("metrics") or {}).items()
            if _is_number(value)
        }
    )


def _means(task: str, runs: Sequence[Record]) -> Table:
    metrics = _numbers(runs)
    rows = []
    for mechanism, group in _mechanisms(runs):
        row = [Cell(mechanism), Cell(str(len(group)), len(group))]
        for metric in metrics:
            values = [
                float(run["metrics"][metric])
                for run in group
                if _is_number(run["metrics"].get(metric))
            ]
            if not values:
                row.append(Cell("—"))
                continue
            mean = statistics.fmean(values)
            text = plain(mean, 4, trim=False)
            if len(values) > 1:
                text += f" ± {plain(statistics.stdev(values), 2, trim=False)}"
            row.append(Cell(text, mean))
        rows.append(tuple(row))
    return Table(
        f"{task}: mean over seeds ± standard deviation of one run",
        ("Mechanism", "Seeds", *map(_words, metrics)),
        tuple(rows),
        frozenset(range(1, 2 + len(metrics))),
    )


def _runs(task: str, runs: Sequence[Record]) -> Table:
    metrics = _numbers(runs)
    rows = tuple(
        (
            Cell(str(run.get("mechanism", ""))),
            _cell(run.get("seed")),
            *(_cell((run.get("metrics") or {}).get(metric)) for metric in metrics),
            _seconds(run.get("wall_s")),
        )
        for run in runs
    )
    return Table(
        f"{task}: every run",
        ("Mechanism", "Seed", *map(_words, metrics), "Seconds"),
        rows,
        frozenset(range(1, 3 + len(metrics))),
    )


def _curves(task: str, runs: Sequence[Record]) -> Picture | None:
    metric = _validation_metric(runs)
    if metric is None:
        return None
    figure, axes = new_figure(4.9, 3.2)
    for place, (mechanism, group) in enumerate(_mechanisms(runs)):
        for number, run in enumerate(group):
            points = [
                (entry.get("epoch", k), float(entry[metric]))
                for k, entry in enumerate(run.get("history") or [], start=1)
                if _is_number(entry.get(metric))
            ]
            if points:
                axes.plot(
                    *zip(*points, strict=True),
                    color=COLOURS[_COLOURS[place % len(_COLOURS)]],
                    linestyle=_DASHES[place % len(_DASHES)],
                    linewidth=1.4,
                    marker="o" if len(points) == 1 else None,
                    label="_" if number else f"{mechanism} ({plural(len(group), 'seed')})",
                )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="epoch", ylabel=_words(metric))
    add_legend(figure, 2)
    title = f"Learning curves, {task}"
    words = f"{_words(metric).capitalize()} after each epoch, one line a seed."
    return Picture("Learning curves", words, inline(figure, f"curve-{slug(task)}", title, words))


def _validation_metric(runs: Sequence[Record]) -> str | None:
    """Choose the accuracy on held-out data if there is one, else any validation metric."""
    names = sorted(
        {
            name
            for run in runs
            for entry in run.get("history") or []
            for name, value in entry.items()
            if name != "epoch" and _is_number(value)
        }
    )
    held_out = [name for name in names if name.startswith("val")] or names
    accuracy = [name for name in held_out if "acc" in name]
    return next(iter(accuracy or held_out), None)


def _cell(value: object) -> Cell:
    if value is None:
        return Cell("—")
    if isinstance(value, int) and not isinstance(value, bool):
        return Cell(str(value), float(value))
    if isinstance(value, float):
        return Cell(plain(value, 4, trim=False), value)
    return Cell(str(value))


def _seconds(value: object) -> Cell:
    return Cell(plain(float(value), 3), float(value)) if _is_number(value) else Cell("—")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _words(name: str) -> str:
    return name.replace("_", " ")
