"""The read-out of a language model: how well every position predicts the token after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["next_token_loss"]

Floats = NDArray[Any]

# Tokens at a time: enough for matrix products at full speed, few enough that the passes over
# their logits find them in the cache.
_TOKENS = 512

# A table of logits up to so many bytes is kept for the pullback; a larger one, by far the largest
# array of a language model, never exists, and the pullback computes it again piece by piece.
_KEPT_BYTES = 1 << 27


def next_token_loss(
    weight: Floats, bias: Floats, x: Floats, targets: NDArray[np.integer[Any]]
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
    """Return -ln P(target) at every position, P = softmax(x weight^T + bias).

    Parameters
    ----------
    weight : (V, D) array
        One row per word of the vocabulary, with bias (V,).
    x : (..., D) array
        Tokens.
    targets : (...) array of int
        The word to be predicted at each, from 0 to V - 1.

    Returns
    -------
    losses : (...) array
        In nats.
    pullback : callable
        ``pullback(dlosses) -> (dweight, dbias, dx)``. Of many tokens times words it computes the
        logits again, so that memory stays bounded.

    Raises
    ------
    InputError
        If the targets do not fit, or a logit is not finite.

    Examples
    --------
    >>> weight, bias, token = np.zeros((4, 1)), np.zeros(4), np.ones((1, 1))
    >>> next_token_loss(weight, bias, token, np.array([3]))[0].round(6)
    array([1.386294])
    """
    words = weight.shape[0]
    if targets.shape != x.shape[:-1] or not np.all((targets >= 0) & (targets < words)):
        raise InputError(f"targets must have shape {x.shape[:-1]}, from 0 to {words - 1}")
    rows, wanted = x.reshape(-1, x.shape[-1]), targets.reshape(-1)
    pieces = [slice(i, min(i + _TOKENS, len(rows))) for i in range(0, len(rows), _TOKENS)]
    keep = len(rows) * words * rows.itemsize <= _KEPT_BYTES
    table = np.empty((len(rows) if keep else min(len(rows), _TOKENS), words), dtype=x.dtype)
    losses = np.empty(len(rows), dtype=x.dtype)
    total = np.empty((len(rows), 1), dtype=x.dtype)

    ones = np.ones(words, dtype=x.dtype)

    def predict(piece: slice) -> Floats:
        """Fill in losses and total, and return total * (P - [word is wanted])."""
        logits = table[piece] if keep else table[: piece.stop - piece.start]
        np.matmul(rows[piece], weight.T, out=logits)
        logits += bias
        chosen = np.take_along_axis(logits, wanted[piece, None], axis=-1)
        top = logits.max(axis=-1, keepdims=True)
        logits -= top
        power = np.exp(logits, out=logits)
        total[piece, 0] = np.vecdot(power, ones)  # three times faster than a sum
        losses[piece] = (np.log(total[piece]) + top - chosen)[:, 0]
        power[np.arange(len(power)), wanted[piece]] -= total[piece, 0]
        return power

    for piece in pieces:
        predict(piece)
    if not np.isfinite(losses).all():
        raise InputError("a logit is not finite; lower the learning rate")

    def pullback(dlosses: Floats) -> tuple[Floats, Floats, Floats]:
        scale = np.asarray(dlosses, dtype=x.dtype).reshape(-1, 1)
        dweight, dbias, dx = np.zeros_like(weight), np.zeros_like(bias), np.empty_like(rows)
        for piece in pieces:
            excess = table[piece] if keep else predict(piece)
            # d_logits = share * excess is never formed: its factor goes to the narrower arrays.
            share = scale[piece] / total[piece]
            dweight += excess.T @ (rows[piece] * share)
            dbias += share[:, 0] @ excess
            np.multiply(excess @ weight, share, out=dx[piece])
        return dweight, dbias, dx.reshape(x.shape)

    return losses.reshape(targets.shape), pullback
