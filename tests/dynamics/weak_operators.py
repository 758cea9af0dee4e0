"""One step of a Langevin method as a matrix on smooth functions: weak errors without sampling.

The half steps of the flow are taken from the code on a grid and act by composition; the Brownian
step multiplies each harmonic by its mean.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import legendre
from scipy.linalg import expm
from scipy.special import roots_genlaguerre


def circles(motion, modes):
    """Operator of one step and generator, on Fourier modes |k| <= modes of n planar oscillators.

    Returns the operator, the generator, and the (n, modes...) wave numbers.
    """
    n, size = motion.network.n, 2 * modes + 1
    angles = 2 * np.pi * np.arange(size) / size
    grid = np.stack([a.ravel() for a in np.meshgrid(*[angles] * n, indexing="ij")])
    waves = np.arange(-modes, modes + 1)
    numbers = np.stack([k.ravel() for k in np.meshgrid(*[waves] * n, indexing="ij")])
    states = np.stack([np.cos(grid), np.sin(grid)], axis=1)
    moved = motion.half(states)
    after = np.arctan2(moved[:, 1], moved[:, 0])
    analyse = np.exp(-1j * numbers.T @ grid) / grid.shape[1]
    half = analyse @ np.exp(1j * after.T @ numbers)
    noise = np.exp(-0.5 * motion.deviation**2 @ numbers.astype(float) ** 2)
    step = half @ (noise[:, np.newaxis] * half)
    # The generator by its action on each wave, sampled on the grid.
    velocity = speeds(motion.network, states)
    values = np.exp(1j * grid.T @ numbers)
    drift = (1j * velocity.T @ numbers) * values
    diffusion = -(motion.diffusivity @ numbers.astype(float) ** 2) * values
    return step, analyse @ (drift + diffusion), numbers


def speeds(network, states):
    """Angular velocities of planar states (n, 2, points)."""
    from lohe.dynamics.field import vector_field

    x = np.moveaxis(states, -1, 0)
    v = vector_field(network, x)
    return (x[..., 0] * v[..., 1] - x[..., 1] * v[..., 0]).T


def sphere(motion, modes):
    """Operator of one step and generator on Legendre modes, one oscillator driven along axis 0."""
    cosines, weights = legendre.leggauss(2 * modes)
    states = np.stack([cosines, np.sqrt(1 - cosines**2), np.zeros_like(cosines)])[np.newaxis]
    moved = motion.half(states)[0, 0]
    degrees = np.arange(modes)
    analyse = (degrees + 0.5)[:, np.newaxis] * legendre.legvander(cosines, modes - 1).T * weights
    half = analyse @ legendre.legvander(moved, modes - 1)
    half_square, masses = roots_genlaguerre(60, 0.0)
    radii = np.sqrt(2 * half_square) * motion.deviation[0]
    noise = masses @ legendre.legvander(np.cos(radii), modes - 1)
    step = half @ (noise[:, np.newaxis] * half)
    force = motion.network.drive[0, 0]
    slopes = np.stack(
        [legendre.legval(cosines, legendre.legder(row)) for row in np.eye(modes)], axis=1
    )
    drift = analyse @ (force * (1 - cosines**2)[:, np.newaxis] * slopes)
    diffusion = -motion.diffusivity[0] * np.diag(degrees * (degrees + 1.0))
    return step, drift + diffusion


def error(step, generator, steps, time, function):
    """Largest coefficient of the weak error after `time`."""
    sampled = np.linalg.matrix_power(step, steps) @ function
    return np.abs(sampled - expm(generator * time) @ function).max()
