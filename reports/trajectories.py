"""Trajectories: what settling looks like, from good starts and from bad ones."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.claims import Verdict
from lohe.reports.blocks import (
    Block,
    Evidence,
    Heading,
    Paragraph,
    Picture,
    Pictures,
    Playable,
    Section,
)
from lohe.reports.bundles import Bundle, bundle, chosen
from lohe.reports.detail import Detail, drawn
from lohe.reports.formatting import plain, upper
from lohe.reports.playable import playable
from lohe.reports.subjects import Collection, Subject
from lohe.reports.svg import COLOURS, add_legend, inline, new_figure
from lohe.reports.tokens import token

__all__ = ["section"]

Floats = NDArray[np.float64]

_COLOURS = ("vermillion", "orange", "blue", "green")
_DASHES: tuple[tuple[float, tuple[float, ...] | None], ...] = (
    (0, None),
    (0, (6, 1.5)),
    (0, (2.5, 1.2)),
    (0, (7, 1.5, 1.5, 1.5)),
)


def section(collection: Collection, detail: Detail) -> Section:
    """Answer what the motion looks like."""
    subjects = [s for s in drawn(collection, detail) if s.kind == "alone"]
    others = [s.name for s in drawn(collection, detail) if s.kind != "alone"]
    blocks: list[Block] = [
        Paragraph(
            "The exact flow of T1 from four starts, from lucky to unlucky. The resting point is "
            "the direction of the drive; the only start that never gets there is its exact "
            "opposite, and a start close to that takes a while to leave. Shown are a typical "
            "oscillator and the slowest one.",
            Evidence.COMPUTED,
        )
    ]
    for subject in subjects:
        network = subject.network
        assert network is not None
        blocks.append(Heading(subject.name))
        pictures: list[Picture] = []
        oscillators: list[dict[str, Any]] = []
        for word, oscillator in chosen(subject):
            made = bundle(subject, oscillator)
            key = f"{subject.key}-{word}"
            oscillators.append(playable(subject, oscillator, _name(subject, made, word)))
            if network.d in (2, 3):
                pictures.append(_orbit(subject, made, word, f"{key}-orbit"))
            pictures.append(_approach(subject, made, word, f"{key}-approach"))
        if not pictures:
            blocks.append(
                Paragraph("Not drawn: no oscillator has a drive, so none moves.", note=True)
            )
            continue
        blocks += [Pictures(tuple(pictures)), _to_play(network.d, oscillators)]
    if others:
        blocks.append(
            Paragraph(
                f"Not drawn: {', '.join(others)}. These oscillators have crosstalk or frequencies "
                "of their own, and the exact flow of T1 is for oscillators that settle alone.",
                note=True,
            )
        )
    return Section(
        "trajectories", "Trajectories", "What does settling look like?", blocks if subjects else ()
    )


def _to_play(d: int, oscillators: list[dict[str, Any]]) -> Playable:
    """Return the view in which readers start the drawn oscillators where they like."""
    where = {2: "on the circle", 3: "on the sphere"}.get(
        d, "in the plane of the drive and of the direction across it where anchors spread most"
    )
    return Playable(
        "Where does it settle from here?",
        f"The exact flow of T1 {where}: drag the start, or move the sliders. ★ resting point, × "
        "its opposite, small dots: anchors. Bars: attention weights of the keys by their "
        "number from 1, read out at this moment, the largest at full height.",
        json.dumps(oscillators, separators=(",", ":")),
    )


def _orbit(subject: Subject, made: Bundle, word: str, key: str) -> Picture:
    network = subject.network
    assert network is not None
    figure, axes = new_figure(3.6, 3.6)
    axes.set_aspect("equal")
    axes.axis("off")
    circle = np.linspace(0, 2 * np.pi, 121)
    axes.plot(np.cos(circle), np.sin(circle), color=COLOURS["muted"], linewidth=1)
    view = np.eye(2) if network.d == 2 else _view(network.drive[made.oscillator])
    if network.d == 3:
        _graticule(axes, view)
        axes.set(xlim=(-1.12, 1.12), ylim=(-1.12, 1.12))
    else:
        axes.set(xlim=(-1.42, 1.42), ylim=(-1.42, 1.42))
    length = _anchors(axes, network, made.oscillator, view)
    for place, track in enumerate(made.states):
        colour = COLOURS[_COLOURS[place]]
        # On a circle the tracks would hide each other: each gets a radius of its own.
        scale = 1.09 + 0.08 * place if network.d == 2 else 1.0
        points = scale * track @ view.T
        shown = points[:, :2]
        if network.d == 3:
            behind = np.where((points[:, 2] < 0)[:, np.newaxis], shown, np.nan)
            axes.plot(*behind.T, color=colour, linewidth=1, alpha=0.45)
            shown = np.where((points[:, 2] >= 0)[:, np.newaxis], shown, np.nan)
        axes.plot(*shown.T, color=colour, linewidth=2)
        axes.plot(*points[0, :2], "o", color=colour, markersize=5)
    toward = network.drive[made.oscillator] / subject.drive_norms[made.oscillator]
    tip = toward @ view.T
    axes.annotate(
        "",
        length * tip[:2],
        (0, 0),
        arrowprops={"arrowstyle": "-|>", "color": COLOURS["ink"], "linewidth": 1.6, "shrinkB": 0},
    )
    axes.plot(*tip[:2], "*", color=COLOURS["ink"], markersize=11)
    axes.plot(*-tip[:2], "x", color=COLOURS["ink"], markersize=7, markeredgewidth=1.6)
    surface = "circle" if network.d == 2 else "sphere"
    words = (
        "★ resting point, × its opposite, ◆ anchors (the larger, the stronger coupled), "
        + ("arrow: drive, as long as the coherence ρ; " if network.couplings is not None else "")
        + "dots: starts, coloured as in the picture of the approach."
        + (" Tracks are drawn side by side outside the circle." if network.d == 2 else "")
        + (" Thin: behind the sphere." if network.d == 3 else "")
    )
    title = f"{_name(subject, made, word)} on the {surface}"
    return Picture(
        title, words, inline(figure, key, f"{title}, {subject.name}", words), narrow=True
    )


def _anchors(axes: Axes, network: Network, oscillator: int, view: Floats) -> float:
    """Draw the anchors; return the length of the drive's arrow."""
    if network.couplings is None or network.anchors is None:
        return 0.93
    coupling = network.couplings[oscillator]
    heard = coupling > 0
    points = network.anchors[heard] @ view.T
    area = 12 + 70 * coupling[heard] / coupling.max()
    axes.scatter(
        points[:, 0],
        points[:, 1],
        s=area,
        marker="D",
        color=COLOURS["sky"],
        edgecolor=COLOURS["ink"],
        linewidth=0.7,
        zorder=3,
    )
    total = float(coupling.sum())
    return float(np.clip(np.linalg.norm(network.drive[oscillator]) / total, 0.05, 0.95))


def _view(drive: Floats) -> Floats:
    """Rows: right, up and towards the reader, (3, 3), so that the drive points up and forward."""
    toward = drive / np.linalg.norm(drive)
    _, _, frame = np.linalg.svd(toward[np.newaxis])
    angle = math.radians(50)
    reader = math.cos(angle) * toward + math.sin(angle) * frame[1]
    up = math.sin(angle) * toward - math.cos(angle) * frame[1]
    return np.stack([frame[2], up, reader])


def _graticule(axes: Axes, view: Floats) -> None:
    turn = np.linspace(0, 2 * np.pi, 73)
    for axis in np.eye(3):
        _, _, frame = np.linalg.svd(axis[np.newaxis])
        ring = np.outer(np.cos(turn), frame[1]) + np.outer(np.sin(turn), frame[2])
        points = ring @ view.T
        front = np.where((points[:, 2] >= 0)[:, np.newaxis], points[:, :2], np.nan)
        axes.plot(*front.T, color=COLOURS["grid"], linewidth=0.8)


def _approach(subject: Subject, made: Bundle, word: str, key: str) -> Picture:
    network = subject.network
    assert network is not None
    toward = network.drive[made.oscillator] / subject.drive_norms[made.oscillator]
    figure, axes = new_figure(4.2, 3.4)
    for place, track in enumerate(made.states):
        offset, dashes = _DASHES[place]
        axes.plot(
            made.times,
            track @ toward,
            color=COLOURS[_COLOURS[place]],
            linewidth=1.8,
            linestyle="-" if dashes is None else (offset, dashes),
            label=made.names[place],
        )
    axes.axvline(made.time, color=COLOURS["muted"], linewidth=1, linestyle=(0, (2, 2)))
    axes.set(
        xlabel="time t",
        ylabel="c = ⟨x, ĥ⟩",
        ylim=(-1.06, 1.06),
        xlim=(0, made.times[-1]),
        yticks=[-1, 0, 1],
    )
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(lambda value, _: plain(value, 4))
    add_legend(figure)
    title = f"{_name(subject, made, word)}: approach"
    words = (
        f"−1 is the opposite point, 1 is rest. Dotted line: time {plain(made.time)}, by which all "
        f"but the unluckiest {plain(made.delta)} of starts are within {plain(made.epsilon)} (T2)."
    )
    claim = subject.claim("settling")
    if word == "slowest" and claim is not None and claim.verdict is Verdict.PROVED:
        words += f" Proved for all oscillators: at most {upper(claim.values['time_upper'])}."
    return Picture(title, words, inline(figure, key, f"{title}, {subject.name}", words))


def _name(subject: Subject, made: Bundle, word: str) -> str:
    label = subject.label(made.oscillator)
    kind = {"typical": "A typical oscillator", "slowest": "The slowest oscillator"}[word]
    return f"{kind} ({f'“{token(label)}”' if label is not None else f'number {made.oscillator}'})"
