"""The baseline: a pre-norm transformer with rotary positions, with its adjoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.dropout import dropout
from lohe.attention.embedding import embedding
from lohe.attention.language_model import predict_next
from lohe.attention.linear import linear
from lohe.attention.model import Model
from lohe.attention.parameters import layer_of
from lohe.attention.rotary.attention import rotary_attention
from lohe.attention.rotary.config import RotaryConfig
from lohe.attention.rotary.rms_norm import rms_norm
from lohe.attention.rotary.swiglu import swiglu
from lohe.attention.task import Batch

__all__ = ["apply_rotary", "logits_rotary"]

Floats = NDArray[Any]
Gradients = dict[str, Floats]


def apply_rotary(
    model: Model, batch: Batch, *, rng: np.random.Generator | None = None
) -> tuple[Floats, float, Callable[..., Gradients]]:
    """Run the model on a batch.

    Parameters
    ----------
    model
        Its config is a `RotaryConfig`; its parameters are read, not changed.
    batch
        Inputs (B, T) and the targets of every position.
    rng
        Source of dropout; None turns it off.

    Returns
    -------
    outputs : (B, T) array
        -ln P(target) at each position; see `next_token_loss`.
    price : float
        0: the model puts no price on itself.
    pullback : callable
        ``pullback(d_outputs, d_price=0.0)`` gives the gradient of every parameter by name.

    Raises
    ------
    InputError
        For tokens outside the vocabulary, and as its layers do.
    """
    of = model.parameters
    x, back_tokens = _tokens(model.config, of, batch.inputs, rng)
    return predict_next(of, x, back_tokens, batch.targets)


def logits_rotary(model: Model, tokens: NDArray[np.integer[Any]]) -> Floats:
    """Return the logits of the token after each, (B, T, vocabulary), without dropout."""
    of = model.parameters
    x, _ = _tokens(model.config, of, tokens, None)
    return linear(of["output.weight"], of["output.bias"], x)[0]


def _tokens(
    config: RotaryConfig,
    of: Mapping[str, Floats],
    tokens: NDArray[np.integer[Any]],
    rng: np.random.Generator | None,
) -> tuple[Floats, Callable[[Floats], Gradients]]:
    """Return the tokens as they enter the output layer."""
    x, back_table = embedding(of["input.table"], tokens)
    backs = []
    for layer in range(config.layers):
        x, back = _block(config, layer_of(of, f"layer{layer}"), x, rng)
        backs.append(back)
    x, back_norm = rms_norm(of["norm.gain"], x)

    def pullback(dx: Floats) -> Gradients:
        gradients = {}
        gradients["norm.gain"], dx = back_norm(dx)
        for layer in reversed(range(config.layers)):
            found, dx = backs[layer](dx)
            gradients |= {f"layer{layer}.{name}": array for name, array in found.items()}
        gradients["input.table"] = back_table(dx)
        return gradients

    return x, pullback


def _block(
    config: RotaryConfig,
    of: Mapping[str, Floats],
    x: Floats,
    rng: np.random.Generator | None,
) -> tuple[Floats, Callable[[Floats], tuple[Gradients, Floats]]]:
    """Apply y = m + drop(F(norm2(m))), m = x + drop(A(norm1(x)))."""
    standard, back_norm1 = rms_norm(of["norm1.gain"], x)
    weights = layer_of(of, "attention")
    attended, back_attention = rotary_attention(
        weights, standard, heads=config.heads, base=config.base
    )
    attended, back_drop1 = dropout(config.dropout, attended, rng)
    middle = x + attended
    standard, back_norm2 = rms_norm(of["norm2.gain"], middle)
    raised, back_feed = swiglu(
        of["feed_forward.weight_in"], of["feed_forward.weight_out"], standard
    )
    raised, back_drop2 = dropout(config.dropout, raised, rng)

    def pullback(dy: Floats) -> tuple[Gradients, Floats]:
        gradients = {}
        weight_in, weight_out = "feed_forward.weight_in", "feed_forward.weight_out"
        gradients[weight_in], gradients[weight_out], d = back_feed(back_drop2(dy))
        gradients["norm2.gain"], d_middle = back_norm2(d)
        d_middle += dy
        found, d = back_attention(back_drop1(d_middle))
        gradients |= {f"attention.{name}": array for name, array in found.items()}
        gradients["norm1.gain"], dx = back_norm1(d)
        dx += d_middle
        return gradients, dx

    return middle + raised, pullback
