"""Positional encodings: the sinusoidal table, and the layer that adds a table to tokens."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["POSITIONS", "add_positions", "sinusoidal_table"]

POSITIONS = ("none", "sinusoidal", "learned")
"""No positional encoding, the fixed sinusoidal table, or a table that is a parameter."""

Floats = NDArray[Any]


@cache
def sinusoidal_table(tokens: int, width: int) -> NDArray[np.float64]:
    """Return the table of Vaswani et al. (2017): sines in even columns, cosines in odd ones.

    Parameters
    ----------
    tokens : int
        Number of positions.
    width : int
        Width D of a token; an odd one drops the last cosine.

    Returns
    -------
    (tokens, width) array
        Read-only.

    Examples
    --------
    >>> sinusoidal_table(1, 4)
    array([[0., 1., 0., 1.]])
    """
    rate = 10_000.0 ** (-np.arange(0, width, 2) / width)
    angle = np.arange(tokens)[:, None] * rate
    table = np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(tokens, -1)[:, :width]
    table.flags.writeable = False  # every caller gets the same one
    return table


def add_positions(
    table: Floats, x: Floats
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    """Add the first T rows of a table to every sequence.

    Parameters
    ----------
    table : (T_max, D) array
        One row per position.
    x : (..., T, D) array
        Tokens, T <= T_max.

    Returns
    -------
    y : (..., T, D) array
    pullback : callable
        ``pullback(dy) -> (dtable, dx)``.

    Raises
    ------
    InputError
        If a sequence is longer than the table.
    """
    tokens = x.shape[-2]
    if tokens > table.shape[0]:
        raise InputError(f"a sequence of {tokens} tokens is longer than the {table.shape[0]} known")

    def pullback(dy: Floats) -> tuple[Floats, Floats]:
        flat = dy.reshape(-1, tokens * table.shape[1])
        dtable = np.zeros_like(table)
        # A sum as a product with ones: several times faster.
        dtable[:tokens] = (np.ones(len(flat), dtype=dy.dtype) @ flat).reshape(tokens, -1)
        return dtable, dy

    return x + table[:tokens], pullback
