r"""One step of each scheme as numbers: how much of what enters the next momentum and position.

With :math:`R = G(X, Y) - \ell Y`, and what carries a 0 being of the step before,

.. math:: Y^+ = a Y + b R + b_0 R_0, \qquad X^+ = X + c F(X, \cdot) + c_0 F_0,

where F takes :math:`Y^+` in the presymplectic scheme and :math:`Y` in all others. With
:math:`\Delta = \eta(t^+) - \eta(t)`, :math:`\sigma = e^{-\Delta}`,
:math:`\varphi_1 = (1 - \sigma)/\Delta` and :math:`\varphi_2 = (1 - \varphi_1)/\Delta`:

===========================  ==========================================================
euler                        a = 1, b = h_Y, l = alpha(t)
exponential_euler            a = sigma, b = h_Y phi_1
presymplectic_euler          a = sigma, b = h_Y sigma
adams_bashforth              a = 1, b = 3/2 h_Y, b_0 = -1/2 h_Y, l = alpha(t)
exponential_adams_bashforth  a = sigma, b = h_Y (phi_1 + phi_2), b_0 = -h_Y phi_2
===========================  ==========================================================

and c = h_X, but 3/2 h_X and c_0 = -1/2 h_X in the last two, whose first step is that of the first
two. The exponential weights are those of Cox & Matthews (J. Comput. Phys. 176, 2002), at the mean
rate of damping over the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from lohe.attention.accelerated.damping import Damping

__all__ = ["MULTISTEP", "Coefficients", "coefficients"]

MULTISTEP = (
    "euler",
    "exponential_euler",
    "presymplectic_euler",
    "adams_bashforth",
    "exponential_adams_bashforth",
)
"""The schemes with one evaluation of the force a step."""

_FIRST_STEP = {
    "adams_bashforth": "euler",
    "exponential_adams_bashforth": "exponential_euler",
}

# Below this the closed forms of phi lose digits; the series needs few terms.
_SERIES = 1.0
_TERMS = 20


@dataclass(frozen=True)
class Coefficients:
    """One step; see the module. As a gradient: with respect to each.

    Parameters
    ----------
    decay, kick, kick_before : float
        a, b and b_0.
    drift, drift_before : float
        c and c_0.
    loss : float
        l.
    late : bool
        Whether the velocity is that of the new momentum.
    """

    decay: float
    kick: float
    kick_before: float
    drift: float
    drift_before: float
    loss: float
    late: bool = False


def coefficients(
    scheme: str,
    step_position: float,
    step_momentum: float,
    damping: Damping,
    *,
    start: float,
    end: float,
    first: bool,
) -> tuple[Coefficients, Callable[[Coefficients], dict[str, float]]]:
    """Return a step's coefficients.

    Parameters
    ----------
    scheme
        One of `MULTISTEP`.
    step_position, step_momentum : float
        h_X and h_Y.
    damping, start, end
        The schedule, and the interval of its time that the step takes.
    first
        Whether no step was before.

    Returns
    -------
    coefficients : Coefficients
    pullback : callable
        From the gradient to those of ``step_position``, ``step_momentum``, ``damping_log`` and
        ``damping_linear``.
    """
    if first:
        scheme = _FIRST_STEP.get(scheme, scheme)
    two = scheme in _FIRST_STEP
    drift, drift_before = (1.5, -0.5) if two else (1.0, 0.0)
    fall = damping.fall(start, end)
    damped = scheme not in {"euler", "adams_bashforth"}
    loss = 0.0 if damped else damping.rate(start)
    decay, kick, before = (1.0, 0.0), (drift, 0.0), (drift_before, 0.0)
    if damped:
        sigma = math.exp(-fall)
        decay = (sigma, -sigma)
        kick = _phi(1, fall) if scheme != "presymplectic_euler" else decay
        if two:
            value, slope = _phi(2, fall)
            kick, before = (kick[0] + value, kick[1] + slope), (-value, -slope)
    found = Coefficients(
        decay=decay[0],
        kick=step_momentum * kick[0],
        kick_before=step_momentum * before[0],
        drift=step_position * drift,
        drift_before=step_position * drift_before,
        loss=loss,
        late=scheme == "presymplectic_euler",
    )

    def pullback(d: Coefficients) -> dict[str, float]:
        d_fall = d.decay * decay[1]
        d_fall += step_momentum * (d.kick * kick[1] + d.kick_before * before[1])
        d_loss = 0.0 if damped else d.loss
        return {
            "step_position": d.drift * drift + d.drift_before * drift_before,
            "step_momentum": d.kick * kick[0] + d.kick_before * before[0],
            "damping_log": d_fall * math.log(end / start) + d_loss / start,
            "damping_linear": d_fall * (end - start) + d_loss,
        }

    return found, pullback


def _phi(order: int, fall: float) -> tuple[float, float]:
    """Return the exponential integrators' phi_1 or phi_2 at -fall, and its slope in fall."""
    if fall < _SERIES:
        value = slope = 0.0
        for power in range(_TERMS):
            share = math.factorial(power + order)
            value += (-fall) ** power / share
            if power:
                slope -= power * (-fall) ** (power - 1) / share
        return value, slope
    sigma = math.exp(-fall)
    first = (1 - sigma) / fall
    slope = (sigma - first) / fall
    if order == 1:
        return first, slope
    second = (1 - first) / fall
    return second, -(slope + second) / fall
