"""How long arrays are followed, and by how long steps."""

from __future__ import annotations

import math

from lohe.dynamics.errors import InputError

__all__ = ["count_steps", "longest_step", "resting_time"]

_TURN = 0.25  # a step, in times that what a frozen force leaves out takes
_FOLDS = 30.0  # of the slowest oscillator, where rest is asked for
_STEPS = 20_000


def longest_step(fastest: float) -> float:
    """Return the longest step that follows changes at a rate; infinite where nothing changes."""
    return _TURN / fastest if fastest > 0 else math.inf


def resting_time(weakest: float, diffusivity: float) -> float:
    """Return a time after which the weakest drive has brought its oscillator to rest.

    Raises
    ------
    InputError
        Where noise acts, or nothing drives an oscillator.
    """
    if diffusivity > 0:
        raise InputError("under noise nothing rests; give a settling time")
    if weakest == 0:
        raise InputError("an oscillator without drive never rests; give a settling time")
    return _FOLDS / weakest


def count_steps(time: float, step: float, weakest: float) -> int:
    """Return how many steps to take.

    Parameters
    ----------
    time : float
        Finite.
    step : float
        The longest.
    weakest : float
        The weakest drive, as a likely reason for many steps.

    Raises
    ------
    InputError
        For too many.

    Examples
    --------
    >>> count_steps(1.0, 0.3, 1.0), count_steps(1.0, math.inf, 1.0), count_steps(0.0, 0.3, 1.0)
    (4, 1, 0)
    """
    count = max(1, math.ceil(time / step)) if time > 0 else 0
    if count > _STEPS:
        raise InputError(
            f"the array needs {count} steps, and its weakest drive is {weakest:.2g}; "
            "give a settling time, or a longer step"
        )
    return count
