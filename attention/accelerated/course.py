"""Schemes on particles without a network: the classical flow's, and those that carry momenta."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.coefficients import MULTISTEP, coefficients
from lohe.attention.accelerated.damping import Damping
from lohe.attention.accelerated.multistep import multistep
from lohe.attention.accelerated.particles import Particles
from lohe.attention.accelerated.strang import strang_step
from lohe.dynamics.errors import InputError

__all__ = ["CLASSICAL", "SCHEMES", "particle_steps", "run_particles"]

Floats = NDArray[Any]

CLASSICAL = ("classical", "rescaled")
r"""Euler steps of the first-order flow, and the same with steps that grow as the kernel weakens,
as one over :math:`\operatorname{tr}(AX^\top X)`, of the mean on the bilinear energy. The second is
not of the paper: it is what the first could do if its step knew how far the particles, or their
mean, have contracted."""

SCHEMES = (*CLASSICAL, *MULTISTEP, "strang")
"""Those, and the ones that carry momenta."""

_START = 1.0  # time at which the damping starts
_LEAST = 1e-200  # of what is divided by, where all particles have met


def run_particles(
    particles: Particles,
    scheme: str,
    x: Floats,
    y: Floats | None = None,
    *,
    step: float,
    steps: int,
    damping: Damping | None = None,
    coupling: float = 0.5,
) -> tuple[Floats, Floats]:
    """Run a scheme.

    Parameters
    ----------
    particles
        The system.
    scheme
        One of `SCHEMES`.
    x, y : (N, d) array
        Positions and momenta at time 1; at rest where y is left out.
    step : float
        Of positions and momenta, and of the damping's time.
    steps : int
        How many.
    damping
        By default 3/t.
    coupling : float
        Of ``"strang"``, see `strang_step`.

    Returns
    -------
    positions, momenta : (steps + 1, N, d) array

    Raises
    ------
    InputError
        For an unknown scheme.
    """
    states = particle_steps(
        particles, scheme, x, y, step=step, steps=steps, damping=damping, coupling=coupling
    )
    xs, ys = zip(*states, strict=True)
    return np.stack(xs), np.stack(ys)


def particle_steps(
    particles: Particles,
    scheme: str,
    x: Floats,
    y: Floats | None = None,
    *,
    step: float,
    steps: int,
    damping: Damping | None = None,
    coupling: float = 0.5,
) -> Iterator[tuple[Floats, Floats]]:
    """Yield positions and momenta step by step, the start first, for `run_particles`' arguments."""
    if scheme not in SCHEMES:
        raise InputError(f"no scheme {scheme!r}; choose one of {', '.join(SCHEMES)}")
    damping = Damping(3.0, 0.0) if damping is None else damping
    y, before = np.zeros_like(x) if y is None else y, None
    yield x, y
    spread = _spread(particles, x)
    for k in range(steps):
        start, end = _START + k * step, _START + (k + 1) * step
        if scheme == "classical":
            x = x + step * particles.classical(x)
        elif scheme == "rescaled":
            now = np.maximum(_spread(particles, x), _LEAST)
            x = x + step * (spread / now) * particles.classical(x)
        elif scheme == "strang":
            falls = damping.fall(start, start + step / 2), damping.fall(start + step / 2, end)
            x, y, _ = strang_step(particles.field, x, y, step=step, coupling=coupling, falls=falls)
        else:
            c, _ = coefficients(
                scheme, step, step, damping, start=start, end=end, first=before is None
            )
            moved, y, slopes, _ = multistep(particles.field(x), y, before, c)
            before = slopes if scheme.endswith("adams_bashforth") else None
            x = x + moved
        yield x, y


def _spread(particles: Particles, x: Floats) -> Floats:
    """Return tr(A Xᵀ X), (..., 1, 1): how strong the kernel is where the energy is made."""
    if particles.energy == "bilinear":
        x = x.mean(axis=-2, keepdims=True)
    return np.asarray(np.sum((x @ particles.kernel) * x, axis=(-2, -1), keepdims=True))
