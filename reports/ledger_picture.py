"""What became of the claims of each paper, as bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from matplotlib.figure import Figure

from lohe.reports.ledger import PAPERS, Claim, Record, Ruling
from lohe.reports.svg import COLOURS, new_figure

__all__ = ["ledger_figure"]

_COLOURS = {
    Ruling.HOLDS: "green",
    Ruling.CORRECTED: "sky",
    Ruling.CONFOUNDED: "orange",
    Ruling.NOT_REPRODUCED: "vermillion",
    Ruling.REFUTED: "purple",
    Ruling.UNDECIDED: "muted",
    Ruling.NOT_RUN: "grid",
}


def ledger_figure(claims: Mapping[str, Claim], record: Record) -> Figure:
    """Draw a bar for each paper, divided by rulings, with the number of claims in each part."""
    figure, axes = new_figure(4.8, 3.5)
    counts = {
        paper: Counter(
            record.ruling(claim.name) for claim in claims.values() if claim.paper == paper
        )
        for paper in PAPERS
    }
    left = dict.fromkeys(PAPERS, 0)
    for ruling, colour in _COLOURS.items():
        widths = [counts[paper][ruling] for paper in PAPERS]
        axes.barh(
            [*PAPERS], widths, left=[*left.values()], color=COLOURS[colour], label=ruling.value
        )
        for place, (paper, width) in enumerate(zip(PAPERS, widths, strict=True)):
            if width:
                axes.text(left[paper] + width / 2, place, str(width), ha="center", va="center")
            left[paper] += width
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.set(xlabel="claims")
    figure.legend(loc="outside upper left", ncols=2, frameon=False)
    return figure
