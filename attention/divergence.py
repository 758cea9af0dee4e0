"""Training that diverges, told from a model that cannot be trained at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lohe.attention.optim import Adam
from lohe.dynamics.errors import InputError

__all__ = ["Diverged", "naming_divergence"]


class Diverged(InputError):
    """The parameters have left the range that a model can be computed in.

    It is a result of the recipe and the seed: the same run diverges again.
    """


@contextmanager
def naming_divergence(optimiser: Adam) -> Iterator[None]:
    """Raise `Diverged` for whatever a model refuses after its parameters have moved.

    What is refused before the first step is the fault of what was asked for.

    Raises
    ------
    Diverged
        With the number of steps, and the refusal.
    """
    try:
        yield
    except InputError as error:
        if not optimiser.steps:
            raise
        raise Diverged(f"training diverged after {optimiser.steps} steps: {error}") from error
