"""Oscillators that turn on their own: whether each locks to its drive, and how fast (T5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.claims import Verdict
from lohe.reports.blocks import Block, Heading, Paragraph, Picture, Pictures, Section
from lohe.reports.detail import Detail, drawn
from lohe.reports.devices import devices
from lohe.reports.distributions import histogram
from lohe.reports.formatting import count, lower, plain, plural
from lohe.reports.resting import Rates, locking_rates
from lohe.reports.subjects import Collection, Subject
from lohe.reports.svg import COLOURS, add_legend, inline, new_figure

__all__ = ["section", "thinned"]

Floats = NDArray[np.float64]


def section(collection: Collection, detail: Detail) -> Section:
    """Answer whether each oscillator locks, and how close any is to drifting."""
    subjects = [subject for subject in drawn(collection, detail) if subject.kind == "turning"]
    blocks: list[Block] = [
        Paragraph(
            "An oscillator with a natural frequency A settles only if its drive h holds it: then "
            "it locks, at a rate λ below ‖h‖ that falls to 0 where it begins to drift. A drive "
            "above ‖A‖ always locks. Below that an oscillator on a circle drifts; in more "
            "dimensions it may still lock along the directions that A does not turn."
        )
    ]
    for subject in subjects:
        rates = locking_rates(subject)
        blocks.append(Heading(subject.name))
        if rates is None:
            blocks.append(
                Paragraph("Not drawn: too many oscillators to find their rates here.", note=True)
            )
            continue
        blocks.append(Pictures(_pictures(subject, rates)))
    return Section(
        "locking",
        "Locking",
        "Does each oscillator lock to its drive, and how fast?",
        blocks if subjects else (),
    )


def thinned(margins: Floats, most: int = 600) -> NDArray[np.int64]:
    """Choose oscillators to draw: all, or the weakest half and evenly spaced ranks of the rest.

    Examples
    --------
    >>> thinned(np.array([3.0, 1.0, 2.0]), most=2).tolist()
    [1, 2]
    """
    order = np.argsort(margins, kind="stable")
    if order.size <= most:
        return np.asarray(order, dtype=np.int64)
    weakest = most // 2
    rest = np.linspace(weakest, order.size - 1, most - weakest).astype(np.int64)
    return np.asarray(order[np.r_[np.arange(weakest), rest]], dtype=np.int64)


def _pictures(subject: Subject, rates: Rates) -> tuple[Picture, ...]:
    return _rates(subject, rates), _limits(subject, rates)


def _rates(subject: Subject, rates: Rates) -> Picture:
    bound, covered = None, ""
    for certificate in subject.certificates:
        claim = certificate.claims.get("lock") or certificate.claims.get("unique_stable")
        if claim is not None and claim.verdict is Verdict.PROVED and "rate_lower" in claim.values:
            bound, covered = float(claim.values["rate_lower"]), devices(certificate.parameters)
            break
    picture = histogram(
        subject,
        rates.values,
        bound,
        quantity="rate λ, proved lower bound" if rates.proved else "rate λ",
        key=f"{subject.key}-rates",
        covered=covered,
        write=lower if rates.proved else plain,
    )
    words = picture.caption
    words += (
        "" if rates.proved else " Computed in floating point; 0 where an oscillator does not lock."
    )
    return Picture("How fast does each oscillator lock?", words, picture.svg)


def _limits(subject: Subject, rates: Rates) -> Picture:
    network = subject.network
    assert network is not None
    assert network.frequency is not None
    turning = np.linalg.norm(network.frequency, ord=2, axis=(-2, -1))
    drives = subject.drive_norms
    locked = ~(rates.values == 0)
    shown = thinned(np.where(locked, drives - turning, -np.inf))
    figure, axes = new_figure(4.2, 3.2)
    top = 1.08 * max(float(turning.max()), float(drives.max())) or 1.0
    axes.plot(
        [0, top],
        [0, top],
        color=COLOURS["muted"],
        linewidth=1.2,
        linestyle=(0, (4, 2)),
        label="‖h‖ = ‖A‖: above it, every one locks",
    )
    word = "proved to lock" if rates.proved else "locks (computed)"
    for chosen, marker, colour, label in (
        (shown[locked[shown]], "o", "blue", word),
        (shown[~locked[shown]], "x", "vermillion", "does not lock (computed)"),
    ):
        if chosen.size:
            axes.plot(
                turning[chosen],
                drives[chosen],
                marker,
                color=COLOURS[colour],
                markersize=4.5 if marker == "o" else 6,
                markerfacecolor="none",
                label=label,
            )
    axes.set(xlabel="frequency ‖A‖", ylabel="drive ‖h‖", xlim=(0, _end(turning)), ylim=(0, top))
    add_legend(figure)
    below = int((locked & (drives <= turning)).sum())
    words = (
        f"{count(int(locked.sum()))} of {plural(locked.size, 'oscillator')} "
        f"{'proved to lock' if rates.proved else 'lock'}; {count(below)} of them below the line. "
        f"The narrowest gap ‖h‖ − ‖A‖ is {plain(float((drives - turning).min()))}, of oscillator "
        f"number {int((drives - turning).argmin())}."
    )
    if shown.size < drives.size:
        words += f" Drawn: {count(shown.size)}, all the closest to the line among them."
    title = "How close is any oscillator to drifting?"
    return Picture(
        title, words, inline(figure, f"{subject.key}-limits", f"{title} {subject.name}", words)
    )


def _end(values: Floats) -> float:
    return 1.08 * float(values.max()) or 1.0
