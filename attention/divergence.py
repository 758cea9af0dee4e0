"""Training that diverges, told from a model that cannot be trained at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lohe.attention.optim import Adam
from lohe.dynamics.errors import InputError

__all__ = ["DivergenceError", "naming_divergence"]


class DivergenceError(InputError):
    """The parameters have left the range that a model can be computed in.

    It is a result of the recipe and the seed: the same run diverges again.
    """


@contextmanager
def naming_divergence(optimiser: Adam, begun: int) -> Iterator[None]:
    """Raise `DivergenceError` for whatever a model refuses after this process has moved it.

    What is refused before is the fault of what was asked for, or of a program that has changed
    since a run was stopped.

    Parameters
    ----------
    optimiser
        Counts the steps.
    begun
        Steps at which this process began.

    Raises
    ------
    DivergenceError
        With the number of steps, and the refusal.
    """
    try:
        yield
    except InputError as error:
        if optimiser.steps == begun:
            raise
        raise DivergenceError(
            f"training diverged after {optimiser.steps} steps: {error}"
        ) from error
