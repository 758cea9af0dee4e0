"""Settling curves: whether the predicted share of settled starts matches the sampled one."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lohe.dynamics.settling import converged_probability
from lohe.proofs_numeric.basins.estimate import BasinEstimate
from lohe.proofs_numeric.claims import Verdict
from lohe.reports.blocks import (
    Block,
    Evidence,
    Heading,
    Paragraph,
    Picture,
    Pictures,
    Section,
)
from lohe.reports.campaigns import in_common
from lohe.reports.detail import Detail
from lohe.reports.formatting import count, percent, plain
from lohe.reports.proved_volume import proved_volume_picture
from lohe.reports.sampled import (
    bounds_in_words,
    sampled_table,
    starts_in_words,
    verdict_in_words,
)
from lohe.reports.subjects import Collection, Subject
from lohe.reports.svg import COLOURS, add_legend, inline, new_figure

__all__ = ["predicted_curve", "section"]

Floats = NDArray[np.float64]

_CURVE = (
    " The curve is what theorem T2 predicts without any sampling: the mean over the oscillators "
    "of the probability that a uniformly random start has settled by then."
)

# The mean over more oscillators than this is taken over evenly spaced ranks of their norms.
_RANKS = 4096


def section(collection: Collection, detail: Detail) -> Section:
    """Answer whether sampled starts settle when T2 says they do."""
    sampled = [subject for subject in collection.subjects if subject.basins]
    blocks: list[Block] = [
        Paragraph(
            "Random starts were followed for a fixed time, the horizon, and counted as settled "
            "when they ended close to the resting point. This is a sample, not a proof: the bars "
            f"are {bounds_in_words(b for s in sampled for b in s.basins)}; they hold the true "
            "share with the stated confidence."
            + _CURVE
            * any(basin.predicted is not None for s in sampled for basin in s.basins),
            Evidence.SAMPLED,
        )
    ]
    for place, subject in enumerate(sampled):
        blocks.append(Heading(subject.name))
        runs = groupby(subject.basins, key=in_common)
        for number, (_, group) in enumerate(runs, start=1):
            basins = tuple(group)
            if place < detail.heads:
                pictures = _pictures(subject, basins, f"{subject.key}-settling-{number}")
                blocks.append(Pictures(pictures))
            if number == 1 or any(basin.predicted is not None for basin in basins):
                blocks.append(Paragraph(verdict_in_words(basins)))
            blocks.append(sampled_table(basins))
        if _proved_almost_global(subject):
            blocks.append(
                Paragraph(
                    "Almost all starts settle in the end, however long that takes, by the "
                    "certificate above; what is sampled here is whether they do so in time.",
                    Evidence.PROVED,
                )
            )
        if subject.network is None and not subject.certificates:
            blocks.append(
                Paragraph(
                    "This basin run matches no certificate and no network given: nothing else in "
                    f"the report has SHA-256 {subject.digest[:12]}…",
                    note=True,
                )
            )
    missing = [subject.name for subject in collection.subjects if not subject.basins]
    if sampled and missing:
        blocks.append(Paragraph(f"Not sampled: {', '.join(missing)}.", note=True))
    return Section(
        "settling",
        "Predicted and sampled settling",
        "Do random starts settle when the theory says they do?",
        blocks if sampled else (),
    )


def _proved_almost_global(subject: Subject) -> bool:
    """Say whether a certificate proves it; a campaign's own word is not a proof."""
    claims = (certificate.claims.get("almost_global") for certificate in subject.certificates)
    return any(claim is not None and claim.verdict is Verdict.PROVED for claim in claims)


def predicted_curve(norms: Floats, times: Floats, tolerance: float, d: int) -> Floats:
    """Mean over oscillators of T2's settled probability, (times,).

    Parameters
    ----------
    norms : (n,) array
        Drive norms ‖h_i‖.
    times : (t,) array
    tolerance
        The distance ε that counts as settled.
    d
        Dimension of the ambient space.
    """
    if norms.size > _RANKS:
        ranks = ((np.arange(_RANKS) + 0.5) * norms.size / _RANKS).astype(np.int64)
        norms = np.sort(norms)[ranks]
    return np.asarray(converged_probability(norms[:, np.newaxis], times, tolerance, d).mean(axis=0))


def _pictures(subject: Subject, basins: tuple[BasinEstimate, ...], key: str) -> tuple[Picture, ...]:
    known = tuple(basin for basin in basins if basin.predicted is not None)
    first = _shares(subject, basins, f"{key}-share")
    if known:
        return first, _differences(subject, known, f"{key}-difference")
    if basins[0].starts.kind == "saddles":
        return (first,)
    proved = proved_volume_picture(subject, basins, f"{key}-proved")
    return (first,) if proved is None else (first, proved)


def _shares(subject: Subject, basins: tuple[BasinEstimate, ...], key: str) -> Picture:
    figure, axes = new_figure(4.2, 3.0)
    last = max(basin.horizon for basin in basins) * 1.15
    network = subject.network
    if network is not None and network.decoupled:
        times = np.linspace(0, last, 120)
        curve = predicted_curve(subject.drive_norms, times, basins[0].tolerance, network.d)
        axes.plot(times, 100 * curve, color=COLOURS["blue"], linewidth=1.8, label="predicted by T2")
    confidence = percent(basins[0].confidence)
    _points(axes, basins, np.zeros(len(basins)), f"sampled, with {confidence} bounds")
    axes.set(xlabel="time t", ylabel="settled, %", xlim=(0, last), ylim=(-4, 104))
    add_legend(figure, 2)
    words = f"Share within ε = {plain(basins[0].tolerance)} of the resting point, against time. "
    if basins[0].starts.kind != "uniform":
        words += f"Starts: {starts_in_words(basins[0].starts)}. "
    words = (words + _curve_note(subject)).strip()
    alternative = " ".join(
        f"At t = {plain(b.horizon)}: sampled {percent(b.fraction)}, bounds {percent(b.lower)} to "
        f"{percent(b.upper)}"
        + (f", predicted {percent(b.predicted)}." if b.predicted is not None else ".")
        for b in basins
    )
    title = f"Share of starts that have settled, {subject.name}"
    drawing = inline(figure, key, title, f"{words} {alternative}")
    return Picture("Share of starts that have settled", words, drawing)


def _differences(subject: Subject, basins: tuple[BasinEstimate, ...], key: str) -> Picture:
    figure, axes = new_figure(4.2, 3.0)
    predicted = np.array([basin.predicted for basin in basins], dtype=np.float64)
    axes.axhline(0, color=COLOURS["blue"], linewidth=1.8, label="predicted by T2")
    _points(axes, basins, predicted, "sampled")
    reach = 120 * max(
        max(abs(b.lower - p), abs(b.upper - p)) for b, p in zip(basins, predicted, strict=True)
    )
    last = max(basin.horizon for basin in basins) * 1.15
    axes.set(xlabel="time t", ylabel="difference, points", xlim=(0, last), ylim=(-reach, reach))
    axes.yaxis.set_major_formatter(lambda value, _: plain(round(value, 9)))
    add_legend(figure, 2)
    words = (
        "The same, enlarged: sampled share minus predicted share in percentage points. Where a "
        "bar crosses the line, the prediction lies inside the bounds."
    )
    title = f"Sampled minus predicted, {subject.name}"
    return Picture("Sampled minus predicted", words, inline(figure, key, title, words))


def _points(axes: Axes, basins: tuple[BasinEstimate, ...], origin: Floats, label: str) -> None:
    fractions = np.array([basin.fraction for basin in basins])
    bounds = np.array([[basin.lower, basin.upper] for basin in basins]).T
    axes.errorbar(
        [basin.horizon for basin in basins],
        100 * (fractions - origin),
        100 * np.abs(bounds - fractions),
        fmt="o",
        color=COLOURS["purple"],
        markersize=5,
        capsize=4,
        elinewidth=1.6,
        label=label,
    )


def _curve_note(subject: Subject) -> str:
    if subject.network is None:
        return "No curve: the network was not given, so only its value at each horizon is known."
    if not subject.network.decoupled:
        return "No curve: T2 speaks of oscillators that settle alone."
    if subject.network.n > _RANKS:
        return (
            f"The curve is the mean over {count(_RANKS)} evenly spaced ranks of the "
            f"{count(subject.network.n)} drive norms; the table uses all of them."
        )
    return ""
