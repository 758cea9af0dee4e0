"""One oscillator with a natural frequency (T5): its flow is linear on the light cone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.sphere import norm

__all__ = [
    "apply_motion",
    "attractor",
    "lorentz_flow",
    "lorentz_generator",
    "lorentz_motion",
]

Floats = NDArray[np.float64]

_SERIES = 15  # 0.5^16/16! is 7e-19, below rounding


def lorentz_generator(drive: Floats, frequency: Floats) -> Floats:
    """Assemble M = [[A, h], [h^T, 0]], an element of the Lie algebra so(d, 1).

    Parameters
    ----------
    drive : (..., d) array
    frequency : (..., d, d) array

    Returns
    -------
    (..., d + 1, d + 1) array

    Examples
    --------
    >>> lorentz_generator(np.array([2.0, 0.0]), np.array([[0.0, -1.0], [1.0, 0.0]]))
    array([[ 0., -1.,  2.],
           [ 1.,  0.,  0.],
           [ 2.,  0.,  0.]])
    """
    d = drive.shape[-1]
    leading = np.broadcast_shapes(drive.shape[:-1], frequency.shape[:-2])
    generator = np.zeros((*leading, d + 1, d + 1))
    generator[..., :d, :d] = frequency
    generator[..., :d, d] = drive
    generator[..., d, :d] = drive
    return generator


def lorentz_flow(x0: Floats, drive: Floats, frequency: ArrayLike, t: Floats) -> Floats:
    r"""Follow :math:`\dot x = Ax + P_x h` exactly, as a Möbius map of the sphere.

    The point x lifts to z = (x, 1) on the light cone, where the flow is :math:`\dot z = Mz`;
    x(t) is the direction of the first d coordinates of exp(tM) z. Only the direction counts, so
    the exponential drops its scale at every squaring, and nothing overflows. Rounding grows like
    ||tM|| in a rotation that never locks, as the phase itself does.

    Parameters
    ----------
    x0 : (..., d) array
        Starts on the sphere.
    drive : (..., d) array
        Constant drives.
    frequency : (..., d, d) array
        Skew-symmetric natural frequencies.
    t : (...,) array
        Times.

    Returns
    -------
    (..., d) array

    Raises
    ------
    InputError
        If the frequency is not finite, not skew or of another shape.

    References
    ----------
    T. Tanaka, Solvable model of the collective motion of heterogeneous particles interacting on
    a sphere, New J. Phys. 16 (2014) 023016. M. Lipton, R. Mirollo, S. H. Strogatz, The Kuramoto
    model on a sphere: explaining its low-dimensional dynamics with group theory and hyperbolic
    geometry, Chaos 31 (2021) 093113.

    Examples
    --------
    >>> quarter_turn = np.pi / 2 * np.array([[0.0, -1.0], [1.0, 0.0]])
    >>> start, still = np.array([1.0, 0.0]), np.zeros(2)
    >>> abs(lorentz_flow(start, still, quarter_turn, np.array(1.0))).round(12)
    array([0., 1.])
    """
    rotation = np.asarray(frequency, dtype=np.float64)
    d = x0.shape[-1]
    if rotation.ndim < 2 or rotation.shape[-2:] != (d, d):
        raise InputError(f"frequency has shape {rotation.shape}; expected (..., {d}, {d})")
    if not np.all(np.isfinite(rotation)):
        raise InputError("frequency has NaN or infinite entries")
    if np.any(rotation != -np.swapaxes(rotation, -1, -2)):
        raise InputError("frequency must be skew-symmetric: A = -A^T, exactly")
    return apply_motion(lorentz_motion(drive, rotation, t), x0)


def lorentz_motion(drive: Floats, frequency: Floats, t: Floats) -> Floats:
    """Return exp(tM) of each oscillator, up to a positive factor: its motion over a time `t`.

    Parameters
    ----------
    drive : (..., d) array
    frequency : (..., d, d) array
        Skew-symmetric.
    t : (...,) array

    Returns
    -------
    (..., d + 1, d + 1) array

    Raises
    ------
    InputError
        If the exponent overflows.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        exponent = lorentz_generator(drive, frequency) * np.asarray(t)[..., np.newaxis, np.newaxis]
    if not np.all(np.isfinite(exponent)):
        raise InputError("drive, frequency and time are too large; scale them down")
    return _projective_exponential(exponent)


def apply_motion(motion: Floats, x0: Floats) -> Floats:
    """Move points by what `lorentz_motion` found.

    Parameters
    ----------
    motion : (..., d + 1, d + 1) array
    x0 : (..., d) array
        Points on the sphere.

    Returns
    -------
    (..., d) array

    Raises
    ------
    InputError
        If a start lies on the repelling point within rounding.
    """
    d = x0.shape[-1]
    moved = np.einsum("...ij,...j->...i", motion[..., :d, :d], x0) + motion[..., :d, d]
    length = norm(moved)[..., np.newaxis]
    if not np.all(length > 0):
        raise InputError("a start lies on the repelling point within rounding; shorten the time")
    return np.asarray(moved / length)


def _projective_exponential(generator: Floats) -> Floats:
    """Return exp(generator), each matrix up to a positive factor.

    Series at norm 1/2, then squaring, as often as each matrix needs: more would add rounding.
    """
    size = 2 * generator.shape[-1] * np.max(np.abs(generator), axis=(-2, -1))
    squarings = np.maximum(0, np.frexp(size)[1])
    small = np.ldexp(generator, -squarings[..., np.newaxis, np.newaxis])
    identity = np.eye(generator.shape[-1])
    motion = np.broadcast_to(identity, generator.shape).copy()
    for order in range(_SERIES, 0, -1):
        motion = identity + small @ motion / order
    for done in range(int(squarings.max(initial=0))):
        rows = squarings > done
        squared = motion[rows] @ motion[rows]
        motion[rows] = squared / np.max(np.abs(squared), axis=(-2, -1), keepdims=True)
    return motion


def attractor(drive: Floats, frequency: Floats) -> Floats:
    """Locate the attracting fixed point of each oscillator (T5), in rounded arithmetic.

    It is the eigenvector of M to its positive eigenvalue, projected from the light cone.

    Parameters
    ----------
    drive : (n, d) array
    frequency : (n, d, d) array

    Returns
    -------
    (n, d) array
        NaN in the rows of oscillators that do not lock.

    Examples
    --------
    >>> attractor(np.array([[2.0, 0.0]]), np.zeros((1, 2, 2)))
    array([[1., 0.]])
    """
    generator = lorentz_generator(drive, frequency)
    values, vectors = np.linalg.eig(generator)
    lead = np.argmax(values.real, axis=-1)
    rate = np.take_along_axis(values.real, lead[:, np.newaxis], axis=-1)[:, 0]
    chosen = np.take_along_axis(vectors, lead[:, np.newaxis, np.newaxis], axis=-1)[..., 0].real
    # Rounding moves the defective zero eigenvalue at the edge of locking by about its cube root.
    scale = np.max(np.abs(generator), axis=(-2, -1))
    locked = rate > np.cbrt(np.finfo(np.float64).eps) * scale
    point = np.where(locked[:, np.newaxis], chosen[:, :-1] * np.sign(chosen[:, -1:]), 1.0)
    return np.where(locked[:, np.newaxis], point / norm(point)[:, np.newaxis], np.nan)
