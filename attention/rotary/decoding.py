"""The baseline token by token."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.embedding import embedding
from lohe.attention.linear import linear
from lohe.attention.model import Model
from lohe.attention.parameters import layer_of
from lohe.attention.rotary.attention import rotary_projections
from lohe.attention.rotary.rms_norm import rms_norm
from lohe.attention.rotary.swiglu import swiglu
from lohe.attention.rotary.weights import attention_weights

__all__ = ["KeyValueCache", "decode_rotary"]

Floats = NDArray[Any]


@dataclass(frozen=True, eq=False)
class KeyValueCache:
    """The past of sequences; steps make new ones and leave the old as they are.

    Parameters
    ----------
    tokens
        How many tokens are past.
    keys, values
        Of each layer, (B, H, T, w); none before the first token.
    """

    tokens: int = 0
    keys: tuple[Floats, ...] = ()
    values: tuple[Floats, ...] = ()

    def with_layer(self, layer: int, key: Floats, value: Floats) -> tuple[Floats, Floats]:
        """Return all keys and values of a layer, with those of the next tokens."""
        if not self.tokens:
            return key, value
        past = self.keys[layer], self.values[layer]
        joined = (np.concatenate(pair, axis=-2) for pair in zip(past, (key, value), strict=True))
        return next(joined), next(joined)


def decode_rotary(
    model: Model, cache: KeyValueCache, tokens: NDArray[np.integer[Any]]
) -> tuple[KeyValueCache, Floats]:
    """Read the next token of every sequence, or the next few.

    Parameters
    ----------
    model
        Its config is a `RotaryConfig`.
    cache
        ``KeyValueCache()`` before the first token, then what the step before returned.
    tokens : (B, n) array of int

    Returns
    -------
    cache : KeyValueCache
        With these tokens past.
    logits : (B, n, vocabulary) array
        The rows that `logits_rotary` has here for the whole sequences.

    Raises
    ------
    InputError
        For tokens outside the vocabulary.
    """
    config, of = model.config, model.parameters
    x, _ = embedding(of["input.table"], tokens)
    keys, values = [], []
    for layer in range(config.layers):
        weights = layer_of(of, f"layer{layer}")
        standard, _ = rms_norm(weights["norm1.gain"], x)
        q, *new, _ = rotary_projections(
            weights["attention.weight_qkv"],
            standard,
            heads=config.heads,
            base=config.base,
            start=cache.tokens,
        )
        key, value = cache.with_layer(layer, *(each.transpose(0, 2, 1, 3) for each in new))
        scaled = q.transpose(0, 2, 1, 3) / math.sqrt(q.shape[-1])
        mean = attention_weights(scaled, key) @ value
        mean = mean.transpose(0, 2, 1, 3).reshape(x.shape)
        x = x + linear(weights["attention.weight_out"], None, mean)[0]
        standard, _ = rms_norm(weights["norm2.gain"], x)
        of_feed = weights["feed_forward.weight_in"], weights["feed_forward.weight_out"]
        x = x + swiglu(*of_feed, standard)[0]
        keys.append(key)
        values.append(value)
    x, _ = rms_norm(of["norm.gain"], x)
    logits, _ = linear(of["output.weight"], of["output.bias"], x)
    past = cache.tokens + tokens.shape[1]
    return KeyValueCache(past, tuple(keys), tuple(values)), logits
