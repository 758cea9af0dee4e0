"""What a certificate says of a network: claims with verdicts, reasons and witnesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Claim", "Verdict", "undecided"]


class Verdict(StrEnum):
    """The outcome of a claim; sampled evidence is a different type and never one of these."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Claim:
    """One claim about a network, with the evidence that a checker needs.

    Parameters
    ----------
    verdict
        `Verdict.PROVED`, `Verdict.REFUTED` or `Verdict.UNDECIDED`.
    reason
        One sentence in plain words: which theorem, or why nothing could be decided.
    values
        Certified numbers by name. A float is an exact binary number and a rigorous bound in the
        direction that its name states (``..._lower``, ``..._upper``).
    witness
        For a refuted claim, what shows it false; for a proved one, what the checker needs
        beside the instance. Its ``theorem`` names what decides the claim. Empty if undecided.

    Examples
    --------
    >>> Claim(Verdict.UNDECIDED, "crosstalk is present").verdict.value
    'undecided'
    """

    verdict: Verdict
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)
    witness: Mapping[str, Any] = field(default_factory=dict)


def undecided(reason: str) -> Claim:
    """Return a claim that is left open, and why."""
    return Claim(Verdict.UNDECIDED, reason)
