r"""Random systems of particles on which schemes are compared.

On the quadratic energy, from rest, positions and momenta of all particles are those at the start
times common matrices, and on the bilinear one those and a column of ones (theorem L8). So a cloud
acts by its second moments alone, and on the bilinear energy by its mean too: it is drawn, and
replaced by d points, or d + 1, with the same. The energies are the same, call by call, up to
rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.particles import Particles
from lohe.dynamics.errors import InputError

__all__ = ["Cloud", "random_clouds", "reduced"]

Floats = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Cloud:
    """A system and where its particles start.

    Parameters
    ----------
    particles : Particles
        A system, or a stack of them.
    x : (..., N, d) array
        Positions at the start.
    """

    particles: Particles
    x: Floats


def random_clouds(
    rng: np.random.Generator,
    count: int,
    d: int,
    condition: float,
    *,
    energy: Literal["quadratic", "bilinear"],
    size: int = 256,
) -> Cloud:
    """Draw a stack of clouds.

    A and Q have eigenvalues from 1 down to 1/condition, log-uniform in between, and axes of their
    own, uniform among rotations. A cloud is normal with unit covariance around a mean of length 1
    in a uniform direction.

    Parameters
    ----------
    rng
        Source.
    count : int
        How many.
    d : int
        Dimension.
    condition : float
        Of A and of Q, at least 1; 1 in one dimension.
    energy
        See `Particles`.
    size : int
        Particles in a cloud, more than d.

    Raises
    ------
    InputError
        For sizes that are not positive, conditions below 1, and others than 1 in one dimension.

    Examples
    --------
    >>> clouds = random_clouds(np.random.default_rng(0), 5, 3, 10.0, energy="quadratic")
    >>> clouds.x.shape, round(float(np.linalg.cond(clouds.particles.stiffness[0])), 6)
    ((5, 256, 3), 10.0)
    """
    if min(count, d) < 1 or size <= d:
        raise InputError(
            f"{count} clouds of {size} particles in dimension {d}; take one or more, of more "
            "particles than dimensions"
        )
    if not condition >= 1 or (d == 1 and condition != 1):
        raise InputError(f"a condition of {condition:g} in dimension {d}; it is 1 or, from 2, more")
    kernel, stiffness = (_matrices(rng, count, d, condition) for _ in range(2))
    mean = rng.standard_normal((count, 1, d))
    mean /= np.linalg.norm(mean, axis=-1, keepdims=True)
    x = rng.standard_normal((count, size, d)) + mean
    return Cloud(Particles(kernel, stiffness, energy), x)


def reduced(clouds: Cloud) -> Cloud:
    """Return clouds of few particles with the same energies, call by call; see the module."""
    particles, x = clouds.particles, clouds.x
    d = x.shape[-1]
    mean, points = 0.0, np.sqrt(d) * np.eye(d)
    if particles.energy == "bilinear":
        mean = x.mean(axis=-2, keepdims=True)
        beside_ones = np.concatenate([np.ones((d + 1, 1)), np.eye(d + 1, d)], axis=1)
        points = np.sqrt(d + 1) * np.linalg.qr(beside_ones)[0][:, 1:]
    spread = x - mean
    moments = spread.mT @ spread / x.shape[-2]
    return Cloud(particles, mean + points @ np.linalg.cholesky(moments).mT)


def _matrices(rng: np.random.Generator, count: int, d: int, condition: float) -> Floats:
    spectrum = condition ** -rng.random((count, d))
    spectrum[:, 0] = 1
    spectrum[:, -1] = 1 / condition
    axes, triangle = np.linalg.qr(rng.standard_normal((count, d, d)))
    axes *= np.sign(np.diagonal(triangle, axis1=-2, axis2=-1))[:, None]  # else not uniform
    found = (axes * spectrum[:, None]) @ axes.mT
    return np.asarray((found + found.mT) / 2)
