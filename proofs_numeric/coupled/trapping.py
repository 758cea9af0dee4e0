r"""The inequalities of T6b: which caps trap every oscillator, and where the flow contracts.

With :math:`\ell_i = \langle y_i, g_i \rangle`, :math:`a_i = \|A_i y_i\|`, residual :math:`f_i`
and push :math:`q_i = \|f_i\| + e_i + \eta + \omega` at a centre y, the cap of angles
:math:`\varphi = 2u` traps if :math:`2 \sin u (\ell_i \cos u - a_i \sin u - s_i) > q_i` for all i;
the logarithm of the left side is concave in u, so that two caps that trap have all between them
trap. The flow contracts within it if :math:`\rho_i = \ell_i \cos \varphi - (a_i + \|f_i\|) \sin
\varphi - 2 s_i \sin u - e_i - s_i - 2 \eta > 0`. Angles are sought in floats, and the inequalities
proved for the float :math:`\tan(u/2)`, whose sines and cosines are rational.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.coupled.forces import Forces
from lohe.proofs_numeric.coupled.volume import half_sine
from lohe.proofs_numeric.enclosure import down, float_down, float_up, up
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["Hold", "contraction_lower", "trapping_angles", "traps"]

Floats = NDArray[np.float64]

_GOLDEN = (math.sqrt(5.0) - 1) / 2
_PROBES = 80
# Forces below this may be no more than what bounds of products of floats leave undetermined.
_FAINT = 2.0**-400


@dataclass(frozen=True, eq=False)
class Hold:
    r"""What holds every oscillator at the centre of a cap, and what moves it, on any device.

    Parameters
    ----------
    along : (n,) array
        Lower bounds of :math:`\ell_i`.
    rotation, residual, crosstalk : (n,) arrays
        Upper bounds of :math:`a_i`, :math:`\|f_i\|` and :math:`s_i`.
    push, loss : (n,) arrays
        Upper bounds of :math:`q_i` and of :math:`e_i + s_i + 2\eta`.
    """

    along: Floats
    rotation: Floats
    residual: Floats
    crosstalk: Floats
    push: Floats
    loss: Floats

    @classmethod
    def of(cls, forces: Forces, errors: Floats, uncertainty: Uncertainty) -> Hold:
        """Add up what the devices may do, given upper bounds `errors` of their drives' errors."""
        eta, omega = uncertainty.crosstalk, uncertainty.frequency
        push, loss = forces.residual_upper, forces.crosstalk_upper
        if np.any(errors):
            push, loss = up(push + errors), up(loss + errors)
        for figure in (eta, omega):
            push = up(push + figure) if figure else push
        loss = up(loss + 2 * eta) if eta else loss
        return cls(
            forces.along_lower,
            forces.rotation_upper,
            forces.residual_upper,
            forces.crosstalk_upper,
            push,
            loss,
        )


def trapping_angles(hold: Hold) -> tuple[float, float] | str:
    """Find the smallest and the largest u that trap, in floats.

    Returns
    -------
    inner, outer, or str
        Angles u in radians, or the reason why none was found.
    """
    margin = hold.along - hold.crosstalk
    weakest = int(np.argmin(np.where(np.isnan(margin), -np.inf, margin)))
    if not margin[weakest] > 0:
        if not hold.along[weakest] > _FAINT:
            return f"nothing holds oscillator {weakest} at its resting point, or too faintly"
        return (
            f"oscillator {weakest} may feel crosstalk of {hold.crosstalk[weakest]:.6g}, not less "
            f"than the force {hold.along[weakest]:.6g} that holds it at its resting point"
        )
    if not np.all(np.isfinite(hold.push)):
        return f"the errors of oscillator {int(np.argmax(hold.push))} exceed the range of floats"
    # The bracket is ||(l, a)|| cos(u + psi) - s: positive below this u.
    force = np.hypot(hold.along, hold.rotation)
    lag = np.arctan2(hold.rotation, hold.along)
    largest = float(np.min(np.arccos(np.minimum(hold.crosstalk / force, 1.0)) - lag))
    middle = _middle(hold, largest)
    if middle is None:
        return _too_much_push(hold, largest)
    outer = _bisect(lambda u: _ratio(hold, u) > 1, middle, largest, 60)
    # No u below this traps, since sin u < u.
    least = float(np.max(hold.push / (2 * margin)))
    start = math.log(max(least, float(np.finfo(np.float64).tiny)))
    inner = _bisect(lambda v: _ratio(hold, math.exp(v)) > 1, math.log(middle), start, 40)
    return math.exp(inner), outer


def _ratio(hold: Hold, u: float) -> float:
    """Return the least trapping force over push, in floats; its logarithm is concave in u."""
    sine, cosine = math.sin(u), math.cos(u)
    bracket = hold.along * cosine - hold.rotation * sine - hold.crosstalk
    return float(np.min(2 * sine * bracket / np.maximum(hold.push, 1e-300)))


def _middle(hold: Hold, largest: float) -> float | None:
    """Seek a u that traps between 0 and `largest`, by golden section."""
    if not largest > 0:
        return None
    low, high = 0.0, largest
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = _ratio(hold, left), _ratio(hold, right)
    for _ in range(_PROBES):
        if at_left > 1:
            return left
        if at_right > 1:
            return right
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = _ratio(hold, left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = _ratio(hold, right)
    return None


def _too_much_push(hold: Hold, largest: float) -> str:
    u = max(largest, 0.0) / 2
    bracket = hold.along * np.cos(u) - hold.rotation * np.sin(u) - hold.crosstalk
    worst = int(np.argmin(2 * np.sin(u) * bracket - hold.push))
    return (
        f"no cap traps: oscillator {worst} may be pushed by {hold.push[worst]:.6g}, is held by "
        f"{hold.along[worst]:.6g}, turned by {hold.rotation[worst]:.6g} and feels crosstalk "
        f"{hold.crosstalk[worst]:.6g}"
    )


def _bisect(good: Callable[[float], bool], inside: float, outside: float, steps: int) -> float:
    """Move from an argument that is good towards one that is not, as far as it stays good."""
    for _ in range(steps):
        middle = (inside + outside) / 2
        if good(middle):
            inside = middle
        else:
            outside = middle
    return inside


def traps(hold: Hold, tangent: float) -> bool:
    """Prove that the cap encoded by `tangent` traps on every device."""
    sine, cosine = half_sine(tangent), _half_cosine(tangent)
    against = up(up(hold.rotation * float_up(sine)) + hold.crosstalk)
    bracket = down(down(hold.along * float_down(cosine)) - against)
    force = down(2 * float_down(sine) * bracket)
    return bool(np.all((hold.along > 0) & (bracket > 0) & (force > hold.push)))


def contraction_lower(hold: Hold, tangent: float) -> float:
    """Bound the rate of contraction within that cap from below, on every device; 0.0 if none."""
    sine = half_sine(tangent)
    cosine_full = float_down(1 - 2 * sine**2)
    if cosine_full <= 0:
        return 0.0
    sine_full = float_up(2 * sine * _half_cosine(tangent))
    lost = up(up(hold.rotation + hold.residual) * sine_full)
    lost = up(lost + up(2 * float_up(sine) * hold.crosstalk))
    rates = down(down(hold.along * cosine_full) - up(lost + hold.loss))
    return max(float(np.min(rates)), 0.0)


def _half_cosine(tangent: float) -> Fraction:
    t = Fraction(tangent)
    return (1 - t * t) / (1 + t * t)
