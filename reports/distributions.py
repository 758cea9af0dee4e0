"""Histograms of drive norms and coherences: how close any oscillator comes to trouble."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.claims import Verdict
from lohe.reports.blocks import Block, Heading, Paragraph, Picture, Pictures, Section
from lohe.reports.detail import Detail, driven, left_out
from lohe.reports.devices import devices
from lohe.reports.formatting import count, lower, plain, plural
from lohe.reports.stored_drives import stored_drives
from lohe.reports.subjects import Collection, Subject
from lohe.reports.svg import COLOURS, add_legend, inline, new_figure, set_log_axis
from lohe.reports.tokens import token

__all__ = ["histogram", "section"]

Floats = NDArray[np.float64]

# A linear axis hides the small values, which matter most, once the largest is this far off.
_LOG_RATIO = 50.0

_MEANING = {
    "alone": "An oscillator that settles alone does so at the rate ‖h‖.",
    "others": "Where oscillators turn or hear each other, ‖h‖ is what holds each of them against "
    "that; the rate at which they settle is smaller.",
}


def section(collection: Collection, detail: Detail) -> Section:
    """Answer how strongly, and how unanimously, each oscillator is driven."""
    subjects = [subject for subject in collection.subjects if not subject.undriven]
    alone = any(subject.kind in ("alone", "inputs") for subject in subjects)
    blocks: list[Block] = [
        Paragraph(
            "The drive h of an oscillator is the sum of the anchors it listens to, each weighted "
            f"by its coupling. {_MEANING['alone' if alone else 'others']} Its "
            "coherence ρ is ‖h‖ divided by the sum of the couplings: 1 when all the anchors it "
            "hears agree, 0 when they cancel. The left end of each picture is what matters: an "
            "oscillator with a weak drive is slow, or easily carried off, and an incoherent one is "
            "easily upset by device mismatch."
        )
    ]
    others = sorted(s.name for s in subjects if s.kind in ("turning", "coupled"))
    if alone and others:
        blocks.append(Paragraph(f"Of {', '.join(others)}: {_MEANING['others']}"))
    for subject in driven(collection, detail):
        blocks += [Heading(subject.name), Pictures(_pictures(subject))]
    blocks += _inputs(collection, detail)
    blocks += [Paragraph(note, note=True) for note in left_out(collection, detail)]
    return Section(
        "drives",
        "Drive and coherence",
        "How strongly is each oscillator driven, and do its anchors agree?",
        blocks if subjects else (),
    )


def _inputs(collection: Collection, detail: Detail) -> list[Block]:
    """Draw the drives that stored tokens give, and what is proved for all inputs near them."""
    blocks: list[Block] = []
    given = [subject for subject in collection.subjects if subject.tokens is not None]
    for subject in given[: detail.heads]:
        assert subject.tokens is not None
        bound, _ = _bound(subject, "input_box", "drive_norm_lower")
        claim = subject.claim("input_box")
        near = ""
        if claim is not None and "radius" in claim.values:
            near = f"each coordinate of a token is within {plain(claim.values['radius'])}"
        picture = histogram(
            subject,
            stored_drives(subject.tokens),
            bound,
            quantity="drive norm ‖h‖ of the stored tokens",
            key=f"{subject.key}-drive",
            covered=near,
            where="for every input of which",
        )
        blocks += [Heading(subject.name), Pictures((picture,))]
    return blocks


def _pictures(subject: Subject) -> tuple[Picture, ...]:
    bound, covered = _bound(subject, "unique_stable", "drive_norm_lower")
    pictures = [
        histogram(
            subject,
            subject.drive_norms,
            bound,
            quantity="drive norm ‖h‖",
            key=f"{subject.key}-drive",
            covered=covered,
        )
    ]
    if subject.coherence is not None:
        bound, _ = _bound(subject, "mismatch", "coherence_lower")
        key = f"{subject.key}-coherence"
        pictures.append(
            histogram(subject, subject.coherence, bound, quantity="coherence ρ", key=key)
        )
    return tuple(pictures)


def histogram(
    subject: Subject,
    values: Floats,
    bound: float | None,
    *,
    quantity: str,
    key: str,
    covered: str = "",
    where: str = "on every device on which",
    write: Callable[[float], str] = plain,
) -> Picture:
    """Draw how `values` are spread, with the smallest and the certified bound marked.

    Parameters
    ----------
    subject
        Whose oscillators they are.
    values : (n,) array
        Drive norms, coherences or rates.
    bound
        What is proved of the smallest, if anything.
    quantity, key
        Name of the values, and the figure's id in the page.
    covered
        What the devices, or inputs, that the bound covers have in common, in words.
    where
        What stands before that.
    write
        How the values are printed: `lower` if they are lower bounds.
    """
    on_devices = f" {where} {covered}" if covered else ""
    positive = values[values > 0]
    zeros = values.size - positive.size
    log = positive.size > 0 and float(positive.max() / positive.min()) > _LOG_RATIO
    shown = positive if log else values
    edges = _edges(shown, log)
    heights, _ = np.histogram(shown, edges)
    figure, axes = new_figure()
    if log:
        set_log_axis(axes.xaxis, float(shown.min()), float(shown.max()))
    axes.stairs(heights, edges, fill=True, color=COLOURS["blue"], alpha=0.75, linewidth=0)
    axes.set(xlabel=quantity, ylabel="oscillators", ylim=(0, heights.max() * 1.12))
    axes.yaxis.set_major_formatter(lambda value, _: count(int(value)) if value % 1 == 0 else "")
    axes.grid(visible=False, axis="x")
    smallest = float(values.min())
    if smallest > 0 or not log:
        axes.plot(
            smallest,
            heights.max() * 0.06,
            marker="v",
            markersize=8,
            linestyle="none",
            color=COLOURS["vermillion"],
            label=f"smallest: {write(smallest)}{_token(subject, int(values.argmin()))}",
            clip_on=False,
        )
    if bound is not None and bound > 0:
        axes.axvline(
            bound,
            color=COLOURS["green"],
            linewidth=2.0,
            linestyle=(0, (5, 1.5)),
            label=f"proved: at least {lower(bound)}",
        )
    if axes.get_legend_handles_labels()[0]:
        add_legend(figure)
    middle = float(np.median(values))
    words = (
        f"{plural(values.size, 'oscillator')}: smallest {write(smallest)}, median {write(middle)}, "
        f"largest {write(float(values.max()))}."
    )
    if log:
        words += " The axis is logarithmic."
    if zeros:
        words += f" {plural(int(zeros), 'oscillator')} at exactly 0."
    if bound is not None and bound > 0:
        words += f" Proved{on_devices}: none is below {lower(bound)}."
    title = f"{quantity[0].upper()}{quantity[1:]}, {subject.name}"
    return Picture(f"{quantity[0].upper()}{quantity[1:]}", words, inline(figure, key, title, words))


def _edges(values: Floats, log: bool) -> Floats:
    bins = int(np.clip(np.sqrt(values.size) * 1.5, 8, 48))
    low, high = float(values.min()), float(values.max())
    if log:
        return np.geomspace(low, high, bins + 1)
    margin = 0.05 * abs(high) or 0.5
    return (
        np.linspace(low, high, bins + 1) if high > low else np.array([low - margin, low + margin])
    )


def _bound(subject: Subject, name: str, value: str) -> tuple[float | None, str]:
    """Return what is proved of the smallest value, and the devices that the proof covers."""
    for certificate in subject.certificates:
        claim = certificate.claims.get(name)
        if claim is not None and claim.verdict is Verdict.PROVED and value in claim.values:
            return float(claim.values[value]), devices(certificate.parameters)
    return None, ""


def _token(subject: Subject, place: int) -> str:
    text = subject.label(place)
    if text is None:
        return ""
    name = token(text)
    return f" (“{name[:21]}…”)" if len(name) > 22 else f" (“{name}”)"
