"""Adam and AdamW on one parameter vector, clipping by the global norm, rate schedules."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["SCHEDULES", "Adam", "clip_norm", "schedule", "warm_up"]

Floats = NDArray[Any]

# Parameters at a time: few enough that the passes of a step stay in the cache.
_ENTRIES = 1 << 15


@dataclass
class Adam:
    """Adam (Kingma & Ba 2015) with either kind of weight decay; it holds its own state.

    Parameters
    ----------
    first, second : (n,) array
        Running means of the gradient and of its square; zeros at the start. Updated in place.
    steps : int
        Steps taken.
    weight_decay : float
        Strength of the pull towards zero, on every parameter.
    decay : {"decoupled", "gradient"}
        ``"decoupled"`` shrinks the parameters by rate·weight_decay beside the step: AdamW
        (Loshchilov & Hutter 2019). ``"gradient"`` adds weight_decay·parameter to the gradient.
    first_rate, second_rate, epsilon : float
        Memory of the two means, and the floor of the denominator.

    Examples
    --------
    >>> optimiser, vector = Adam(np.zeros(1), np.zeros(1)), np.array([1.0])
    >>> optimiser.step(vector, np.array([20.0]), rate=0.25)
    >>> vector.round(6)  # the first step has length `rate`, whatever the gradient's size
    array([0.75])
    """

    first: Floats
    second: Floats
    steps: int = 0
    weight_decay: float = 0.0
    decay: Literal["decoupled", "gradient"] = "decoupled"
    first_rate: float = 0.9
    second_rate: float = 0.999
    epsilon: float = 1e-8

    def step(
        self, vector: Floats, gradient: Floats, rate: float, factors: Floats | None = None
    ) -> None:
        """Move `vector` in place along one gradient.

        Parameters
        ----------
        vector, gradient : (n,) array
            Parameters and their gradient.
        rate : float
            The learning rate.
        factors : (n,) array, optional
            How many times the rate each parameter moves at; decoupled decay is at the rate itself.
        """
        self.steps += 1
        for start in range(0, vector.size, _ENTRIES):
            part = slice(start, start + _ENTRIES)
            speed = None if factors is None else factors[part]
            self._step(vector[part], gradient[part], part, rate, speed)

    def _step(
        self, vector: Floats, gradient: Floats, part: slice, rate: float, speed: Floats | None
    ) -> None:
        first, second = self.first[part], self.second[part]
        if self.decay == "gradient":
            gradient = gradient + self.weight_decay * vector
        else:
            vector *= 1 - rate * self.weight_decay
        change = gradient - first
        change *= 1 - self.first_rate
        first += change
        np.multiply(gradient, gradient, out=change)
        change -= second
        change *= 1 - self.second_rate
        second += change
        # Both bias corrections in the two numbers below, not in passes over the parameters.
        unbias = math.sqrt(1 - self.second_rate**self.steps)
        root = np.sqrt(second, out=change)
        root += self.epsilon * unbias
        np.divide(first, root, out=root)
        root *= rate * unbias / (1 - self.first_rate**self.steps)
        if speed is not None:
            root *= speed
        vector -= root


def clip_norm(gradient: Floats, limit: float) -> tuple[Floats, float]:
    """Scale a gradient down, in place, to a Euclidean norm of `limit` if it is longer.

    Returns
    -------
    clipped : array
        The gradient itself.
    norm : float
        The norm before.

    Raises
    ------
    InputError
        If the gradient is not finite.

    Examples
    --------
    >>> clip_norm(np.array([3.0, 4.0]), 1.0)
    (array([0.6, 0.8]), 5.0)
    """
    norm = math.sqrt(float(np.vdot(gradient, gradient)))
    if not math.isfinite(norm):
        raise InputError("the gradient is not finite; lower the learning rate")
    if norm > limit:
        gradient *= gradient.dtype.type(limit / norm)
    return gradient, norm


SCHEDULES = ("cosine", "constant")


def warm_up(step: int, warmup: int) -> float:
    """Return the factor of the learning rate in step 0, 1, ... of which the first are a warm-up.

    Examples
    --------
    >>> [warm_up(step, 2) for step in range(3)]
    [0.5, 1.0, 1.0]
    """
    return min(1.0, (step + 1) / warmup) if warmup else 1.0


def schedule(name: str, done: float) -> float:
    """Return the factor of the learning rate after the fraction `done` of the training.

    Parameters
    ----------
    name : {"cosine", "constant"}
        ``"cosine"`` falls from 1 to 0 as (1 + cos(pi done))/2.
    done : float
        From 0 to 1.

    Raises
    ------
    InputError
        For another name.

    Examples
    --------
    >>> schedule("cosine", 0.5), schedule("constant", 0.5)
    (0.5, 1.0)
    """
    if name == "cosine":
        return (1 + math.cos(math.pi * done)) / 2
    if name == "constant":
        return 1.0
    raise InputError(f"unknown schedule {name!r}; choose {' or '.join(SCHEDULES)}")
