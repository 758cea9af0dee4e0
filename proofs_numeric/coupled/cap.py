r"""Certified caps: starts that reach the resting point on every device (T6b).

Around any centre of unit vectors y, with :math:`\ell_i = \langle y_i, g_i \rangle`, :math:`a_i =
\|A_i y_i\|`, residual :math:`f_i` and push :math:`q_i = \|f_i\| + e_i + \eta + \omega`, a cap of
angles :math:`\varphi = 2u` traps if :math:`2 \sin u (\ell_i \cos u - a_i \sin u - s_i) > q_i` for
all i. It holds between two angles if it holds at both. At the inner one the flow contracts if
:math:`\rho_i = \ell_i \cos \varphi - (a_i + \|f_i\|) \sin \varphi - 2 s_i \sin u - e_i - s_i - 2
\eta > 0`. The angles are found in floats, and proved for the floats that encode them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm
from lohe.proofs_numeric.coupled.centre import find_centre
from lohe.proofs_numeric.coupled.forces import Forces, enclose_forces
from lohe.proofs_numeric.coupled.volume import (
    angle_lower,
    angle_upper,
    half_sine,
    share_lower,
    volume_lower,
)
from lohe.proofs_numeric.coupled.weights import cap_weight_error_upper
from lohe.proofs_numeric.decoupled import Drives
from lohe.proofs_numeric.enclosure import down, float_down, float_up, up
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["Cap", "certify_cap"]

Floats = NDArray[np.float64]

# Slack of the proved angles beyond those found in floats, tried in turn.
_SLACKS = (1e-12, 1e-9, 1e-6, 1e-3)
_GOLDEN = (math.sqrt(5.0) - 1) / 2
_PROBES = 80
# How far the norms of a given centre's rows may be from 1.
_UNIT_GUARD = 1e-6
# Forces below this may be no more than what bounds of products of floats leave undetermined.
_FAINT = 2.0**-400


@dataclass(frozen=True, eq=False)
class Cap:
    r"""What is proved of all starts near a centre, on every device.

    Parameters
    ----------
    centre : (n, d) array
        Rows of floats; the centre is their exact directions.
    inner, outer
        :math:`\tan(u/2)` at the two angles :math:`\varphi = 2u`, exact floats.
    angle_lower
        Lower bound of the outer angle, in radians: every start with all angles to the centre
        below it converges to the device's one resting point near the centre.
    inner_upper
        Upper bound of the inner angle, in radians: that point has all angles to the centre at
        most this.
    rate_lower
        Positive lower bound of the rate at which starts within the inner angle converge.
    share_lower
        Share of the sphere within the outer angle.
    volume_lower
        Share of all states with every oscillator within it; 0.0 if below the smallest float.
    weight_error_upper
        Bound of the change of the attention weights (p = 1); None without couplings.
    """

    centre: Floats
    inner: float
    outer: float
    angle_lower: float
    inner_upper: float
    rate_lower: float
    share_lower: float
    volume_lower: float
    weight_error_upper: float | None


@dataclass(frozen=True, eq=False)
class _Terms:
    """The figures of every oscillator that the hypotheses compare, (n,) each."""

    along: Floats
    rotation: Floats
    residual: Floats
    crosstalk: Floats
    push: Floats
    loss: Floats  # e + s + 2 eta

    @classmethod
    def of(cls, forces: Forces, errors: Floats, uncertainty: Uncertainty) -> _Terms:
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


def certify_cap(
    network: Network,
    uncertainty: Uncertainty,
    centre: Floats | None = None,
    drives: Drives | None = None,
) -> Cap | str:
    """Prove a cap of starts that reach one resting point, on every device (T6b).

    Parameters
    ----------
    network
        Any network.
    uncertainty
        What the devices may differ in.
    centre : (n, d) array, optional
        Unit vectors near a resting point; by default one is sought (`find_centre`).
    drives
        The enclosed drives of the network, if they are known.

    Returns
    -------
    Cap, or str
        The reason why no cap is proved.

    Raises
    ------
    InputError
        If the uncertainty is of couplings or anchors, and the network has none; if the centre
        has not the network's shape, or its rows are no unit vectors.

    Examples
    --------
    >>> coupled = Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.2], [0.2, 0.0]])
    >>> cap = certify_cap(coupled, Uncertainty())
    >>> bool(abs(np.cos(cap.angle_lower / 2) - 0.2 / 1.2) < 1e-9), cap.inner_upper < 1e-12
    (True, True)
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        errors = uncertainty.drive_errors(network, drives)
        state = find_centre(network) if centre is None else _read(centre, network)
        if state is None:
            return "no resting point was found in floats to put a cap around"
        forces = enclose_forces(network, state)
        if forces is None:
            return "the network's entries exceed 2^200, beyond what floats bound here"
        terms = _Terms.of(forces, errors, uncertainty)
        found = _search(terms)
        if isinstance(found, str):
            return found
        proved = _prove(terms, *found)
    if isinstance(proved, str):
        return proved
    inner, outer, rate = proved
    error = None
    if network.couplings is not None and network.readout_exponent == 1:
        error = cap_weight_error_upper(network, uncertainty, state, inner)
    return Cap(
        centre=state,
        inner=inner,
        outer=outer,
        angle_lower=angle_lower(outer),
        inner_upper=angle_upper(inner),
        rate_lower=rate,
        share_lower=share_lower(outer, network.d),
        volume_lower=volume_lower(outer, network.d, network.n),
        weight_error_upper=error,
    )


def _read(centre: Floats, network: Network) -> Floats:
    rows = np.array(centre, dtype=np.float64)
    if rows.shape != (network.n, network.d):
        raise InputError(f"centre has shape {rows.shape}; expected {(network.n, network.d)}")
    if not np.all(np.abs(norm(rows) - 1) <= _UNIT_GUARD):
        raise InputError("centre has rows off the sphere; normalise them")
    return rows


def _search(terms: _Terms) -> tuple[float, float] | str:
    """Find the smallest and the largest u that trap, in floats, or say why there is none."""
    hold = terms.along - terms.crosstalk
    weakest = int(np.argmin(np.where(np.isnan(hold), -np.inf, hold)))
    if not hold[weakest] > 0:
        if not terms.along[weakest] > _FAINT:
            return f"nothing holds oscillator {weakest} at its resting point, or too faintly"
        return (
            f"oscillator {weakest} may feel crosstalk of {terms.crosstalk[weakest]:.6g}, not less "
            f"than the force {terms.along[weakest]:.6g} that holds it at its resting point"
        )
    if not np.all(np.isfinite(terms.push)):
        return f"the errors of oscillator {int(np.argmax(terms.push))} exceed the range of floats"
    # The bracket is ||(l, a)|| cos(u + psi) - s: positive below this u.
    force = np.hypot(terms.along, terms.rotation)
    lag = np.arctan2(terms.rotation, terms.along)
    largest = float(np.min(np.arccos(np.minimum(terms.crosstalk / force, 1.0)) - lag))
    middle = _trapping_angle(terms, largest)
    if middle is None:
        return _too_much_push(terms, largest)
    outer = _bisect(lambda u: _ratio(terms, u) > 1, middle, largest, 60)
    # No u below this traps, since sin u < u.
    least = float(np.max(terms.push / (2 * hold)))
    start = math.log(max(least, float(np.finfo(np.float64).tiny)))
    inner = _bisect(lambda v: _ratio(terms, math.exp(v)) > 1, math.log(middle), start, 40)
    return math.exp(inner), outer


def _ratio(terms: _Terms, u: float) -> float:
    """Return the least trapping force over push, in floats; its logarithm is concave in u."""
    sine, cosine = math.sin(u), math.cos(u)
    bracket = terms.along * cosine - terms.rotation * sine - terms.crosstalk
    return float(np.min(2 * sine * bracket / np.maximum(terms.push, 1e-300)))


def _trapping_angle(terms: _Terms, largest: float) -> float | None:
    """Seek a u that traps between 0 and `largest`, by golden section."""
    if not largest > 0:
        return None
    low, high = 0.0, largest
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = _ratio(terms, left), _ratio(terms, right)
    for _ in range(_PROBES):
        if at_left > 1:
            return left
        if at_right > 1:
            return right
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = _ratio(terms, left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = _ratio(terms, right)
    return None


def _too_much_push(terms: _Terms, largest: float) -> str:
    u = max(largest, 0.0) / 2
    bracket = terms.along * np.cos(u) - terms.rotation * np.sin(u) - terms.crosstalk
    worst = int(np.argmin(2 * np.sin(u) * bracket - terms.push))
    return (
        f"no cap traps: oscillator {worst} may be pushed by {terms.push[worst]:.6g}, is held by "
        f"{terms.along[worst]:.6g}, turned by {terms.rotation[worst]:.6g} and feels crosstalk "
        f"{terms.crosstalk[worst]:.6g}"
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


def _prove(terms: _Terms, inner: float, outer: float) -> tuple[float, float, float] | str:
    """Prove T6b at floats near tan(u/2) of both angles; return them and the rate, or why not."""
    for slack in _SLACKS:
        large = min(math.tan(outer / 2) * (1 - slack), math.nextafter(1.0, 0.0))
        small = math.tan(inner / 2) * (1 + slack)
        if not 0 < small <= large:
            continue
        if _traps(terms, small) and _traps(terms, large):
            rate = _rate_lower(terms, small)
            if rate > 0:
                return small, large, rate
            return (
                f"starts within {2 * outer:.6g} rad of the centre come and stay within "
                f"{2 * inner:.6g} rad, but may not all settle there: the errors are too large"
            )
    return "a cap was found in floats, but too narrow a one to be proved"


def _traps(terms: _Terms, tangent: float) -> bool:
    """Prove that the cap encoded by `tangent` traps on every device."""
    sine, cosine = half_sine(tangent), _half_cosine(tangent)
    against = up(up(terms.rotation * float_up(sine)) + terms.crosstalk)
    bracket = down(down(terms.along * float_down(cosine)) - against)
    force = down(2 * float_down(sine) * bracket)
    return bool(np.all((terms.along > 0) & (bracket > 0) & (force > terms.push)))


def _rate_lower(terms: _Terms, tangent: float) -> float:
    """Bound the contraction within the cap encoded by `tangent` from below; 0.0 if none."""
    sine = half_sine(tangent)
    cosine_full = float_down(1 - 2 * sine**2)
    if cosine_full <= 0:
        return 0.0
    sine_full = float_up(2 * sine * _half_cosine(tangent))
    lost = up(up(terms.rotation + terms.residual) * sine_full)
    lost = up(lost + up(2 * float_up(sine) * terms.crosstalk))
    rates = down(down(terms.along * cosine_full) - up(lost + terms.loss))
    return max(float(np.min(rates)), 0.0)


def _half_cosine(tangent: float) -> Fraction:
    t = Fraction(tangent)
    return (1 - t * t) / (1 + t * t)
