"""A language model whose tokens are oscillators, with its adjoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.dropout import dropout
from lohe.attention.embedding import embedding
from lohe.attention.kuramoto.attention import Pulled, kuramoto_attention
from lohe.attention.kuramoto.config import KuramotoConfig
from lohe.attention.kuramoto.feed_forward import phase_feed_forward
from lohe.attention.kuramoto.sphere import unit_points
from lohe.attention.language_model import predict_next
from lohe.attention.linear import linear
from lohe.attention.model import Model
from lohe.attention.parameters import layer_of
from lohe.attention.task import Batch

__all__ = ["Observer", "apply_kuramoto", "attention_options", "embed", "logits_kuramoto"]

Floats = NDArray[Any]
Gradients = dict[str, Floats]
Observer = Callable[[int, Pulled], None]


def apply_kuramoto(
    model: Model,
    batch: Batch,
    *,
    rng: np.random.Generator | None = None,
    observe: Observer | None = None,
) -> tuple[Floats, float, Callable[..., Gradients]]:
    """Run the model on a batch.

    Parameters
    ----------
    model
        Its config is a `KuramotoConfig`; its parameters are read, not changed.
    batch
        Inputs (B, T) and the targets of every position.
    rng
        Source of dropout; None turns it off.
    observe
        Called with (layer, pulled) as each layer attends.

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
    x, back_points = _points(model.config, of, batch.inputs, rng, observe)
    return predict_next(of, x, back_points, batch.targets)


def logits_kuramoto(
    model: Model, tokens: NDArray[np.integer[Any]], *, observe: Observer | None = None
) -> Floats:
    """Return the logits of the token after each, (B, T, vocabulary), without dropout."""
    of = model.parameters
    x, _ = _points(model.config, of, tokens, None, observe)
    return linear(of["output.weight"], of["output.bias"], x)[0]


def embed(
    config: KuramotoConfig, table: Floats, tokens: NDArray[np.integer[Any]]
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Look up the states of tokens, and return them with ``pullback(dstate) -> dtable``."""
    raw, back_table = embedding(table, tokens)
    shape = (*tokens.shape, *config.oscillators)
    if config.d_osc == 2:
        return raw.reshape(shape), back_table
    state, back_unit = unit_points(raw.reshape(*shape, config.d_osc))
    return state, lambda dstate: back_table(back_unit(dstate))


def attention_options(config: KuramotoConfig) -> dict[str, Any]:
    """Return the options of `kuramoto_attention` that a model has."""
    return {
        "gate_kind": config.gate,
        "frequency": None if config.drift == "learned" else config.frequencies(),
        "coupling": config.coupling,
        "sees_itself": config.sees_itself,
    }


def _points(
    config: KuramotoConfig,
    of: Mapping[str, Floats],
    tokens: NDArray[np.integer[Any]],
    rng: np.random.Generator | None,
    observe: Observer | None,
) -> tuple[Floats, Callable[[Floats], Gradients]]:
    """Return the points of the tokens as they enter the output layer, (B, T, D d_osc)."""
    state, back_embed = embed(config, of["input.table"], tokens)
    options = attention_options(config)
    backs = []
    for layer in range(config.layers):
        watch = partial(observe, layer) if observe else None
        of_layer = layer_of(of, f"layer{layer}")
        state, back = _layer(config, of_layer, state, rng, observe=watch, **options)
        backs.append(back)
    x, back_last = config.manifold.points(state)

    def pullback(dx: Floats) -> Gradients:
        dstate = back_last(dx.reshape(x.shape))
        gradients: Gradients = {}
        for layer in reversed(range(config.layers)):
            found, dstate = backs[layer](dstate)
            gradients |= {f"layer{layer}.{name}": array for name, array in found.items()}
        gradients["input.table"] = back_embed(dstate)
        return gradients

    return x.reshape(*tokens.shape, -1), pullback


def _layer(
    config: KuramotoConfig,
    of: Mapping[str, Floats],
    state: Floats,
    rng: np.random.Generator | None,
    **options: Any,
) -> tuple[Floats, Callable[[Floats], tuple[Gradients, Floats]]]:
    """Pull the oscillators towards what they attend to, then let each token turn its own."""
    manifold = config.manifold
    x, back_points1 = manifold.points(state)
    pull, back_attention = kuramoto_attention(manifold, layer_of(of, "attention"), x, **options)
    pull, back_drop1 = dropout(config.dropout, pull, rng)
    pulled, back_pulled = manifold.moved(state, pull)
    x, back_points2 = manifold.points(pulled)
    turn, back_feed = phase_feed_forward(
        manifold, of["feed_forward.weight_in"], of["feed_forward.weight_out"], x
    )
    turn, back_drop2 = dropout(config.dropout, turn, rng)
    turned, back_turned = manifold.moved(pulled, turn)

    def pullback(dstate: Floats) -> tuple[Gradients, Floats]:
        gradients = {}
        dpulled, dturn = back_turned(dstate)
        weight_in, weight_out = "feed_forward.weight_in", "feed_forward.weight_out"
        gradients[weight_in], gradients[weight_out], dx = back_feed(back_drop2(dturn))
        dpulled = dpulled + back_points2(dx)
        dstate, dpull = back_pulled(dpulled)
        found, dx = back_attention(back_drop1(dpull))
        gradients |= {f"attention.{name}": array for name, array in found.items()}
        return gradients, dstate + back_points1(dx)

    return turned, pullback
