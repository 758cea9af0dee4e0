"""A phase model token by token."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.kuramoto.attention import pull_to, values_of
from lohe.attention.kuramoto.coupling import COUPLINGS, means_under
from lohe.attention.kuramoto.feed_forward import phase_feed_forward
from lohe.attention.kuramoto.model import attention_options, embed
from lohe.attention.kuramoto.points import heads_first, tokens_first
from lohe.attention.kuramoto.scores import queries_and_keys
from lohe.attention.linear import linear
from lohe.attention.model import Model
from lohe.attention.parameters import layer_of
from lohe.attention.rotary.decoding import KeyValueCache
from lohe.attention.rotary.weights import attention_weights

__all__ = ["decode_kuramoto"]

Floats = NDArray[Any]


def decode_kuramoto(
    model: Model, cache: KeyValueCache, tokens: NDArray[np.integer[Any]]
) -> tuple[KeyValueCache, Floats]:
    """Read the next token of every sequence, or the next few.

    Parameters
    ----------
    model
        Its config is a `KuramotoConfig`.
    cache
        ``KeyValueCache()`` before the first token, then what the step before returned.
    tokens : (B, n) array of int

    Returns
    -------
    cache : KeyValueCache
        With these tokens past.
    logits : (B, n, vocabulary) array
        The rows that `logits_kuramoto` has here for the whole sequences.

    Raises
    ------
    InputError
        For tokens outside the vocabulary.
    """
    config, of = model.config, model.parameters
    manifold, options = config.manifold, attention_options(config)
    kinds, sees_itself = COUPLINGS[options.pop("coupling")], options.pop("sees_itself")
    state, _ = embed(config, of["input.table"], tokens)
    keys, values = [], []
    for layer in range(config.layers):
        weights = layer_of(of, f"layer{layer}")
        of_attention = layer_of(weights, "attention")
        x, _ = manifold.points(state)
        q, new, _ = queries_and_keys(of_attention, x, start=cache.tokens, **options)
        key, value = cache.with_layer(layer, new, heads_first(values_of(of_attention, x)[0]))
        shares = attention_weights(q, key, sees_itself=sees_itself)
        flat = means_under(shares, value, kinds)
        means = {kind: tokens_first(mean, x) for kind, mean in zip(kinds, flat, strict=True)}
        state, _ = manifold.moved(state, pull_to(manifold, of_attention, x, means)[0])
        x, _ = manifold.points(state)
        turn, _ = phase_feed_forward(
            manifold, weights["feed_forward.weight_in"], weights["feed_forward.weight_out"], x
        )
        state, _ = manifold.moved(state, turn)
        keys.append(key)
        values.append(value)
    x, _ = manifold.points(state)
    logits, _ = linear(of["output.weight"], of["output.bias"], x.reshape(*tokens.shape, -1))
    past = cache.tokens + tokens.shape[1]
    return KeyValueCache(past, tuple(keys), tuple(values)), logits
