"""Pictures of a campaign: what became of the starts, when they arrived, and where they rest."""

from __future__ import annotations

import numpy as np

from lohe.proofs_numeric.basins.census import Attractor, Census
from lohe.proofs_numeric.basins.estimate import BasinEstimate
from lohe.proofs_numeric.basins.plan import LABELS
from lohe.reports.blocks import Picture
from lohe.reports.campaigns import Times
from lohe.reports.formatting import count, percent, plain
from lohe.reports.svg import COLOURS, add_legend, inline, new_figure

__all__ = ["attractor_names", "attractors_picture", "outcomes_picture", "times_picture"]

_WORDS = {
    "converged": "settled",
    "elsewhere": "settled elsewhere",
    "horizon": "still moving",
    "failed": "failed",
}
_COLOURS = {
    "converged": "blue",
    "elsewhere": "orange",
    "horizon": "muted",
    "failed": "vermillion",
}
# Nobody who is there at all is drawn narrower than this many percent.
_SLIVER = 1.2
_MOST_BARS = 10


def outcomes_picture(basins: tuple[BasinEstimate, ...], key: str) -> Picture:
    """Draw what had become of the starts at each horizon, as stacked bars."""
    figure, axes = new_figure(4.2, 1.3 + 0.42 * len(basins))
    places = np.arange(len(basins))[::-1]
    left = np.zeros(len(basins))
    widths = np.array([_widths(basin) for basin in basins])
    for column, label in enumerate(LABELS):
        if not widths[:, column].any():
            continue
        axes.barh(
            places,
            widths[:, column],
            left=left,
            height=0.62,
            color=COLOURS[_COLOURS[label]],
            label=_WORDS[label],
        )
        left += widths[:, column]
    axes.set(xlim=(0, 100), xlabel="of the starts, %")
    axes.set_yticks(places, [f"t = {plain(basin.horizon)}" for basin in basins])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    add_legend(figure, 2)
    title = "What had become of the starts"
    slivers = any(
        0 < 100 * number < _SLIVER * basin.trials
        for basin in basins
        for number in basin.labels.values()
    )
    words = "Every start is counted, those that failed or still move as well." + (
        f" What is rarer than {plain(_SLIVER)} % is drawn as wide as that; the table has the "
        "numbers." * slivers
    )
    numbers = " ".join(
        f"At t = {plain(basin.horizon)}: "
        + ", ".join(f"{count(basin.labels[label])} {_WORDS[label]}" for label in LABELS)
        + "."
        for basin in basins
    )
    return Picture(title, words, inline(figure, key, title, f"{words} {numbers}"))


def _widths(basin: BasinEstimate) -> list[float]:
    """Return the percentages of the labels, none that occurs too narrow to be seen."""
    exact = np.array([100 * basin.labels[label] / basin.trials for label in LABELS])
    shown = np.where(exact > 0, np.maximum(exact, _SLIVER), 0.0)
    shown[np.argmax(shown)] -= shown.sum() - 100
    return [float(width) for width in shown]


def times_picture(times: Times, coupled: bool, key: str) -> Picture:
    """Draw the share of the starts that had arrived, against time."""
    figure, axes = new_figure(4.2, 2.6)
    axes.fill_between(
        times.edges, 100 * times.shares, color=COLOURS["purple"], alpha=0.18, linewidth=0
    )
    axes.plot(times.edges, 100 * times.shares, color=COLOURS["purple"], linewidth=1.8)
    what = "in the certified cap" if coupled else "within ε"
    axes.set(xlabel="time t", ylabel=f"{what}, %", xlim=(0, times.edges[-1]), ylim=(0, 104))
    half = next(
        (e for e, share in zip(times.edges, times.shares, strict=True) if share >= 0.5), None
    )
    words = (
        (
            "Share of the starts whose computed state was in the certified cap by then, from "
            "where it is proved to settle; times are rounded up to the steps of the integration."
        )
        if coupled
        else "Share of the starts that were within ε of their resting point by then."
    )
    said = []
    if coupled and times.at_once:
        said.append(f"{count(times.at_once)} began in the cap, which proves them outright")
    if half is not None and half > 0:
        said.append(f"half were there by t = {plain(half)}")
    if times.later:
        said.append(f"{count(times.later)} came later than drawn")
    said.append(f"{count(times.never)} were not seen to arrive")
    words = f"{words} Of {count(times.trials)} starts: {', '.join(said)}."
    title = "When the starts reach the certified cap" if coupled else "When the starts settle"
    return Picture(title, words, inline(figure, key, title, words))


def attractor_names(census: Census) -> list[str]:
    """Name the attractors: the reference point first, the others by letters, then numbers."""
    names, place = [], 0
    for attractor in census.attractors:
        if attractor.reference:
            names.append("reference")
            continue
        names.append(chr(ord("A") + place) if place < 26 else f"A{place + 1}")
        place += 1
    return names


def attractors_picture(census: Census, key: str) -> Picture:
    """Draw the shares of the attractors with their bounds; proved ones in green."""
    names = attractor_names(census)
    rows: list[tuple[str, Attractor | None]] = list(zip(names, census.attractors, strict=True))
    left_out = len(rows) - _MOST_BARS
    rows = [*rows[:_MOST_BARS], ("not settled", None)]
    figure, axes = new_figure(4.2, 1.1 + 0.36 * len(rows))
    shown = [(row.share if row is not None else census.moving) for _, row in rows]
    places = np.arange(len(rows))[::-1]
    middle = 100 * np.array([share.fraction for share in shown])
    ends = 100 * np.array([[share.lower, share.upper] for share in shown]).T
    kinds = [row is not None and row.stable is True for _, row in rows]
    drawn = (
        (True, "green", "stable point, proved"),
        (False, "purple", "only sampled"),
    )
    for kind, colour, label in drawn:
        chosen = [k for k, one in enumerate(kinds) if one is kind]
        if chosen:
            axes.barh(
                places[chosen],
                middle[chosen],
                height=0.58,
                color=COLOURS[colour],
                alpha=1.0 if kind else 0.55,
                label=label,
            )
    axes.hlines(places, ends[0], ends[1], color=COLOURS["ink"], linewidth=1.4)
    for end in ends:
        axes.plot(end, places, "|", color=COLOURS["ink"], markersize=7)
    axes.set(xlim=(0, 103 if ends.max() > 60 else None), xlabel="share of all starts, %")
    axes.set_yticks(places, [name for name, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    add_legend(figure, 2)
    words = (
        "Shares of the starts that had settled there by the last horizon. The bars' ends hold "
        f"together with {percent(census.confidence)} confidence; they are sampled also where the "
        "point itself is proved."
        + f" The {left_out} rarest attractors are in the table only."
        * (left_out > 0)
    )
    title = "Where the starts end"
    numbers = ", ".join(
        f"{name} {percent(s.fraction)}" for (name, _), s in zip(rows, shown, strict=True)
    )
    return Picture(title, words, inline(figure, key, title, f"{words} {numbers}."))
