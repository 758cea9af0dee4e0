"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Outcome"]


@dataclass(frozen=True)
class Outcome:
    """A word that follows from the figures, and the figures.

    Parameters
    ----------
    word
        One of those that the claim's file gives a meaning.
    found
        The figures in a sentence.
    """

    word: str
    found: str
