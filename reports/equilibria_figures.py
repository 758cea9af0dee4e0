"""Enclosed equilibria (T8): where the network can rest, and which of these are stable."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.proofs_numeric.equilibria.chart import to_points
from lohe.reports.blocks import (
    Block,
    Cell,
    Evidence,
    Heading,
    Paragraph,
    Picture,
    Pictures,
    Section,
    Table,
)
from lohe.reports.detail import Detail
from lohe.reports.formatting import count, lower, plural, upper
from lohe.reports.subjects import Collection, Subject
from lohe.reports.svg import COLOURS, inline

__all__ = ["listed", "runs", "section", "together"]

Floats = NDArray[np.float64]

_CIRCLES, _COLUMNS = 12, 3
_ROWS = 40
_CLOSE = 0.1  # radians within which dots would hide each other
_JOINED, _LABELLED, _RUNS = 60, 16, 3


def section(collection: Collection, detail: Detail) -> Section:
    """Answer where the network can rest."""
    blocks: list[Block] = []
    for place, subject in enumerate(collection.subjects):
        found = listed(subject)
        if found is None:
            continue
        boxes, complete = found
        stable = sum(box["unstable"] == 0 for box in boxes)
        blocks.append(Heading(subject.name))
        whole = "These are all there are." if complete else "There may be more."
        blocks.append(
            Paragraph(
                f"{count(len(boxes))} enclosed, of which stable: {count(stable)}. {whole}",
                Evidence.PROVED,
            )
        )
        if place < detail.heads and subject.size is not None and subject.size[1] == 2:
            blocks.append(Pictures((_circles(subject, boxes),)))
        blocks.append(_table(boxes))
    intro = Paragraph(
        "An equilibrium is a state of the whole network that stays as it is. Each one here is "
        "proved to be the only one in its box, and so is the number of directions in which it is "
        "unstable: with none it attracts all starts near it, with any it is left by almost all. "
        "A network with several stable ones ends where its start decides."
    )
    return Section(
        "equilibria",
        "Resting points",
        "Where can the network rest, and which resting points are stable?",
        [intro, *blocks] if blocks else (),
    )


def listed(subject: Subject) -> tuple[tuple[Mapping[str, Any], ...], bool] | None:
    """Return the enclosed equilibria, stable ones first, and whether they are all there are."""
    claims: list[Claim] = [
        claim
        for certificate in subject.certificates
        for claim in certificate.claims.values()
        if claim.verdict is not Verdict.UNDECIDED and claim.witness.get("equilibria")
    ]
    if not claims:
        return None
    best = max(
        claims, key=lambda c: (c.witness.get("tree") is not None, len(c.witness["equilibria"]))
    )
    if not all(_fits(box, subject) for box in best.witness["equilibria"]):
        raise InputError(
            f"the equilibria in the certificate of {subject.name} do not fit its size; certify "
            "again"
        )
    boxes = sorted(best.witness["equilibria"], key=lambda box: int(box["unstable"]))
    return tuple(boxes), best.witness.get("tree") is not None


def _fits(box: Mapping[str, Any], subject: Subject) -> bool:
    if subject.size is None:
        return False
    n, d = subject.size
    shape = np.shape(np.asarray(box["coordinates"]))
    return len(box["charts"]) == n and set(box["charts"]) <= {0, 1} and shape[1:] == (n, d - 1)


def _table(boxes: tuple[Mapping[str, Any], ...]) -> Table:
    rows = []
    for number, box in enumerate(boxes[:_ROWS], start=1):
        stable, abscissa = box["unstable"] == 0, float(box["abscissa_upper"])
        rows.append(
            (
                Cell(str(number), number),
                Cell("stable" if stable else "unstable"),
                Cell(str(box["unstable"]), box["unstable"]),
                Cell(lower(-abscissa) if stable else "—", -abscissa if stable else None),
                Cell(upper(box["inner"]), box["inner"]),
            )
        )
    caption = "Enclosed equilibria"
    if len(boxes) > _ROWS:
        caption += f", the first {_ROWS} of {count(len(boxes))}"
    columns = ("Number", "Kind", "Unstable directions", "Settles at a rate of at least", "Radius")
    return Table(caption, columns, tuple(rows), frozenset({0, 2, 3, 4}))


def _circles(subject: Subject, boxes: tuple[Mapping[str, Any], ...]) -> Picture:
    shown = boxes[:_CIRCLES]
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(4.2, 1.62 * rows * 3 / columns), layout="constrained")
    FigureCanvasSVG(figure)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for number, (axes, box) in enumerate(zip(grid, shown, strict=False), start=1):
        points = to_points(np.asarray(box["charts"]), np.asarray(box["coordinates"]))
        _circle(axes, subject, points, stable=box["unstable"] == 0)
        word = "stable" if box["unstable"] == 0 else f"unstable: {box['unstable']}"
        axes.set_title(f"{number}, {word}", fontsize=9.6, pad=2)
    for axes in grid[len(shown) :]:
        axes.set_visible(False)
    stable = sum(box["unstable"] == 0 for box in boxes)
    n = len(boxes[0]["charts"])
    words = (
        f"{plural(len(boxes), 'equilibrium').replace('equilibriums', 'equilibria')} of "
        f"{plural(n, 'oscillator')}, {count(stable)} stable. One circle for each: a dot is where "
        "the oscillators with the numbers beside it rest, filled if the equilibrium is stable, "
        "hollow if not; then the number of unstable directions is written above."
    )
    if subject.network is not None:
        words += " Arrows: directions of the drives."
    if len(boxes) > len(shown):
        words += f" Drawn: {len(shown)} of {count(len(boxes))}."
    if 2 < n <= _JOINED:
        words += " Thin lines join the oscillators in the order of their numbers."
    title = "Where do the oscillators rest?"
    drawing = inline(figure, f"{subject.key}-equilibria", f"{title} {subject.name}", words)
    return Picture(title, words, drawing)


def _circle(axes: Axes, subject: Subject, points: Floats, *, stable: bool) -> None:
    axes.set_aspect("equal")
    axes.axis("off")
    turn = np.linspace(0, 2 * np.pi, 73)
    axes.plot(np.cos(turn), np.sin(turn), color=COLOURS["muted"], linewidth=0.8)
    if subject.network is not None:
        drives = subject.network.drive
        norms = subject.drive_norms
        for place in np.argsort(-norms, kind="stable")[:12]:
            if norms[place] > 0:
                tip = 0.7 * drives[place] / norms[place]
                axes.annotate(
                    "",
                    tip,
                    (0, 0),
                    arrowprops={
                        "arrowstyle": "-|>",
                        "color": COLOURS["muted"],
                        "linewidth": 1,
                        "shrinkA": 0,
                        "shrinkB": 0,
                        "mutation_scale": 7,
                    },
                )
    angles = np.arctan2(points[:, 1], points[:, 0])
    if 2 < angles.size <= _JOINED:
        axes.plot(*points.T, color=COLOURS["sky"], linewidth=0.8, alpha=0.8)
    groups = together(angles)
    colour = COLOURS["blue" if stable else "vermillion"]
    for angle, members in groups:
        place = np.array([np.cos(angle), np.sin(angle)])
        axes.plot(
            *place,
            "o",
            color=colour,
            markerfacecolor=colour if stable else "none",
            markeredgewidth=1.3,
            markersize=5.5,
            zorder=3,
        )
        if len(groups) <= _LABELLED:
            axes.annotate(
                runs(members),
                (1.1 * math.cos(angle), 1.1 * math.sin(angle)),
                fontsize=8.6,
                ha=("right", "center", "left")[int(np.sign(round(place[0], 1))) + 1],
                va=("top", "center", "bottom")[int(np.sign(round(place[1], 1))) + 1],
            )
    axes.set(xlim=(-1.45, 1.45), ylim=(-1.4, 1.4))


def together(angles: Floats) -> list[tuple[float, tuple[int, ...]]]:
    """Group oscillators whose dots would hide each other: (angle, numbers) of each group.

    Examples
    --------
    >>> [numbers for _, numbers in together(np.array([0.0, 1.0, 6.28]))]
    [(0, 2), (1,)]
    """
    groups: list[tuple[float, list[int]]] = []
    for place, angle in enumerate(angles.tolist()):
        near = [g for g in groups if abs(np.angle(np.exp(1j * (g[0] - angle)))) < _CLOSE]
        if near:
            near[0][1].append(place)
        else:
            groups.append((angle, [place]))
    return [(angle, tuple(members)) for angle, members in groups]


def runs(numbers: tuple[int, ...]) -> str:
    """Write increasing numbers briefly; many that do not follow each other are only counted.

    Examples
    --------
    >>> runs((0, 1, 2, 5)), runs((0, 2, 4, 6, 8))
    ('0–2, 5', '5 of them')
    """
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    if len(parts) > _RUNS:
        return f"{len(numbers)} of them"
    dash = "\N{EN DASH}"
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}{dash}{p[-1]}" for p in parts)
