"""What counts and confidences must satisfy."""

from __future__ import annotations

from lohe.dynamics.errors import InputError

__all__ = ["require_confidence", "require_counts"]


def require_confidence(confidence: float) -> None:
    """Refuse a confidence that is not between 0 and 1.

    Raises
    ------
    InputError
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}; choose it between 0 and 1, such as 0.99")


def require_counts(successes: int, trials: int) -> None:
    """Refuse a number of successes that does not fit the number of trials.

    Raises
    ------
    InputError
    """
    if not 0 <= successes <= trials:
        raise InputError(
            f"{successes} successes of {trials} trials is not a count; need 0 <= k <= n"
        )
