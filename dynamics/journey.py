"""Where the trials of a batch came to when they were followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FAILED", "REACHED", "STOPPED", "Journey", "Stop"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Stop = Callable[[Floats, Floats, Integers], NDArray[np.bool_]]

REACHED, STOPPED, FAILED = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Journey:
    """Where each trial of a batch came to.

    Parameters
    ----------
    x : (n, d, B) array
        The state in which each trial ended; of a failed one, the last that was accepted.
    elapsed : (B,) array
        Time from the start to that state.
    ended : (B,) int8 array
        ``REACHED`` the duration, ``STOPPED`` before, or ``FAILED``.
    steps : (B,) int array
        Steps tried, accepted or not.
    step : (B,) array
        Step with which to go on; NaN for a trial that took none.
    """

    x: Floats
    elapsed: Floats
    ended: NDArray[np.int8]
    steps: Integers
    step: Floats
