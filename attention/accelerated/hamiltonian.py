"""A layer's step of the Hamiltonian system: layer norm, field, scheme, layer norm of momenta."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.coefficients import coefficients
from lohe.attention.accelerated.config import AcceleratedConfig
from lohe.attention.accelerated.damping import Damping
from lohe.attention.accelerated.field import Field, FieldAt, Gradients, Shares, add_gradients
from lohe.attention.accelerated.linear_field import linear_field
from lohe.attention.accelerated.multistep import Slopes, multistep
from lohe.attention.accelerated.scalars import read_scalars
from lohe.attention.accelerated.softmax_field import softmax_field
from lohe.attention.accelerated.strang import strang_step
from lohe.attention.layer_norm import layer_norm

__all__ = ["Moved", "hamiltonian_step", "shares_of", "step_scalars"]

Floats = NDArray[Any]

_MOMENTUM_NORM = ("attention.momentum_norm.gain", "attention.momentum_norm.bias")

_START = 1.0
"""Time of the first layer, t_0; each layer takes a unit of it."""


class Moved(NamedTuple):
    """What a layer's step leads to, or the gradient of that or of what it came from."""

    position: Floats
    momentum: Floats
    slopes: Slopes | None


def step_scalars(scheme: str) -> tuple[str, ...]:
    """Return the names of a Hamiltonian scheme's learned numbers.

    Examples
    --------
    >>> step_scalars("strang")
    ('step_position', 'coupling', 'damping_log', 'damping_linear')
    """
    second = "coupling" if scheme == "strang" else "step_momentum"
    return "step_position", second, "damping_log", "damping_linear"


def shares_of(config: AcceleratedConfig, tokens: int, dtype: Any) -> tuple[Floats, Floats]:
    """Return one over N, and the weight of the potential, for every token: (T, 1) arrays."""
    counts = np.full((tokens, 1), config.context, dtype=dtype)
    if config.count == "visible":
        counts = np.arange(1, tokens + 1, dtype=dtype)[:, None]
    share = 1 / counts
    return share, share if config.potential == "mean" else np.ones_like(share)


def hamiltonian_step(
    weights: Mapping[str, Floats], config: AcceleratedConfig, layer: int, now: Moved
) -> tuple[Moved, Callable[[Moved], tuple[Gradients, Moved]]]:
    """Take one layer's step.

    Parameters
    ----------
    weights
        The layer's parameters: ``norm1.gain`` and ``norm1.bias``, ``attention.…`` of the field
        and the scalars, and, if the config has it, ``attention.momentum_norm.…``.
    config
        The model.
    layer : int
        From 0; layer k acts from time k + 1 to k + 2.
    now : Moved
        Positions and momenta, (B, T, D), and the slopes of the layer before.

    Returns
    -------
    moved : Moved
        Slopes only of schemes with two steps.
    pullback : callable
        ``pullback(d_moved) -> (gradients, d_now)``.
    """
    names = step_scalars(config.scheme)
    values, back_values = read_scalars(weights, "attention.", names)
    field_at = _field_at(weights, config, now.position)
    start = _START + layer
    take = _take_split if config.scheme == "strang" else _take_multistep
    moved, back_step = take(config.scheme, field_at, now, values, start)
    normed, back_norm = moved.momentum, None
    if config.momentum_norm:
        gain, bias = (weights[name] for name in _MOMENTUM_NORM)
        normed, back_norm = layer_norm(gain, bias, moved.momentum)

    def pullback(d: Moved) -> tuple[Gradients, Moved]:
        of_norm: Gradients = {}
        d_momentum = d.momentum
        if back_norm is not None:
            d_gain, d_bias, d_momentum = back_norm(d_momentum)
            of_norm = dict(zip(_MOMENTUM_NORM, (d_gain, d_bias), strict=True))
        gradients, d_now, d_values = back_step(Moved(d.position, d_momentum, d.slopes))
        return gradients | of_norm | back_values(d_values), d_now

    return Moved(moved.position, normed, moved.slopes), pullback


Taken = tuple[Moved, Callable[[Moved], tuple[Gradients, Moved, dict[str, float]]]]


def _take_multistep(
    scheme: str,
    field_at: FieldAt,
    now: Moved,
    values: Mapping[str, float],
    start: float,
) -> Taken:
    field = field_at(now.position)
    c, back_c = coefficients(
        scheme,
        values["step_position"],
        values["step_momentum"],
        _damping(values),
        start=start,
        end=start + 1,
        first=now.slopes is None,
    )
    moved, momentum, slopes, back = multistep(field, now.momentum, now.slopes, c)
    two = scheme.endswith("adams_bashforth")

    def pullback(d: Moved) -> tuple[Gradients, Moved, dict[str, float]]:
        found = back(d.position, d.momentum, d.slopes)
        gradients, dx = field.pullback(found.shares)
        d_now = Moved(d.position + dx, found.momentum, found.before)
        return gradients, d_now, back_c(found.coefficients)

    return Moved(now.position + moved, momentum, slopes if two else None), pullback


def _take_split(
    _scheme: str,
    field_at: FieldAt,
    now: Moved,
    values: Mapping[str, float],
    start: float,
) -> Taken:
    times = start, start + 0.5, start + 1
    damping = _damping(values)
    falls = damping.fall(*times[:2]), damping.fall(*times[1:])
    x, p, back = strang_step(
        field_at,
        now.position,
        now.momentum,
        step=values["step_position"],
        coupling=values["coupling"],
        falls=falls,
    )

    def pullback(d: Moved) -> tuple[Gradients, Moved, dict[str, float]]:
        found = back(d.position, d.momentum)
        logs = [np.log(b / a) for a, b in pairwise(times)]
        d_values = {
            "step_position": found.step,
            "coupling": found.coupling,
            "damping_log": float(np.dot(found.falls, logs)),
            "damping_linear": sum(found.falls) / 2,
        }
        return found.gradients, Moved(found.position, found.momentum, None), d_values

    return Moved(x, p, None), pullback


def _damping(values: Mapping[str, float]) -> Damping:
    return Damping(values["damping_log"], values["damping_linear"])


def _field_at(weights: Mapping[str, Floats], config: AcceleratedConfig, like: Floats) -> FieldAt:
    """Return the field of normed positions."""
    share, potential = shares_of(config, like.shape[1], like.dtype)

    def field_at(x: Floats) -> Field:
        normed, back_norm = layer_norm(weights["norm1.gain"], weights["norm1.bias"], x)
        if config.family == "linear":
            field = linear_field(weights, normed, heads=config.heads, share=share)
        else:
            field = softmax_field(
                weights,
                normed,
                heads=config.heads,
                share=share,
                potential=potential,
                sealed=config.sealed,
            )

        def pullback(shares: Shares) -> tuple[Gradients, Floats]:
            gradients, d_normed = field.pullback(shares)
            d_gain, d_bias, dx = back_norm(d_normed)
            return add_gradients(gradients, {"norm1.gain": d_gain, "norm1.bias": d_bias}), dx

        return Field(field.velocity, field.force, pullback)

    return field_at
