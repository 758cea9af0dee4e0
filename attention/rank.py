r"""The rank of attention: how many directions a head's readout has.

Before the mask, and up to the scale of its rows, the attention matrix of a fixed-query head is
:math:`(1 + \langle x_i, r_j\rangle)^p`: a polynomial of degree p in :math:`x_i`, which lies on
the sphere :math:`S^{d-1}`. Polynomials of degree p on that sphere have dimension

.. math::

    \binom{d+p-1}{p} + \binom{d+p-2}{p-1}

(Stein & Weiss, *Introduction to Fourier Analysis on Euclidean Spaces*, ch. IV), d + 1 for p = 1,
and no head has a larger rank, however many tokens it reads. Softmax has no such bound.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError

__all__ = ["effective_rank", "numerical_rank", "rank_bound", "readout_matrix"]

Floats = NDArray[np.float64]


def readout_matrix(states: ArrayLike, anchors: ArrayLike, p: ArrayLike = 1) -> Floats:
    """Return max(0, 1 + <x_i, r_j>)^p without a mask.

    Parameters
    ----------
    states : (..., T_q, d) array
        Where the oscillators rest.
    anchors : (..., T, d) array
        The anchors that the readout uses.
    p : float or (..., 1, 1) array
        Readout exponent.

    Returns
    -------
    (..., T_q, T) array
        In float64. Normalising its rows, as attention does, leaves its rank.
    """
    x, r = np.asarray(states, dtype=np.float64), np.asarray(anchors, dtype=np.float64)
    return np.asarray(np.maximum(0.0, 1 + x @ r.mT) ** np.asarray(p))


def rank_bound(d: int, p: int) -> int:
    """Return the largest rank that a readout of oscillators on the sphere in R^d can have.

    Parameters
    ----------
    d : int
        Dimension of an oscillator's space, at least 2.
    p : int
        Readout exponent, a whole number from 1. (No bound holds for other exponents, nor where
        free anchors make the clamp at zero act.)

    Raises
    ------
    InputError
        For other numbers.

    Examples
    --------
    >>> [rank_bound(32, p) for p in (1, 2, 4)]
    [33, 560, 58344]
    """
    if d < 2 or p < 1 or p != int(p):
        raise InputError(f"no rank bound for d = {d}, p = {p}; give d >= 2 and a whole p >= 1")
    p = int(p)
    return math.comb(d + p - 1, p) + math.comb(d + p - 2, p - 1)


def numerical_rank(matrices: ArrayLike, tolerance: float = 1e-10) -> NDArray[np.int64]:
    """Count the singular values above `tolerance` times the largest.

    Parameters
    ----------
    matrices : (..., m, n) array
        Taken as float64. Entries that were computed in float32 have noise of about 1e-7, so they
        need a tolerance above that.
    tolerance : float
        Relative to the largest singular value.

    Returns
    -------
    (...) array of int
        0 for a zero matrix.

    Examples
    --------
    >>> int(numerical_rank(np.ones((4, 3))))
    1
    """
    values = _singular_values(matrices)
    above = values > tolerance * values[..., :1]
    return np.asarray(np.count_nonzero(above, axis=-1), dtype=np.int64)


def effective_rank(matrices: ArrayLike) -> Floats:
    """Return e to the entropy of the normalised singular values (Roy & Vetterli 2007).

    Parameters
    ----------
    matrices : (..., m, n) array
        Not zero.

    Returns
    -------
    (...) array
        From 1 to the rank, which it equals where all singular values that are not zero are equal.

    Raises
    ------
    InputError
        For a zero matrix, and for entries that are not finite.

    Examples
    --------
    >>> float(effective_rank(3 * np.eye(5)).round(12))
    5.0
    """
    values = _singular_values(matrices)
    if not values[..., 0].all():
        raise InputError("a matrix is zero; it has no effective rank")
    share = values / np.sum(values, axis=-1, keepdims=True)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    return np.asarray(np.exp(-np.sum(share * logs, axis=-1)))


def _singular_values(matrices: Any) -> Floats:
    array = np.asarray(matrices, dtype=np.float64)
    if array.ndim < 2 or array.size == 0 or not np.isfinite(array).all():
        raise InputError(f"expected finite matrices (..., m, n); got an array {array.shape}")
    return np.asarray(np.linalg.svd(array, compute_uv=False))
