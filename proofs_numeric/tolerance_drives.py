r"""Between which scales some device cancels the drive of an oscillator (T3), decided exactly."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from lohe.proofs_numeric.exact import ExactAnchors
from lohe.proofs_numeric.tolerance_search import box, scale_up
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.proofs_numeric.zonotope import Collapse, Reach, Separation, cancel_or_separate

__all__ = ["sharpen_drive"]

# How far below a scale that a linear program names the exact answer is tried.
_SLACKS = (2.0**-50, 2.0**-32, 2.0**-20, 2.0**-10)
_STEPS, _RISES = 18, 8


def sharpen_drive(
    exact: ExactAnchors, direction: Uncertainty, i: int, proved: float, top: float
) -> tuple[float, float | None]:
    """Bracket the scale at which some device cancels the drive of oscillator `i` (T3).

    Parameters
    ----------
    exact
        The network with couplings and anchors.
    direction
        With a mismatch or a displacement of anchors only.
    i
        The oscillator.
    proved
        A scale that it survives.
    top
        A scale to start from, above it.

    Returns
    -------
    proved, refuted
        Scales that every device survives and that some device does not; None if none is known.
    """

    def judge(scale: float) -> Collapse | Separation | None:
        devices = box(direction, scale)
        return cancel_or_separate(Reach(exact, Fraction(devices.mismatch), devices.anchors), i)

    if direction.mismatch and not direction.anchors:
        return _sharpen_mismatch(judge, direction, proved)
    found = _bisect(judge, proved, top)
    if direction.mismatch:
        everything_off = scale_up(Fraction(1), direction.mismatch)
        return found[0], everything_off if found[1] is None else min(found[1], everything_off)
    return found


def _sharpen_mismatch(
    judge: Callable[[float], Collapse | Separation | None], direction: Uncertainty, proved: float
) -> tuple[float, float]:
    """Let one linear program give the device of least mismatch that cancels the drive."""
    refuted = scale_up(Fraction(1), direction.mismatch)
    for slack in _SLACKS:
        trial = refuted * (1 - slack)
        if trial <= proved:
            break
        outcome = judge(trial)
        if isinstance(outcome, Separation):
            return trial, refuted
        if isinstance(outcome, Collapse):
            refuted = scale_up(max(map(abs, outcome.device)), direction.mismatch)
            for other in _SLACKS[1:]:
                trial = refuted * (1 - other)
                if trial > proved and isinstance(judge(trial), Separation):
                    return trial, refuted
            break
    return proved, refuted


def _bisect(
    judge: Callable[[float], Collapse | Separation | None], proved: float, top: float
) -> tuple[float, float | None]:
    """Bracket by judging scales one by one; what neither proves nor refutes stays open."""
    refuted: float | None = None
    high = top
    for _ in range(_RISES):
        if isinstance(judge(high), Collapse):
            refuted = high
            break
        high *= 1.5
    high = top if refuted is None else high
    for _ in range(_STEPS):
        middle = proved + (high - proved) / 2
        outcome = judge(middle)
        if isinstance(outcome, Separation):
            proved = middle
        else:
            high = middle
            refuted = middle if isinstance(outcome, Collapse) else refuted
    if refuted is not None and high < refuted:
        # In between, the linear program left it open: look for a smaller device on its own.
        low = high
        for _ in range(_STEPS):
            middle = low + (refuted - low) / 2
            low, refuted = (
                (low, middle) if isinstance(judge(middle), Collapse) else (middle, refuted)
            )
    return proved, refuted
