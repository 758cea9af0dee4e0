r"""Nesterov's method on the layers of a transformer (Zimin et al., YuriiFormer, arXiv 2601.23236).

.. math:: v^+ = \mathrm{LN}(\beta v + \gamma\,\mathcal O(x + \mu v)), \qquad x^+ = x + v^+.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.field import Gradients
from lohe.attention.accelerated.scalars import read_scalars
from lohe.attention.layer_norm import layer_norm

__all__ = ["NESTEROV", "Oracle", "nesterov_step"]

Floats = NDArray[Any]
Oracle = Callable[[Floats], tuple[Floats, Callable[[Floats], tuple[Gradients, Floats]]]]

NESTEROV = ("lookahead", "memory", "strength")
r"""The coefficients :math:`\mu`, :math:`\beta` and :math:`\gamma`."""


def nesterov_step(
    weights: Mapping[str, Floats], part: str, oracle: Oracle, x: Floats, v: Floats
) -> tuple[Floats, Floats, Callable[[Floats, Floats], tuple[Gradients, Floats, Floats]]]:
    """Move positions and velocities by one layer.

    Parameters
    ----------
    weights
        ``part.lookahead``, ``part.memory`` and ``part.strength``, see `SCALARS`, and the gain and
        the bias of the velocity's layer norm, ``part.momentum_norm.gain`` and ``….bias``.
    part
        See ``weights``.
    oracle
        The layer: ``oracle(x) -> (out, pullback)``, ``pullback(d_out) -> (gradients, dx)``.
    x, v : (B, T, D) array
        Positions and velocities.

    Returns
    -------
    positions, velocities : (B, T, D) array
    pullback : callable
        ``pullback(d_positions, d_velocities) -> (gradients, dx, dv)``.
    """
    values, back_values = read_scalars(weights, f"{part}.", NESTEROV)
    ahead, memory, strength = (values[name] for name in NESTEROV)
    out, back_oracle = oracle(x + ahead * v)
    raw = memory * v
    raw += strength * out
    norm = f"{part}.momentum_norm."
    velocity, back_norm = layer_norm(weights[norm + "gain"], weights[norm + "bias"], raw)

    def pullback(d_x: Floats, d_velocity: Floats) -> tuple[Gradients, Floats, Floats]:
        gradients: Gradients = {}
        gradients[norm + "gain"], gradients[norm + "bias"], d_raw = back_norm(d_x + d_velocity)
        more, d_ahead = back_oracle(strength * d_raw)
        gradients |= more
        gradients |= back_values({
            "lookahead": float(np.vdot(d_ahead, v)),
            "memory": float(np.vdot(d_raw, v)),
            "strength": float(np.vdot(d_raw, out)),
        })  # fmt: skip
        d_raw *= memory
        d_raw += ahead * d_ahead
        return gradients, d_x + d_ahead, d_raw

    return x + velocity, velocity, pullback
