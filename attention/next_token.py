"""The read-out of a language model: how well every position predicts the token after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["next_token_loss"]

Floats = NDArray[Any]

# Logits of so many entries at a time: they stay in the cache, and the whole table of logits,
# the largest array of a language model by far, never exists.
_ENTRIES = 1 << 18


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
        ``pullback(dlosses) -> (dweight, dbias, dx)``. The logits are computed again there, so
        that memory grows with the tokens and not with tokens times words.

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
    losses = np.empty(len(rows), dtype=x.dtype)
    total = np.empty((len(rows), 1), dtype=x.dtype)
    top = np.empty((len(rows), 1), dtype=x.dtype)
    for part, logits in _logits(weight, bias, rows):
        chosen = np.take_along_axis(logits, wanted[part, None], axis=-1)
        np.max(logits, axis=-1, keepdims=True, out=top[part])
        np.exp(np.subtract(logits, top[part], out=logits), out=logits)
        np.sum(logits, axis=-1, keepdims=True, out=total[part])
        losses[part] = (np.log(total[part]) + top[part] - chosen)[:, 0]
    if not np.isfinite(losses).all():
        raise InputError("a logit is not finite: training diverged; lower the learning rate")

    def pullback(dlosses: Floats) -> tuple[Floats, Floats, Floats]:
        scale = np.asarray(dlosses, dtype=x.dtype).reshape(-1, 1)
        dweight, dbias, dx = np.zeros_like(weight), np.zeros_like(bias), np.empty_like(rows)
        for part, logits in _logits(weight, bias, rows):
            d_logits = np.subtract(logits, top[part], out=logits)
            np.exp(d_logits, out=d_logits)
            np.multiply(d_logits, scale[part] / total[part], out=d_logits)
            d_logits[np.arange(len(d_logits)), wanted[part]] -= scale[part, 0]
            dweight += d_logits.T @ rows[part]
            dbias += d_logits.sum(axis=0)
            np.matmul(d_logits, weight, out=dx[part])
        return dweight, dbias, dx.reshape(x.shape)

    return losses.reshape(targets.shape), pullback


def _logits(weight: Floats, bias: Floats, rows: Floats) -> Iterator[tuple[slice, Floats]]:
    """Yield the logits of a few rows at a time, in a buffer that is used again."""
    count = max(1, _ENTRIES // weight.shape[0])
    buffer = np.empty((min(count, len(rows)), weight.shape[0]), dtype=rows.dtype)
    for start in range(0, len(rows), count):
        part = slice(start, min(start + count, len(rows)))
        logits = buffer[: part.stop - start]
        np.matmul(rows[part], weight.T, out=logits)
        logits += bias
        yield part, logits
