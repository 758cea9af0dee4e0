"""Results of ``lohe bench`` as tables: sampled, predicted, and whether they agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lohe.commands.bench_certificates_table import certificates_table

__all__ = ["Table", "agreement", "aligned", "report", "tables", "verdicts"]

Document = Mapping[str, Any]
_HARDLY = 1e-4

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""Titles of the columns, and rows of as many cells."""


def report(document: Document) -> list[str]:
    """Return a result as lines for people: its tables, aligned, and how many bounds hold."""
    lines = [line for table in tables(document).values() for line in (*aligned(table), "")]
    if document["experiment"] == "certificates":  # nothing sampled that could agree
        return lines
    return [*lines, *verdicts(document), agreement(document)]


def aligned(table: Table) -> list[str]:
    """Return a table as lines for the terminal, numbers to the right.

    Examples
    --------
    >>> aligned((("model", "share"), [("a", "1 %")]))
    ['model  share', 'a        1 %']
    """
    titles, rows = table
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    lines = []
    for cells in (titles, *rows):
        first, *others = zip(cells, widths, strict=True)
        parts = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        lines.append("  ".join(parts).rstrip())
    return lines


def verdicts(document: Document) -> list[str]:
    """Say, model by model, what explains that oscillators of the convergence result miss."""
    if document["experiment"] != "convergence":
        return []
    return [_verdict(name, case) for name, case in document["cases"].items()]


def _verdict(name: str, case: Document) -> str:
    why = case["explanation"]
    if why["missed"] < _HARDLY:
        return f"{name}: hardly anything is missed, so there is nothing to explain."
    away = why["missed_away_from_antipode"] / why["missed"]
    median = why["missed_with_median_drive"] / why["missed"]
    return (
        f"{name}: of its misses, {100 * away:.0f} % remain when no start is near the antipode, "
        f"{100 * median:.0f} % when every drive has the median norm; "
        f"{100 * why['missed_by_weak']:.0f} % are those of the weakest "
        f"{100 * why['weak']:.2f} % of the drives."
    )


def agreement(document: Document) -> str:
    """Say how many predictions lie within the bounds of what was sampled."""
    found = [share["inside"] for share in _shares(document)]
    bounds = document["config"]["bounds"]
    confidence = document["config"]["confidence"]
    return (
        f"{sum(found)} of {bounds} exact predictions lie within the Clopper-Pearson bounds, which "
        f"hold all at once with {100 * confidence:g} % confidence"
    )


def tables(document: Document) -> dict[str, Table]:
    """Return the tables of a result by name."""
    kinds = {
        "convergence": _convergence,
        "horizons": _horizons,
        "antipode": _antipode,
        "disorder": _disorder,
        "certificates": _certificates,
    }
    return kinds[document["experiment"]](document["cases"])


def _shares(document: Document) -> list[Mapping[str, Any]]:
    found = []
    for case in document["cases"].values():
        found += [case[name] for name in ("random", "sequential", "settled") if name in case]
        found += [*case.get("horizons", ()), *case.get("angles", ())]
    return found


def _convergence(cases: Document) -> dict[str, Table]:
    settled: list[tuple[str, ...]] = [
        (name, start, *_share(case[start]))
        for name, case in cases.items()
        for start in ("random", "sequential")
    ]
    why: list[tuple[str, ...]] = []
    drives: list[tuple[str, ...]] = []
    swapped: list[tuple[str, ...]] = []
    cancelled: list[tuple[str, ...]] = []
    bounds: tuple[str, ...] = ()
    for name, case in cases.items():
        found = case["explanation"]
        why.append(
            (
                name,
                _percent(found["missed"]),
                _percent(found["missed_with_median_drive"]),
                _percent(found["missed_away_from_antipode"]),
                _percent(found["missed_by_weak"]),
                _percent(found["missed_near_antipode"]),
                f"10^{found['log10_antipode_angle_at_median']:.0f}",
            )
        )
        quantiles, tail = found["norm_quantiles"], found["norm_tail"]
        drives.append(
            (
                name,
                *(_plain(quantiles[level]) for level in ("0", "0.001", "0.5", "1")),
                *(_percent(tail[bound]) for bound in ("0.01", "0.1", "1")),
                _percent(found["weak"]),
                _percent(found["weak_starved"]),
                _percent(found["weak_alone"]),
                _percent(found["weak_early"]),
                "-" if found["coherence"] is None else f"{found['coherence']:.2f}",
            )
        )
        elsewhere = found["missed_by_dimension"]
        swapped.append((name, *(_percent(missed) for missed in elsewhere.values())))
        if found["coherence_tail"] is not None:
            cancelled.append((name, *(_percent(v) for v in found["coherence_tail"].values())))
            bounds = tuple(f"ρ < {bound}" for bound in found["coherence_tail"])
    measured = {"coherence": (("model", *bounds), cancelled)} if cancelled else {}
    return {
        "settled": (("model", "starts", "settled", "bounds", "predicted", "inside"), settled),
        "why": (
            (
                "model",
                "missed",
                "with the median drive",
                "away from the antipode",
                "misses of weak drives",
                "misses near the antipode",
                "fatal angle at the median",
            ),
            why,
        ),
        "dimensions": (("drives of", *(f"starts in d = {d}" for d in elsewhere)), swapped),
        "drives": (
            (
                "model",
                "least norm",
                "0.1 % have less than",
                "median",
                "largest",
                "norm < 0.01",
                "norm < 0.1",
                "norm < 1",
                "weak",
                "weak: starved",
                "weak: one key",
                "weak: first four",
                "coherence",
            ),
            drives,
        ),
        **measured,
    }


def _horizons(cases: Document) -> dict[str, Table]:
    rows: list[tuple[str, ...]] = [
        (name, f"{share['horizon']:g}", *_share(share))
        for name, case in cases.items()
        for share in case["horizons"]
    ]
    return {"horizons": (("model", "T", "settled", "bounds", "predicted", "inside"), rows)}


def _antipode(cases: Document) -> dict[str, Table]:
    rows: list[tuple[str, ...]] = [
        (str(case["d"]), f"{share['angle']:g}°", *_probability(share))
        for case in cases.values()
        for share in case["angles"]
    ]
    return {"antipode": (("d", "within", "sampled", "bounds", "exact", "inside"), rows)}


def _disorder(cases: Document) -> dict[str, Table]:
    rows: list[tuple[str, ...]] = []
    for name, case in cases.items():
        shift, weights = case["shift_degrees"], case["weight_shift"]
        rows.append(
            (
                name,
                _percent(case["locked"] / case["settled"]["trials"]),
                *_share(case["settled"]),
                "-" if shift is None else f"{shift['median']:.2g}°, {shift['99 %']:.2g}°",
                "-" if weights is None else f"{weights['median']:.2g}, {weights['99 %']:.2g}",
            )
        )
    titles = ("model", "locks", "settled", "bounds", "predicted", "inside", "point", "weights")
    return {"disorder": (titles, rows)}


def _certificates(cases: Document) -> dict[str, Table]:
    return {"certificates": certificates_table(cases)}


def _share(share: Document) -> tuple[str, ...]:
    lower, upper = 100 * share["lower"], 100 * share["upper"]
    return (
        _percent(share["fraction"]),
        f"{lower:.3f} to {upper:.3f}",
        _percent(share["predicted"]),
        "yes" if share["inside"] else "NO",
    )


def _probability(share: Document) -> tuple[str, ...]:
    bounds = f"{share['lower']:.3g} to {share['upper']:.3g}"
    inside = "yes" if share["inside"] else "NO"
    return f"{share['fraction']:.3g}", bounds, f"{share['predicted']:.3g}", inside


def _percent(value: float | None) -> str:
    """Write a share; one that is none says so, and one that is not never reads as 0 or 100 %."""
    if value is None:
        return "-"
    share = 100 * value
    if 0 < share < 0.001:
        return f"{share:.0e} %".replace("e-0", "e-")
    return "< 100 %" if 99.9995 <= share < 100 else f"{share:.3f} %"


def _plain(value: float) -> str:
    return f"{value:.3g}"
