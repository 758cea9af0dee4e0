"""Auditing: check claims one by one, and keep what was found after each."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lohe.attention.results import machine, versions
from lohe.audit.checks import CHECKS
from lohe.dynamics.errors import InputError
from lohe.reports.ledger import Claim, Finding, Record

__all__ = ["audit", "check_claim", "seconds_of"]


def audit(
    claims: Iterable[Claim],
    record: Record,
    *,
    root: Path,
    seed: int = 0,
    note: Callable[[str], None] | None = None,
    keep: Callable[[Record], None] | None = None,
) -> Record:
    """Check claims, and return the record with what was found.

    A claim whose result file is missing keeps the finding that it has.

    Parameters
    ----------
    claims
        To be checked.
    record
        What is known already.
    root
        Folder that the result files' paths start from.
    seed
        Of what checks draw.
    note
        Called with a claim's name before it is checked.
    keep
        Called with the record after every claim.

    Raises
    ------
    InputError
        As the checks do, with the claim's name before it.
    """
    for claim in claims:
        if note is not None:
            note(claim.name)
        if claim.result is not None and not (root / claim.result).exists():
            continue
        record = record.with_finding(claim.name, check_claim(claim, root=root, seed=seed))
        if keep is not None:
            keep(record)
    return record


def check_claim(claim: Claim, *, root: Path, seed: int = 0) -> Finding:
    """Check one claim; see `audit`."""
    started = time.perf_counter()
    place = None if claim.result is None else root / claim.result
    try:
        outcome = CHECKS[claim.check](place, seed, **claim.arguments)
    except InputError as error:
        raise InputError(f"{claim.name}: {error}") from error
    if outcome.word not in claim.rulings:
        raise InputError(
            f"{claim.name}: its file does not say what {outcome.word!r} means; add it to [rulings]"
        )
    body = None if place is None else place.read_bytes()
    return Finding(
        word=outcome.word,
        ruling=claim.rulings[outcome.word],
        found=outcome.found,
        seconds=round(time.perf_counter() - started, 2),
        result_seconds=None if body is None else seconds_of(json.loads(body)),
        sha256=None if body is None else hashlib.sha256(body).hexdigest(),
        seed=seed,
        versions=versions(),
        machine=machine(),
    )


def seconds_of(document: Any) -> float | None:
    """Return the time that all runs of a result took together; None if it tells none.

    Examples
    --------
    >>> seconds_of({"runs": [{"wall_s": 1.5}, {"wall_s": 2}]}), seconds_of({})
    (3.5, None)
    """
    found = [*_times(document)]
    return round(sum(found), 1) if found else None


def _times(part: Any) -> Iterable[float]:
    if isinstance(part, dict):
        if isinstance(part.get("wall_s"), int | float):
            yield float(part["wall_s"])
        part = [value for name, value in part.items() if name != "wall_s"]
    if isinstance(part, list):
        for value in part:
            yield from _times(value)
