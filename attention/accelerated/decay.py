r"""How fast the energy falls, classical against accelerated, at equal calls of the force.

On the quadratic energy the classical flow of linear attention loses its energy as 1/t, as the
kernel slows down what it has contracted. For one eigenvalue a q the accelerated flow with
:math:`\alpha = r/t` has the solution :math:`c(t)^2 = (r - 1)/(a q\,t^2)` for the factor c by which
the particles have shrunk, to which every other one tends: it loses its energy as 1/t² (theorem
L9). `lohe bench decay` measures both on random systems.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.config import calls_of_a_step
from lohe.attention.accelerated.course import particle_steps
from lohe.attention.accelerated.damping import Damping
from lohe.attention.accelerated.particles import Particles
from lohe.dynamics.errors import InputError

__all__ = ["EnergyDecay", "best_decay", "energy_decay"]

Floats = NDArray[Any]


@dataclass(frozen=True, eq=False)
class EnergyDecay:
    """The energy of one run.

    Parameters
    ----------
    scheme, step
        What was run.
    calls : (n,) array of int
        Evaluations of the force so far.
    energy : (n, ...) array
        U after them; for a stack of systems, of each.
    """

    scheme: str
    step: float
    calls: NDArray[np.int64]
    energy: Floats

    @property
    def final(self) -> Any:
        """The last energy: a float, or an array of them."""
        return self.energy[-1] if self.energy.ndim > 1 else self.energy[-1].item()


def energy_decay(
    particles: Particles,
    x: Floats,
    scheme: str,
    *,
    step: float,
    calls: int,
    damping: Damping | None = None,
) -> EnergyDecay:
    """Run a scheme from rest, and record the energy.

    Parameters
    ----------
    particles, scheme, step, damping
        See `run_particles`.
    x : (..., N, d) array
        Positions at the start.
    calls : int
        Evaluations of the force to spend, of which whole steps are taken.

    Returns
    -------
    EnergyDecay
        Where the run leaves every bound, infinity from there on.
    """
    each = calls_of_a_step(scheme)
    states = particle_steps(particles, scheme, x, step=step, steps=calls // each, damping=damping)
    energy = np.full((calls // each + 1, *x.shape[:-2]), np.inf)
    with np.errstate(all="ignore"):
        for k, (here, _) in enumerate(states):
            energy[k] = particles.potential(here)
            if not np.isfinite(energy[k]).any():
                break
    energy[np.maximum.accumulate(~np.isfinite(energy))] = np.inf
    return EnergyDecay(scheme, step, each * np.arange(len(energy)), energy)


def best_decay(
    particles: Particles,
    x: Floats,
    scheme: str,
    *,
    steps: Sequence[float],
    calls: int,
    damping: Damping | None = None,
) -> EnergyDecay:
    """Return the run with the lowest final energy among several steps.

    A step that is good for one scheme is not for another, so each is to be judged at its best. The
    arguments are those of `energy_decay` for one system, but for ``steps``, which are tried in
    turn.

    Raises
    ------
    InputError
        If no step is given.

    Examples
    --------
    >>> one, x = Particles(np.eye(1), np.eye(1)), np.array([[1.0], [-1.0]])
    >>> steps = (0.05, 0.1, 0.2, 0.4)
    >>> slow = best_decay(one, x, "classical", steps=steps, calls=200).final
    >>> best_decay(one, x, "presymplectic_euler", steps=steps, calls=200).final < slow / 4
    True
    """
    if not steps:
        raise InputError("give at least one step to try")
    runs = [
        energy_decay(particles, x, scheme, step=step, calls=calls, damping=damping)
        for step in steps
    ]
    return min(runs, key=lambda run: run.final)
