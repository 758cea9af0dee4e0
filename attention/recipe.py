"""How a model is trained, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lohe.attention.optim import SCHEDULES
from lohe.dynamics.errors import InputError

__all__ = ["Recipe"]


@dataclass(frozen=True)
class Recipe:
    """Optimiser, schedule and length of a training run.

    Parameters
    ----------
    epochs, batch_size : int
        Passes over the training data, and sequences per step.
    learning_rate : float
        At the start.
    weight_decay : float
        See `Adam`.
    decay : {"decoupled", "gradient"}
        AdamW, or Adam with an L2 penalty; see `Adam`.
    schedule : {"cosine", "constant"}
        Of the learning rate; see `schedule`.
    schedule_per : {"step", "epoch"}
        Whether the rate moves after every step or every epoch.
    clip : float
        Largest norm of the gradient.
    keep : {"last", "best"}
        Whether the model is that of the last epoch, or of the one with the smallest loss on the
        validation split.
    warmup : int
        Steps over which the learning rate first rises in proportion; the schedule falls over the
        rest.
    second_rate : float
        Memory of the mean of squares; see `Adam`.
    scalar_rate : float
        How many times the learning rate an architecture's scalar parameters move at.

    Raises
    ------
    InputError
        For numbers that are not positive, and unknown names.
    """

    epochs: int
    batch_size: int = 64
    learning_rate: float = 5e-4
    weight_decay: float = 1e-4
    decay: Literal["decoupled", "gradient"] = "decoupled"
    schedule: Literal["cosine", "constant"] = "cosine"
    schedule_per: Literal["step", "epoch"] = "step"
    clip: float = 1.0
    keep: Literal["last", "best"] = "last"
    warmup: int = 0
    second_rate: float = 0.999
    scalar_rate: float = 1.0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "learning_rate", "clip", "scalar_rate"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}; it must be positive")
        for name in ("weight_decay", "warmup"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} is {getattr(self, name)}; it must not be negative")
        if not 0 < self.second_rate < 1:
            raise InputError(f"second_rate is {self.second_rate}; choose between 0 and 1")
        for name, choices in (
            ("decay", ("decoupled", "gradient")),
            ("schedule", SCHEDULES),
            ("schedule_per", ("step", "epoch")),
            ("keep", ("last", "best")),
        ):
            if getattr(self, name) not in choices:
                raise InputError(
                    f"{name} is {getattr(self, name)!r}; choose {' or '.join(choices)}"
                )
