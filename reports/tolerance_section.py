"""Tolerances: how far off every device, or every input, may be before the proof ends."""

from __future__ import annotations

import numpy as np

from lohe.proofs_numeric.tolerance import Tolerance
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.reports.blocks import (
    Block,
    Cell,
    Heading,
    Paragraph,
    Picture,
    Pictures,
    Section,
    Table,
)
from lohe.reports.claims_text import claim_text
from lohe.reports.detail import Detail
from lohe.reports.devices import devices
from lohe.reports.formatting import degrees_upper, lower, percent, plural, upper
from lohe.reports.subjects import Collection, Subject
from lohe.reports.svg import inline, new_figure
from lohe.reports.tolerance_files import ToleranceRecord
from lohe.reports.tolerance_picture import QUANTITIES, draw_panel, has_scales

__all__ = ["section"]

_FIGURES = ("mismatch", "crosstalk", "frequency", "anchors")
_ANY_ANGLE = 3.1415  # as good as half a turn: nothing is known


def section(collection: Collection, detail: Detail) -> Section:
    """Answer how far off everything may be before the proof ends."""
    subjects = [subject for subject in collection.subjects if subject.tolerances]
    blocks: list[Block] = [
        Paragraph(
            "What `lohe tolerance` found: the largest error up to which a claim was proved, for "
            "all oscillators together and for each by itself, and the smallest at which some "
            "device is known to fail. In between nothing is known. These files hold no witness "
            "that a checker could read; with `-o`, `lohe tolerance` writes a certificate of one "
            "box, which `lohe verify` checks."
        )
    ]
    for place, subject in enumerate(subjects):
        for number, record in enumerate(subject.tolerances, start=1):
            blocks += [Heading(subject.name), _proved(record)]
            together = record.found.get("together")
            if together is not None:
                blocks.append(
                    Paragraph(f"Together, scale 1: {devices(_errors(together.direction))}.")
                )
            if place < detail.heads:
                key = f"{subject.key}-tolerance-{number}"
                pictures = tuple(
                    _picture(subject, name, each, f"{key}-{name}")
                    for name, each in record.found.items()
                    if has_scales(each)
                )
                blocks += [Pictures(pictures)] if pictures else []
            effects = _effects(record)
            blocks += [effects] if effects.rows else []
    kinds = {subject.kind == "inputs" for subject in subjects}
    varied = ["devices"] * (False in kinds) + ["inputs"] * (True in kinds)
    return Section(
        "tolerance",
        "Tolerance",
        f"How far off may {' and '.join(varied)} be before the proof ends?",
        blocks if subjects else (),
    )


def _errors(found: Uncertainty) -> dict[str, float]:
    return {name: getattr(found, name) for name in _FIGURES}


def _proved(record: ToleranceRecord) -> Table:
    rows = []
    for name, each in record.found.items():
        scales = each.per_oscillator
        middle = None if scales is None else float(np.median(scales))
        weakest = None if scales is None else int(scales.argmin())
        refuted = each.refuted_at
        rows.append(
            (
                Cell(name),
                Cell(QUANTITIES[name]),
                Cell(lower(each.head) if each.head else "nothing", each.head),
                Cell(
                    "—" if refuted is None else "as stored" if refuted == 0 else upper(refuted),
                    refuted,
                ),
                Cell("—" if middle is None else lower(middle), middle),
                Cell("—" if weakest is None else str(weakest), weakest),
                Cell(each.theorem or "—"),
            )
        )
    claims = {each.claim for each in record.found.values()}
    titles = ", ".join(sorted(f"“{claim_text(name).title}”" for name in claims))
    return Table(
        f"{titles}: proved up to, refuted at ({plural(record.n, 'oscillator')})",
        (
            "What varies",
            "Measured as",
            "Proved for all up to",
            "Some device fails at",
            "Median oscillator",
            "Weakest",
            "Theorem",
        ),
        tuple(rows),
        frozenset({2, 3, 4, 5}),
    )


def _effects(record: ToleranceRecord) -> Table:
    rows = []
    for name, each in record.found.items():
        if not each.effects:
            continue
        angles = [effect.angle_upper for effect in each.effects]
        weights = [effect.weight_error_upper for effect in each.effects]
        moved = [Cell("any angle" if a > _ANY_ANGLE else degrees_upper(a), a) for a in angles]
        rows.append((Cell(name), Cell("resting points move by"), *moved))
        changed = [Cell(upper(w), w) for w in weights if w is not None]
        if len(changed) == len(weights):
            rows.append((Cell(name), Cell("attention weights change by"), *changed))
    shares = next((e.effects for e in record.found.values() if e.effects), ())
    heads = tuple(f"at {percent(effect.share)}" for effect in shares)
    return Table(
        "What errors of a share of the proved ones do, at most, to any oscillator (a change of "
        "weights by 2 says nothing)",
        ("What varies", "At most", *heads),
        tuple(rows),
        frozenset(range(2, 2 + len(heads))),
    )


def _picture(subject: Subject, name: str, found: Tolerance, key: str) -> Picture:
    figure, axes = new_figure(4.2, 2.9)
    draw_panel(axes, name, found)
    axes.yaxis.label.set_fontsize(10)
    axes.xaxis.label.set_fontsize(10)
    parts = [
        f"Proved for all together up to {lower(found.head)} (dashed green line)."
        if found.head
        else "Nothing is proved for all together."
    ]
    if found.refuted_at:
        parts.append(f"Some device fails at {upper(found.refuted_at)} (dotted line).")
    assert found.per_oscillator is not None
    nothing = int((found.per_oscillator == 0).sum())
    if nothing:
        parts.append(f"Not proved even by itself, and not drawn: {plural(nothing, 'oscillator')}.")
    title = f"Which oscillator stands the least? ({name})"
    words = " ".join(["Blue: proved for each oscillator by itself, weakest first.", *parts])
    return Picture(title, words, inline(figure, key, f"{title}, {subject.name}", words))
