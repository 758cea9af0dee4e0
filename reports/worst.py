"""The worst oscillators: which tokens are slowest, and which most easily upset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from lohe.dynamics.settling import settling_time
from lohe.reports.blocks import Block, Cell, Evidence, Heading, Paragraph, Section, Table
from lohe.reports.detail import Detail, driven
from lohe.reports.formatting import lower, plain, upper
from lohe.reports.resting import locking_rates
from lohe.reports.subjects import Collection, Subject
from lohe.reports.tokens import token, words

__all__ = ["crosstalk_heard", "locked_settling_time", "section", "smallest"]

_CONTEXT = 9


def section(collection: Collection, detail: Detail) -> Section:
    """Answer which tokens to look at first."""
    subjects = driven(collection, detail)
    blocks: list[Block] = [
        Paragraph(
            "Oscillators that settle alone settle last where the drive is weakest; those that "
            "turn, where the rate of their lock is smallest; among those that hear each other, "
            "the one whose drive least outweighs its crosstalk is the first to give way. The "
            "smallest coherences stand the least mismatch. These numbers are ordinary "
            "floating-point values for orientation; the certified bounds are in the verdict table.",
            Evidence.COMPUTED,
        )
    ]
    for subject in subjects:
        blocks.append(Heading(subject.name))
        blocks.append(_table(subject, *_order(subject), detail.worst))
        if subject.coherence is not None:
            blocks.append(_table(subject, subject.coherence, "Smallest coherences", detail.worst))
    return Section(
        "worst",
        "Worst oscillators",
        "Which oscillators are the slowest and the most fragile?",
        blocks if subjects else (),
    )


def smallest(values: NDArray[np.float64], number: int) -> NDArray[np.int64]:
    """Return the places of the smallest values, in order, ties by place.

    Examples
    --------
    >>> smallest(np.array([3.0, 1.0, 2.0, 1.0]), 3).tolist()
    [1, 3, 2]
    """
    if values.size > number:
        limit = np.partition(values, number - 1)[number - 1]
        places = np.flatnonzero(values <= limit)
    else:
        places = np.arange(values.size)
    order = np.argsort(values[places], kind="stable")
    return np.asarray(places[order][:number], dtype=np.int64)


def _order(subject: Subject) -> tuple[NDArray[np.float64], str]:
    """Return what to sort by, small values first, and the table's caption."""
    rates = locking_rates(subject) if subject.kind == "turning" else None
    if rates is not None:
        return rates.values, "Slowest locks"
    felt = crosstalk_heard(subject)
    if felt is not None:
        ratio = np.full_like(felt, np.inf)
        np.divide(subject.drive_norms, felt, out=ratio, where=felt > 0)
        return ratio, "Smallest drives over crosstalk"
    return subject.drive_norms, "Smallest drive norms"


def _table(subject: Subject, values: NDArray[np.float64], caption: str, number: int) -> Table:
    network = subject.network
    assert network is not None
    claim = subject.claim("settling")
    given = claim.values if claim is not None else {}
    epsilon, delta = float(given.get("epsilon", 1e-2)), float(given.get("delta", 1e-3))
    unit_time = settling_time(1.0, epsilon, delta, network.d)
    labelled = network.labels is not None
    columns = ["Rank", *(["Token"] if labelled else []), "Drive ‖h‖"]
    columns += ["Coherence ρ"] if subject.coherence is not None else []
    columns += ["T2 time"] if network.decoupled else []
    rates = locking_rates(subject) if subject.kind == "turning" else None
    if rates is not None:
        columns += ["T5 rate, at least" if rates.proved else "T5 rate", "T5 time"]
        unit_rate = locked_settling_time(epsilon, delta, network.d)
    felt = crosstalk_heard(subject)
    if felt is not None:
        columns += ["Crosstalk s", "‖h‖/s"]
    columns += ["Oscillator", *(["In its sequence"] if network.sequence is not None else [])]
    rows = []
    for rank, place in enumerate(smallest(values, number).tolist(), start=1):
        norm = float(subject.drive_norms[place])
        row = [Cell(str(rank), rank)]
        if labelled:
            row.append(Cell(_clip(token(subject.label(place) or ""))))
        row.append(Cell(plain(norm), norm))
        if subject.coherence is not None:
            coherence = float(subject.coherence[place])
            row.append(Cell(plain(coherence), coherence))
        if network.decoupled:
            time = unit_time / norm if norm > 0 else float("inf")
            row.append(Cell(plain(time) if norm > 0 else "never", time))
        if rates is not None:
            row += _rate_cells(float(rates.values[place]), unit_rate)
        if felt is not None:
            ratio = norm / felt[place] if felt[place] > 0 else float("inf")
            row += [Cell(plain(float(felt[place])), float(felt[place])), Cell(plain(ratio), ratio)]
        row.append(Cell(str(place), place))
        if network.sequence is not None:
            row.append(Cell(_context(subject, place)))
        rows.append(tuple(row))
    texts = {"Token", "In its sequence"}
    numeric = {k for k, column in enumerate(columns) if column not in texts}
    if network.decoupled or rates is not None:
        name = "T2" if network.decoupled else "T5"
        likely = plain(1 - delta, 6)
        caption += f"; {name} time: within {plain(epsilon)} of rest with probability {likely}"
    return Table(caption, tuple(columns), tuple(rows), frozenset(numeric))


def _rate_cells(rate: float, unit: float) -> list[Cell]:
    """Show the rate of a lock and the time that follows from it."""
    if rate == 0:
        return [Cell("none", 0.0), Cell("never", float("inf"))]
    return [Cell(lower(rate), rate), Cell(upper(unit / rate), unit / rate)]


def locked_settling_time(epsilon: float, delta: float, d: int) -> float:
    """Time for T5's bound at rate 1: (ln(4/ε²) - ln z)/2, z the δ-quantile of a random start.

    Examples
    --------
    >>> locked_settling_time(2.0, 0.5, 3)  # half of the starts are on the nearer half
    0.34657359027997264
    """
    shape = (d - 1) / 2
    return float((np.log(4 / epsilon**2) - np.log(betaincinv(shape, shape, delta))) / 2)


def crosstalk_heard(subject: Subject) -> NDArray[np.float64] | None:
    """Sum the sizes of each row of the crosstalk, (n,); None where no oscillator hears another."""
    if subject.network is None or subject.kind != "coupled":
        return None
    return np.asarray(abs(subject.network.crosstalk).sum(axis=1), dtype=np.float64).ravel()


def _context(subject: Subject, place: int) -> str:
    """Show the token ‹marked› among its neighbours, with the number of its sequence."""
    assert subject.network is not None
    sequence = subject.network.sequence
    assert sequence is not None
    rows = np.flatnonzero(sequence == sequence[place]).tolist()
    here = rows.index(place)
    shared, names = "", tuple(map(str, range(len(rows))))
    if subject.network.labels is not None:
        shared, names = words([subject.label(row) or "" for row in rows])
    start = max(0, min(here - _CONTEXT // 2, len(rows) - _CONTEXT))
    window = range(start, min(start + _CONTEXT, len(rows)))
    shown = [f"‹{_clip(names[k])}›" if k == here else _clip(names[k]) for k in window]
    before, after = "… " if start else "", " …" if window.stop < len(rows) else ""
    shared = f"{shared}: " if shared else ""
    return f"{sequence[place]}: {shared}{before}{' '.join(shown)}{after}"


def _clip(word: str) -> str:
    return word if len(word) <= 32 else f"{word[:31]}…"
