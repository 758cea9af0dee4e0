"""Read-outs of a sequence as one vector, and their adjoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["READOUTS", "at_position", "mean_pool"]

READOUTS = ("mean", "position", "next")
"""Mean over the visible tokens, the token at a given position, or, in a language model, how well
each token predicts the next; for the last see `next_token_loss`."""

Floats = NDArray[Any]


def mean_pool(
    x: Floats, key_mask: NDArray[np.bool_] | None = None
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Average the visible tokens.

    Parameters
    ----------
    x : (..., T, D) array
        Tokens.
    key_mask : (..., T) bool array, optional
        True where a token is visible.

    Returns
    -------
    y : (..., D) array
    pullback : callable
        ``pullback(dy) -> dx``.

    Raises
    ------
    InputError
        If a sequence has no visible token.

    Examples
    --------
    >>> mean_pool(np.array([[1.0], [3.0], [9.0]]), np.array([True, True, False]))[0]
    array([2.])
    """
    if key_mask is None:
        share: Floats = np.full((*x.shape[:-1], 1), 1 / x.shape[-2], dtype=x.dtype)
    else:
        seen = np.broadcast_to(key_mask, x.shape[:-1])[..., None].astype(x.dtype)
        total = seen.sum(axis=-2, keepdims=True)
        if not total.all():
            raise InputError("all tokens of a sequence are masked; leave it one to read out")
        share = seen / total
    return (x * share).sum(axis=-2), lambda dy: dy[..., None, :] * share


def at_position(
    x: Floats, position: NDArray[np.integer[Any]]
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Pick one token of every sequence.

    Parameters
    ----------
    x : (B, T, D) array
        Tokens.
    position : (B,) array of int
        From 0 to T - 1.

    Returns
    -------
    y : (B, D) array
    pullback : callable
        ``pullback(dy) -> dx``.

    Raises
    ------
    InputError
        If a position is outside its sequence.
    """
    batch, tokens = x.shape[:2]
    if position.shape != (batch,) or not np.all((position >= 0) & (position < tokens)):
        raise InputError(f"positions must be {batch} whole numbers from 0 to {tokens - 1}")
    rows = np.arange(batch)

    def pullback(dy: Floats) -> Floats:
        dx = np.zeros_like(x)
        dx[rows, position] = dy
        return dx

    return x[rows, position], pullback
