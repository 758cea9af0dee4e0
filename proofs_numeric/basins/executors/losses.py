"""Blocks that were given to a process and never came back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from lohe.dynamics.errors import InputError

__all__ = ["ATTEMPTS", "PATIENCE", "SLICE", "Losses", "checked_patience", "waiting"]

Answer = TypeVar("Answer")

PATIENCE = 300.0
"""Seconds without a result after which a process counts as hanging."""

ATTEMPTS = 3
"""Times that a block may be lost in a row."""

SLICE = 0.5
"""Longest single wait in seconds; what a process that was stopped for longer counts of it."""


class Losses:
    """Counts how often each block was lost in a row, and gives up on one that always is."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, block: int, reason: str) -> None:
        """Note that a block was lost.

        Raises
        ------
        InputError
            If it was lost `ATTEMPTS` times.
        """
        self._counts[block] += 1
        if self._counts[block] == ATTEMPTS:
            raise InputError(
                f"block {block} was lost {ATTEMPTS} times in a row: {reason}; "
                "finished blocks are kept"
            )

    def clear(self, block: int) -> None:
        """Forget the losses of a block that has come back."""
        del self._counts[block]


def checked_patience(patience: float) -> float:
    """Return the patience, refusing what is not a positive number of seconds."""
    if not patience > 0:
        raise InputError(f"patience is {patience}; give seconds, above 0")
    return float(patience)


def waiting(wait: Callable[[float], Answer], seconds: float) -> tuple[Answer, float]:
    """Wait, and tell for how long, not counting time in which this process was stopped itself.

    After Ctrl-Z and ``fg``, or when a laptop wakes up, nobody else has been hanging.
    """
    allowed = min(max(seconds, 0.0), SLICE)
    began = time.monotonic()
    answer = wait(allowed)
    return answer, min(time.monotonic() - began, allowed)
