"""How long arrays are followed, and by how long steps."""

from __future__ import annotations

import math

from lohe.dynamics.errors import InputError

__all__ = ["longest_step", "resting_time", "step_lengths"]

_TURN = 0.25  # a step, in times that what a frozen force leaves out takes
_FOLDS = 30.0  # of the slowest oscillator, where rest is asked for
_STEPS = 20_000
_GRADE = 0.2  # a step under noise, in times that are left and that the fastest oscillator takes


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


def step_lengths(
    time: float, step: float, weakest: float, *, fastest: float = 0.0, even: bool = False
) -> list[float]:
    """Return steps that add up to a time.

    Noise that acts during a step is not drawn back by the drive within it. What is left of it in
    the end is that of the last times 1/|h|, so steps become shorter towards the end, in proportion
    to the time that is left, and the last are short for the fastest oscillator.

    Parameters
    ----------
    time : float
        Finite.
    step : float
        The longest.
    weakest : float
        The weakest drive, as a likely reason for many steps.
    fastest : float
        The strongest drive, where noise acts; 0 without noise.
    even : bool
        Whether all steps must have one length.

    Raises
    ------
    InputError
        For too many.

    Examples
    --------
    >>> step_lengths(1.0, 0.3, 1.0), step_lengths(1.0, math.inf, 1.0), step_lengths(0.0, 0.3, 1.0)
    ([0.25, 0.25, 0.25, 0.25], [1.0], [])
    >>> graded = step_lengths(30.0, math.inf, 1.0, fastest=10.0)
    >>> len(graded), round(graded[-1], 6), round(sum(graded), 6)
    (32, 0.02, 30.0)
    """
    if time <= 0:
        return []
    if fastest > 0 and even:
        step = min(step, _GRADE / fastest)
    count = max(1, math.ceil(time / step))
    if count > _STEPS:
        raise InputError(
            f"the array needs {count} steps, and its weakest drive is {weakest:.2g}; "
            "give a settling time, or a longer step"
        )
    if fastest == 0 or even:
        return [time / count] * count
    lengths, left = list[float](), 0.0  # from the end
    while left < time:
        lengths.append(min(step, _GRADE * (left + 1 / fastest), time - left))
        left += lengths[-1]
    return lengths[::-1]
