"""Oscillators that nothing drives but each other: who follows whom, and how fast (T11)."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy import sparse

from lohe.proofs_numeric.claims import Verdict
from lohe.reports.attention_maps import Excerpt, draw_map
from lohe.reports.blocks import Block, Evidence, Heading, Paragraph, Picture, Pictures, Section
from lohe.reports.detail import Detail, drawn, left_out
from lohe.reports.formatting import lower, plain
from lohe.reports.subjects import Collection, Subject
from lohe.reports.svg import COLOURS, add_legend, inline, new_figure
from lohe.reports.tokens import token, words

__all__ = ["section"]

Floats = NDArray[np.float64]

_MOST = 64

_SIGNS = {" ": "␣", "␊": "↵", "␉": "⇥"}
"""Characters that show nothing, and signs that more fonts have than theirs."""


def section(collection: Collection, detail: Detail) -> Section:
    """Answer who listens to whom where nothing drives."""
    subjects = [subject for subject in drawn(collection, detail) if subject.undriven]
    blocks: list[Block] = [
        Paragraph(
            "Nothing drives these oscillators: each is pulled towards those it hears, as tokens "
            "are by a head of phases whose weights are held fixed (L5). Each row of a map is one "
            "that listens, each column one that is heard. Where each hears only earlier ones and "
            "all but the first hear somebody, all end where the first is (T11); in the end an "
            "oscillator follows at the rate c, all that it hears, and the smallest c is the rate "
            "of them all.",
            Evidence.COMPUTED,
        )
    ]
    for subject in subjects:
        heard = _heard(subject)
        pictures = (_map(subject, heard), _pace(subject, heard.sum(axis=1)))
        blocks += [Heading(subject.name), Pictures(pictures)]
    if collection.subjects and all(subject.undriven for subject in collection.subjects):
        blocks += [Paragraph(note, note=True) for note in left_out(collection, detail)]
    return Section(
        "following",
        "Following",
        "Who listens to whom, and how fast do they come together?",
        blocks if subjects else (),
    )


def _heard(subject: Subject) -> Floats:
    network = subject.network
    assert network is not None
    matrix = network.crosstalk
    return np.asarray(np.abs(matrix.toarray() if sparse.issparse(matrix) else matrix))


def _map(subject: Subject, heard: Floats) -> Picture:
    rows = np.arange(min(len(heard), _MOST))
    values = heard[: rows.size, : rows.size]
    names = tuple(str(row) for row in rows)
    if subject.network is not None and subject.network.labels is not None:
        _, found = words([subject.label(row) or "" for row in rows.tolist()])
        names = tuple(_SIGNS.get(name, name) for name in found)
    excerpt = Excerpt(rows, rows, values > 0, None, "", names, names)
    return draw_map(excerpt, values, ("Who hears whom", subject.name), f"{subject.key}-heard",
                    by_row=True)  # fmt: skip


def _named(subject: Subject, oscillator: int) -> str:
    label = subject.label(oscillator)
    return f" (“{token(label)}”)" if label else ""


def _pace(subject: Subject, pace: Floats) -> Picture:
    figure, axes = new_figure()
    places = np.arange(pace.size)
    axes.plot(places, pace, ".", color=COLOURS["blue"], markersize=5)
    following = pace > 0
    words_ = "What each oscillator hears in all, c; a leader hears nobody."
    if following.any():
        slowest = int(np.flatnonzero(following)[pace[following].argmin()])
        axes.plot(
            slowest,
            pace[slowest],
            "v",
            color=COLOURS["vermillion"],
            markersize=8,
            label=f"slowest: {plain(float(pace[slowest]))}{_named(subject, slowest)}",
        )
        words_ += f" The slowest is oscillator {slowest}, at {plain(float(pace[slowest]))}."
    claim = subject.claim("consensus")
    if claim is not None and claim.verdict is Verdict.PROVED:
        rate = float(claim.values["rate_lower"])
        axes.axhline(
            rate,
            color=COLOURS["green"],
            linestyle=(0, (4, 2)),
            linewidth=1.3,
            label=f"proved: at least {lower(rate)}",
        )
        words_ += f" Proved for all: at least {lower(rate)}."
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set(xlabel="oscillator", ylabel="heard in all, c")
    add_legend(figure)
    title = "How fast each follows"
    return Picture(
        title, words_, inline(figure, f"{subject.key}-pace", f"{title}, {subject.name}", words_)
    )
