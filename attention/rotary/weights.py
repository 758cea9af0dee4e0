"""All causal weights of the last few tokens, for looking at them and for decoding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["attention_weights"]

Floats = NDArray[Any]


def attention_weights(q: Floats, k: Floats, *, sees_itself: bool = True) -> Floats:
    r"""Return the weights :math:`A_{tu} \propto e^{q_t \cdot k_u}` over u <= t, or over u < t.

    Parameters
    ----------
    q : (..., n, w) array
        Queries of the last n tokens.
    k : (..., T, w) array
        Keys of all.
    sees_itself : bool
        Whether u = t counts; if not, the weights of the first token are all 0.

    Returns
    -------
    (..., n, T) array

    Examples
    --------
    >>> attention_weights(np.zeros((2, 1)), np.zeros((2, 1))).tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    """
    score = q @ k.mT
    tokens = k.shape[-2]
    row = np.arange(tokens - q.shape[-2], tokens)[:, None]
    seen = np.arange(tokens) < row + sees_itself
    score = np.where(seen, score, -np.inf)
    top = score.max(axis=-1, keepdims=True)
    power = np.exp(score - np.where(np.isfinite(top), top, 0))
    total = power.sum(axis=-1, keepdims=True)
    return np.asarray(power / np.where(total > 0, total, 1))
