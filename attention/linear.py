"""The linear layer and its adjoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.kernels.threads import map_tasks

__all__ = ["linear", "row_product", "weight_gradient"]

Floats = NDArray[Any]

# Products go to our own threads by pieces of so many rows. BLAS's threads wait for one another in
# loops, and go on looping for a while after their work, on the cores that attention needs next.
_ROWS = 1024


def linear(
    weight: Floats, bias: Floats | None, x: Floats
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats | None, Floats]]]:
    """Apply y = x weight^T + bias along the last axis.

    Parameters
    ----------
    weight : (m, n) array
        One row per output.
    bias : (m,) array or None
        None leaves it out.
    x : (..., n) array
        Inputs.

    Returns
    -------
    y : (..., m) array
    pullback : callable
        ``pullback(dy) -> (dweight, dbias, dx)``; dbias is None without a bias.

    Examples
    --------
    >>> import numpy as np
    >>> y, pullback = linear(np.array([[1.0, 2.0]]), np.array([3.0]), np.array([[1.0, 1.0]]))
    >>> y
    array([[6.]])
    >>> [gradient.tolist() for gradient in pullback(np.array([[1.0]]))]
    [[[1.0, 1.0]], [1.0], [[1.0, 2.0]]]
    """
    rows = x.reshape(-1, x.shape[-1])  # one matrix product, not one per sequence
    y = row_product(rows, weight.T)
    if bias is not None:
        y += bias

    def pullback(dy: Floats) -> tuple[Floats, Floats | None, Floats]:
        dy = dy.reshape(-1, dy.shape[-1])
        # A sum as a product with ones: several times faster.
        dbias = None if bias is None else np.ones(len(dy), dtype=dy.dtype) @ dy
        return weight_gradient(dy, rows), dbias, row_product(dy, weight).reshape(x.shape)

    return y.reshape(*x.shape[:-1], weight.shape[0]), pullback


def row_product(rows: Floats, matrix: Floats) -> Floats:
    """Return rows matrix, by pieces of many rows."""
    product = np.empty((len(rows), matrix.shape[1]), dtype=np.result_type(rows, matrix))
    map_tasks(lambda piece: np.matmul(rows[piece], matrix, out=product[piece]), _pieces(rows))
    return product


def weight_gradient(dy: Floats, rows: Floats) -> Floats:
    """Return dy^T rows, the gradient of a weight, summed over pieces of many rows."""
    gradient, *others = map_tasks(lambda piece: dy[piece].T @ rows[piece], _pieces(rows))
    for other in others:
        gradient += other
    return gradient


def _pieces(rows: Floats) -> list[slice]:
    return [slice(a, a + _ROWS) for a in range(0, max(1, len(rows)), _ROWS)]
