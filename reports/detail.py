"""How much a report draws, so that many heads still make a file that is easy to open."""

from __future__ import annotations

from dataclasses import dataclass

from lohe.reports.subjects import Collection, Subject

__all__ = ["LEVELS", "Detail", "drawn", "driven", "left_out", "wanted"]


@dataclass(frozen=True)
class Detail:
    """Limits of a report.

    Parameters
    ----------
    heads
        Heads that get figures and tables of their own; the verdicts list all of them.
    sequences
        Attention maps for each of these heads.
    worst
        Rows in each table of worst oscillators.
    """

    heads: int
    sequences: int
    worst: int


LEVELS = (Detail(12, 3, 10), Detail(6, 2, 10), Detail(2, 1, 5), Detail(0, 0, 0))
"""From full to bare; the first that fits the size limit is taken."""


def drawn(collection: Collection, detail: Detail) -> tuple[Subject, ...]:
    """Return the heads whose network was given and that get figures."""
    return tuple(s for s in collection.subjects if s.network is not None)[: detail.heads]


def driven(collection: Collection, detail: Detail) -> tuple[Subject, ...]:
    """Return those of the drawn heads in which anything drives, or turns by itself."""
    return tuple(subject for subject in drawn(collection, detail) if not subject.undriven)


def wanted(subject: Subject) -> tuple[str, str]:
    """Say what a subject without figures lacks, and which files hold it."""
    if subject.kind == "inputs":
        return "tokens were", ".tokens.npz"
    return "network was", ".network.npz or .head.npz"


def left_out(collection: Collection, detail: Detail) -> tuple[str, ...]:
    """Say, one sentence each, which heads are not drawn and what would change that."""
    notes = [
        f"“{subject.name}” has no figures here: its {wanted(subject)[0]} not given. Add the "
        f"{wanted(subject)[1]} file with SHA-256 {subject.digest[:12]}…"
        for subject in collection.subjects
        if subject.network is None and subject.tokens is None
    ]
    hidden = sum(s.network is not None for s in collection.subjects) - detail.heads
    if hidden > 0:
        notes.append(
            f"To keep this file small, {hidden} of the heads are not drawn; their verdicts are in "
            "the table above. Report on fewer files to see them."
        )
    return tuple(notes)
