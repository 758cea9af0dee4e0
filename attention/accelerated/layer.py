"""One layer of the model: attention by its scheme, then the feed-forward layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.config import AcceleratedConfig
from lohe.attention.accelerated.field import Gradients
from lohe.attention.accelerated.hamiltonian import Moved, hamiltonian_step, shares_of
from lohe.attention.accelerated.linear_field import linear_attention
from lohe.attention.accelerated.nesterov import Oracle, nesterov_step
from lohe.attention.accelerated.scalars import read_scalars
from lohe.attention.dropout import dropout
from lohe.attention.feed_forward import feed_forward
from lohe.attention.layer_norm import layer_norm
from lohe.attention.multi_head import multi_head
from lohe.attention.parameters import layer_of

__all__ = ["FEED_FORWARD", "accelerated_layer"]

Floats = NDArray[Any]
Step = tuple[Moved, Callable[[Moved], tuple[Gradients, Moved]]]

FEED_FORWARD = tuple(
    f"feed_forward.{name}" for name in ("weight_in", "bias_in", "weight_out", "bias_out")
)
"""Names of the feed-forward layer's parameters, in the order in which it takes them."""


def accelerated_layer(
    weights: Mapping[str, Floats],
    config: AcceleratedConfig,
    layer: int,
    now: Moved,
    rng: np.random.Generator | None,
) -> Step:
    """Move positions and momenta by one layer.

    Parameters
    ----------
    weights
        The layer's parameters by name.
    config, layer, now
        See `hamiltonian_step`.
    rng
        Source of dropout; None turns it off.

    Returns
    -------
    moved : Moved
    pullback : callable
        ``pullback(d_moved) -> (gradients, d_now)``.
    """
    attend, feed = _attention(weights, config, rng), _feeding(weights, config, rng)
    if config.is_hamiltonian:
        middle, back_attention = hamiltonian_step(weights, config, layer, now)
    elif config.scheme == "nesterov":
        middle, back_attention = _by_momentum(weights, "attention", attend, now)
    else:
        oracle = _stepped(weights, attend) if config.family == "linear" else attend
        middle, back_attention = _by_residual(oracle, now)
    if config.feeds_by == "none":
        return middle, back_attention
    if config.feeds_by == "momentum":
        moved, back_feed = _by_momentum(weights, "feed_forward", feed, middle)
    else:
        moved, back_feed = _by_residual(feed, middle)

    def pullback(d: Moved) -> tuple[Gradients, Moved]:
        of_feed, d_middle = back_feed(d)
        of_attention, d_now = back_attention(d_middle)
        return of_attention | of_feed, d_now

    return moved, pullback


def _by_momentum(weights: Mapping[str, Floats], part: str, oracle: Oracle, now: Moved) -> Step:
    x, v, back = nesterov_step(weights, part, oracle, now.position, now.momentum)

    def pullback(d: Moved) -> tuple[Gradients, Moved]:
        gradients, dx, dv = back(d.position, d.momentum)
        return gradients, Moved(dx, dv, d.slopes)

    return Moved(x, v, now.slopes), pullback


def _by_residual(oracle: Oracle, now: Moved) -> Step:
    out, back_oracle = oracle(now.position)

    def pullback(d: Moved) -> tuple[Gradients, Moved]:
        gradients, dx = back_oracle(d.position)
        return gradients, d._replace(position=d.position + dx)

    return now._replace(position=now.position + out), pullback


def _stepped(weights: Mapping[str, Floats], oracle: Oracle) -> Oracle:
    """Return a layer times the learned step."""
    values, back_values = read_scalars(weights, "attention.", ("step_position",))
    step = values["step_position"]

    def scaled(x: Floats) -> tuple[Floats, Any]:
        out, back_oracle = oracle(x)

        def pullback(d_out: Floats) -> tuple[Gradients, Floats]:
            gradients, dx = back_oracle(step * d_out)
            along = float(np.vdot(d_out, out))
            return gradients | back_values({"step_position": along}), dx

        return step * out, pullback

    return scaled


def _attention(
    weights: Mapping[str, Floats], config: AcceleratedConfig, rng: np.random.Generator | None
) -> Oracle:
    """Return the classical attention of normed positions."""

    def attend(x: Floats) -> tuple[Floats, Any]:
        normed, back_norm = layer_norm(weights["norm1.gain"], weights["norm1.bias"], x)
        if config.family == "linear":
            share, _ = shares_of(config, x.shape[1], x.dtype)
            out, back_heads = linear_attention(weights, normed, heads=config.heads, share=share)
        else:
            own = layer_of(weights, "attention")
            out, _, back = multi_head(own, normed, heads=config.heads, causal=True)

            def back_heads(d_out: Floats) -> tuple[Gradients, Floats]:
                found, d_normed = back(d_out)
                return {f"attention.{name}": each for name, each in found.items()}, d_normed

        kept, back_drop = dropout(config.dropout, out, rng)

        def pullback(d_out: Floats) -> tuple[Gradients, Floats]:
            gradients, d_normed = back_heads(back_drop(d_out))
            d_gain, d_bias, dx = back_norm(d_normed)
            return gradients | {"norm1.gain": d_gain, "norm1.bias": d_bias}, dx

        return kept, pullback

    return attend


def _feeding(
    weights: Mapping[str, Floats], config: AcceleratedConfig, rng: np.random.Generator | None
) -> Oracle:
    """Return the feed-forward layer of normed positions."""

    def feed(x: Floats) -> tuple[Floats, Any]:
        normed, back_norm = layer_norm(weights["norm2.gain"], weights["norm2.bias"], x)
        weight_in, bias_in, weight_out, bias_out = (weights[name] for name in FEED_FORWARD)
        out, back_feed = feed_forward(weight_in, bias_in, weight_out, bias_out, normed)
        kept, back_drop = dropout(config.dropout, out, rng)

        def pullback(d_out: Floats) -> tuple[Gradients, Floats]:
            *found, d_normed = back_feed(back_drop(d_out))
            d_gain, d_bias, dx = back_norm(d_normed)
            gradients = dict(zip(FEED_FORWARD, found, strict=True))
            return gradients | {"norm2.gain": d_gain, "norm2.bias": d_bias}, dx

        return kept, pullback

    return feed
