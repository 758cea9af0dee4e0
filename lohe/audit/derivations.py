"""Claims that are theorems: derived by SymPy, or checked by a proof assistant."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lohe.audit.outcome import Outcome
from lohe.dynamics.errors import InputError

if TYPE_CHECKING:
    from lohe.theory.theorem import Outcome as Identity

__all__ = ["identities", "machine_checked"]


def identities(
    place: Path | None, seed: int, *, theorem: str, identities: Sequence[str] = ()
) -> Outcome:
    """Derive a theorem, or those of its identities whose words hold a phrase each.

    Says ``derived`` or ``failed``.

    Raises
    ------
    InputError
        If a phrase stands in no identity or in several.
    """
    del place, seed
    every = _derived(theorem)
    chosen = [_only(every, phrase, theorem) for phrase in identities] if identities else every
    failed = [one.claim for one in chosen if not one.holds]
    if failed:
        return Outcome("failed", f"{theorem}: SymPy does not confirm that {'; '.join(failed)}")
    if not identities:
        return Outcome("derived", f"{theorem}: all {len(chosen)} identities hold")
    return Outcome("derived", f"{theorem}: {'; '.join(one.claim for one in chosen)}")


@cache
def _derived(name: str) -> tuple[Identity, ...]:
    from lohe.theory.derivation import derive
    from lohe.theory.registry import theorem

    ((_, outcomes),) = derive([theorem(name)]).sections
    return outcomes


def _only(every: Sequence[Identity], phrase: str, theorem: str) -> Identity:
    found = [one for one in every if phrase in one.claim]
    if len(found) != 1:
        raise InputError(f"{len(found)} identities of {theorem} speak of {phrase!r}")
    return found[0]


def machine_checked(place: Path, seed: int, *, theorems: Sequence[str]) -> Outcome:
    """Read the record of the proof assistant, and compare the proofs beside it with it.

    Says ``checked``, or ``stale`` if a source is another than was checked.
    """
    del seed
    from lohe.reports.machine_checked import load_formal

    record = load_formal(place)
    found = [one for one in record.theorems if one.theorem in theorems]
    if {one.theorem for one in found} != {*theorems}:
        raise InputError(f"{place} does not speak of {', '.join(theorems)}")
    sources = dict.fromkeys(one.file for one in found)
    for name, digest in record.files.items():
        source = place.parent / name
        if not source.exists() or hashlib.sha256(source.read_bytes()).hexdigest() != digest:
            return Outcome("stale", f"{name} is not the file that Coq checked; run make formal")
    words = "; ".join(one.words.partition(":")[0] for one in found)
    return Outcome(
        "checked",
        f"{', '.join(theorems)}: {len(found)} statements checked by Coq {record.coq} in "
        f"{', '.join(sources)} ({words})",
    )
