"""Attention maps: which tokens each token listens to, and what it reads out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.reports.blocks import Block, Evidence, Heading, Paragraph, Picture, Pictures, Section
from lohe.reports.detail import Detail, drawn
from lohe.reports.formatting import plain
from lohe.reports.resting import resting_state
from lohe.reports.subjects import Collection, Subject
from lohe.reports.svg import COLOURS, MAP_RGB, inline, new_figure
from lohe.reports.tokens import words

__all__ = ["Excerpt", "attention_weights", "draw_map", "excerpts", "section"]

Floats = NDArray[np.float64]

_MOST_ROWS = 64
_MOST_LABELS = 32


@dataclass(frozen=True)
class Excerpt:
    """The oscillators of one sequence and the keys that any of them sees."""

    rows: NDArray[np.int64]
    keys: NDArray[np.int64]
    visible: NDArray[np.bool_]
    sequence: int | None
    title: str
    row_labels: tuple[str, ...]
    key_labels: tuple[str, ...]


def section(collection: Collection, detail: Detail) -> Section:
    """Answer what each token attends to."""
    subjects = [
        s for s in drawn(collection, detail) if s.network and s.network.couplings is not None
    ]
    blocks: list[Block] = [
        Paragraph(
            "Each row is a token that asks, each column a token it can see. Couplings say how "
            "strongly the row’s oscillator is pulled by each anchor; weights say what it reads "
            "out once the network rests, max(0, 1 + ⟨x, r⟩)ᵖ divided by the row’s sum. The "
            "fuller the colour, the larger. The first map shown is of the sequence with the "
            "weakest drive.",
            Evidence.COMPUTED,
        )
    ]
    for subject in subjects:
        if resting_state(subject) is None:
            blocks.append(
                Paragraph(
                    f"Of {subject.name} only couplings are drawn: no state at rest was found that "
                    "weights could be read out from.",
                    note=True,
                )
            )
        for number, excerpt in enumerate(excerpts(subject, detail.sequences), start=1):
            title = excerpt.title if len(excerpt.title) <= 80 else f"{excerpt.title[:79]}…"
            blocks.append(Heading(f"{subject.name}, {title}" if title else subject.name))
            blocks.append(Pictures(_pictures(subject, excerpt, f"{subject.key}-map-{number}")))
    return Section(
        "attention",
        "Attention maps",
        "Which tokens does each token attend to?",
        blocks if subjects else (),
    )


def attention_weights(network: Network, rows: NDArray[np.int64], rest: Floats) -> Floats:
    """Weights a_ij of some oscillators at rest, (rows, T), 0 for keys they do not see.

    Parameters
    ----------
    network
        A network with couplings and anchors.
    rows : (m,) array of int
        Oscillators.
    rest : (m, d) array
        Where these rest. One that rests nowhere reads out as if x = 0.
    """
    assert network.couplings is not None
    assert network.anchors is not None
    raw = np.maximum(0.0, 1.0 + rest @ network.anchors.T) ** network.readout_exponent
    raw *= _visible(network, rows)
    total = raw.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(raw, total, out=np.zeros_like(raw), where=total > 0))


def excerpts(subject: Subject, number: int) -> tuple[Excerpt, ...]:
    """Choose sequences: the one with the weakest drive, then others spread over the input."""
    network = subject.network
    assert network is not None
    if number < 1:
        return ()
    if network.sequence is None:
        return (_excerpt(subject, np.arange(min(network.n, _MOST_ROWS)), None),)
    known = np.unique(network.sequence)
    worst = int(network.sequence[int(subject.drive_norms.argmin())])
    spread = known[np.linspace(0, known.size - 1, number).astype(np.int64)]
    chosen = list(dict.fromkeys([worst, *map(int, spread)]))[:number]
    return tuple(
        _excerpt(subject, np.flatnonzero(network.sequence == name), name) for name in chosen
    )


def _excerpt(subject: Subject, rows: NDArray[np.int64], sequence: int | None) -> Excerpt:
    network = subject.network
    assert network is not None
    rows = rows[:_MOST_ROWS]
    visible = _visible(network, rows)
    keys = np.flatnonzero(visible.any(axis=0))[:_MOST_ROWS]
    numbers = rows if sequence is None else np.arange(rows.size)
    shared, names = "", tuple(str(number) for number in numbers)
    if network.labels is not None:
        shared, names = words([subject.label(row) or "" for row in rows.tolist()])
    # Row k of a sequence is position k, and so is key k: they share their token.
    known = sequence is not None and network.labels is not None
    columns = [names[key] if known and key < len(names) else str(key) for key in keys]
    title = "" if sequence is None else f"sequence {sequence}"
    if known:
        title += f": {shared or ' '.join(names)}"
    return Excerpt(rows, keys, visible[:, keys], sequence, title, names, tuple(columns))


def _visible(network: Network, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    assert network.couplings is not None
    if network.visible is not None:
        return network.visible[rows]
    return network.couplings[rows] > 0


def _pictures(subject: Subject, excerpt: Excerpt, key: str) -> tuple[Picture, ...]:
    network = subject.network
    assert network is not None
    assert network.couplings is not None
    couplings = network.couplings[excerpt.rows][:, excerpt.keys]
    first = draw_map(excerpt, couplings, ("Couplings W", subject.name), f"{key}-coupling")
    state = resting_state(subject)
    if state is None:
        return (first,)
    weights = attention_weights(network, excerpt.rows, state[excerpt.rows])[:, excerpt.keys]
    return (
        first,
        draw_map(
            excerpt, weights, ("Attention weights a", subject.name), f"{key}-weight", by_row=True
        ),
    )


def draw_map(
    excerpt: Excerpt, values: Floats, names: tuple[str, str], key: str, *, by_row: bool = False
) -> Picture:
    """Draw values, rows by columns, as a map.

    Parameters
    ----------
    excerpt
        Labels of rows and columns, and which of the values there are.
    values : (rows, columns) array
        Not negative.
    names
        The picture's title, and what it is about.
    key
        Unique in the page.
    by_row : bool
        Whether each row is coloured up to its own largest value.
    """
    title, subject_name = names
    rows, columns = values.shape
    top = values.max(axis=-1 if by_row else None, keepdims=True)
    longest = max((len(_short(name)) for name in excerpt.row_labels), default=1)
    width = 3.9
    cell = (width - 0.35 - 0.075 * longest) / max(columns, 1)
    height = float(np.clip(cell * rows, 1.2, 3.3)) + 0.45 + 0.065 * longest
    figure, axes = new_figure(width, height)
    image = np.zeros((rows, columns, 4))
    image[..., :3] = MAP_RGB
    image[..., 3] = np.divide(values, top, out=np.zeros_like(values), where=top > 0)
    axes.imshow(image, interpolation="none", aspect="auto", extent=_extent(values))
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    axes.grid(visible=False)
    axes.tick_params(length=0)
    many = rows > _MOST_LABELS  # there rows are lower than letters
    _label(axes, "y", excerpt.row_labels, 0, _MOST_LABELS // 2 if many else _MOST_LABELS)
    _label(axes, "x", excerpt.key_labels, 45 if longest > 2 else 0)
    hidden = np.argwhere(~excerpt.visible)
    dotted = hidden.size > 0 and rows * columns <= _MOST_LABELS**2
    if dotted:
        axes.plot(hidden[:, 1], hidden[:, 0], ".", color=COLOURS["grid"], markersize=2.5)
    low, high = float(top.min()), float(top.max())
    words = f"From 0 (clear) to {plain(high)} (full colour)."
    if by_row:
        words = "Each row from 0 (clear) to its own largest weight (full colour)"
        words += f"; these run from {plain(low)} to {plain(high)}."
    if dotted:
        words += " A dot marks a key that the row does not see."
    best = np.unravel_index(int(values.argmax()), values.shape)
    alternative = (
        f"{rows} rows by {columns} columns. {words} The largest entry is “"
        f"{excerpt.row_labels[best[0]]}” to “{excerpt.key_labels[best[1]]}”."
    )
    return Picture(title, words, inline(figure, key, f"{title}, {subject_name}", alternative))


def _extent(values: Floats) -> tuple[float, float, float, float]:
    return -0.5, values.shape[1] - 0.5, values.shape[0] - 0.5, -0.5


def _label(
    axes: Axes, axis: str, names: tuple[str, ...], rotation: float, most: int = _MOST_LABELS
) -> None:
    numbers = all(name.isdigit() for name in names)
    step = -(-len(names) // (10 if numbers else most))
    places = range(0, len(names), step)
    rotation = 0 if numbers else rotation
    shown = [_short(names[place]) for place in places]
    getattr(axes, f"set_{axis}ticks")(list(places), shown, rotation=rotation)
    if rotation:
        axes.tick_params(axis="x", labelrotation=rotation)
        for text in axes.get_xticklabels():
            text.set(horizontalalignment="right", rotation_mode="anchor")


def _short(name: str) -> str:
    return name if len(name) <= 12 else f"{name[:11]}…"
