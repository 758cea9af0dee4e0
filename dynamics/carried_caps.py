r"""How many starts the flow carries into a cap: exact, as the flow maps caps to caps.

The cap :math:`\{x : \langle u, x\rangle \ge b\}` is the set of light-cone points
:math:`(x, 1)` on which the covector :math:`(u, -b)` is non-negative. T1's flow and T5's are the
linear maps :math:`\exp(tM)` of the cone, so the starts that end in a cap are again a cap, that of
the covector :math:`\exp(tM)^\top (u, -b)`; and the share of a cap in the sphere is a Beta
probability (T2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from lohe.dynamics.errors import InputError
from lohe.dynamics.sphere import norm

__all__ = ["Caps", "caps_around", "carried_by_drive", "carried_by_motion", "share_of_sphere"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Caps:
    r"""Caps :math:`\{x : \langle u, x\rangle \ge b\}`, each scaled so that u is a unit vector.

    Parameters
    ----------
    pole : (..., d) array
        u.
    level : (...) array
        b, the cosine of the half-angle.
    log_gap : (...) array
        :math:`\log(1 - b^2)`, which tells caps that leave out less than rounding sees from the
        whole sphere.
    """

    pole: Floats
    level: Floats
    log_gap: Floats


def caps_around(points: Floats, epsilon: float) -> Caps:
    """Return the caps of points within the distance `epsilon` of given ones.

    Parameters
    ----------
    points : (..., d) array
        On the sphere.
    epsilon
        A chord between 0 and 2; shares of what is carried into the cap are right, relatively, to
        about 1e-15/epsilon^2.

    Raises
    ------
    InputError
        For another chord.
    """
    if not 0 < epsilon < 2:
        raise InputError(f"epsilon is {epsilon}; a distance on the sphere is between 0 and 2")
    quarter = (epsilon / 2) ** 2
    shape = points.shape[:-1]
    return Caps(
        points,
        np.full(shape, 1 - 2 * quarter),
        np.full(shape, np.log(4 * quarter) + np.log1p(-quarter)),
    )


def carried_by_drive(caps: Caps, drive: Floats, t: float) -> Caps:
    """Return the starts that a constant drive carries into caps within a time (T1).

    Parameters
    ----------
    caps
    drive : (..., d) array
        One per cap; without drive a start stays.
    t
        Not negative.

    Returns
    -------
    Caps
    """
    length = norm(drive)
    toward = drive / np.where(length > 0, length, 1.0)[..., np.newaxis]
    exponent = length * t
    along = np.einsum("...d,...d->...", caps.pole, toward)
    # The boost by `exponent`, scaled by its exponential, so that nothing overflows.
    shrunk, shrunk_twice = np.exp(-exponent), np.exp(-2 * exponent)
    sum_, gap = (1 + shrunk_twice) / 2, (1 - shrunk_twice) / 2
    raised = sum_ * along - gap * caps.level
    level = sum_ * caps.level - gap * along
    across = caps.pole - along[..., np.newaxis] * toward
    pole = raised[..., np.newaxis] * toward + shrunk[..., np.newaxis] * across
    return _scaled(pole, level, caps.log_gap - 2 * exponent)


def carried_by_motion(caps: Caps, motion: Floats) -> Caps:
    """Return the starts that `lorentz_motion` carries into caps (T5).

    Parameters
    ----------
    caps
    motion : (..., d + 1, d + 1) array
        Its scale is not known, so rounding counts: the share of caps that were of chord epsilon
        is right to about 2e-8/epsilon on the circle, and better in higher dimension.

    Returns
    -------
    Caps
    """
    covector = np.concatenate([caps.pole, -np.asarray(caps.level)[..., np.newaxis]], axis=-1)
    moved = np.einsum("...i,...ij->...j", covector, motion)
    length = norm(moved[..., :-1])
    level = np.clip(-moved[..., -1] / length, -1.0, 1.0)
    with np.errstate(divide="ignore"):
        log_gap = np.log((1 - level) * (1 + level))
    return Caps(moved[..., :-1] / length[..., np.newaxis], level, log_gap)


def share_of_sphere(caps: Caps) -> Floats:
    """Return the probability that a uniform point lies in each cap.

    Examples
    --------
    >>> half = Caps(np.array([1.0, 0.0, 0.0]), np.array(0.0), np.array(0.0))
    >>> float(share_of_sphere(half))
    0.5
    """
    d = caps.pole.shape[-1]
    a = (d - 1) / 2
    # (1 - |b|)/2 without cancellation: the share of the smaller of the cap and its complement.
    smaller = betainc(a, a, np.exp(caps.log_gap) / (2 * (1 + np.abs(caps.level))))
    return np.asarray(np.where(caps.level >= 0, smaller, 1 - smaller))


def _scaled(pole: Floats, level: Floats, log_gap: Floats) -> Caps:
    """Make the pole a unit vector; the gap, a quadratic form, scales with its square."""
    inverse = 1 / norm(pole)
    return Caps(
        pole * inverse[..., np.newaxis],
        np.clip(level * inverse, -1.0, 1.0),
        np.minimum(log_gap + 2 * np.log(inverse), 0.0),
    )
