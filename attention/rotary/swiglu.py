"""The gated feed-forward layer and its adjoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.kernels.threads import map_tasks
from lohe.attention.linear import row_product, weight_gradient

__all__ = ["swiglu"]

Floats = NDArray[Any]

# Entries of a piece: few enough that a dozen passes over them stay in the cache, enough that the
# calls cost little.
_ENTRIES = 1 << 15


def swiglu(
    weight_in: Floats, weight_out: Floats, x: Floats
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
    r"""Apply :math:`W_o\,(\mathrm{silu}(a) \odot b)`, (a, b) = W_i x, without biases.

    Shazeer (arXiv 2002.05202); silu(a) = a/(1 + e^-a).

    Parameters
    ----------
    weight_in : (2 F, D) array
        Into the gate a, then into what it gates, b.
    weight_out : (M, F) array
        Out of the hidden layer of width F.
    x : (..., D) array
        Tokens.

    Returns
    -------
    y : (..., M) array
    pullback : callable
        ``pullback(dy) -> (dweight_in, dweight_out, dx)``.

    Examples
    --------
    >>> swiglu(np.array([[1.0], [2.0]]), np.ones((1, 1)), np.ones((1, 1)))[0].round(6)
    array([[1.462117]])
    """
    rows = x.reshape(-1, x.shape[-1])
    hidden = weight_out.shape[1]
    raised = row_product(rows, weight_in.T)
    share = np.empty((len(rows), hidden), dtype=raised.dtype)
    gated = np.empty_like(share)
    step = max(1, _ENTRIES // hidden)
    pieces = [slice(start, start + step) for start in range(0, len(rows), step)]

    def bend(piece: slice) -> None:
        gate, passed = raised[piece, :hidden], raised[piece, hidden:]
        sigmoid, out = share[piece], gated[piece]
        np.negative(gate, out=sigmoid)
        with np.errstate(over="ignore"):  # the share is then 0, as it should be
            np.exp(sigmoid, out=sigmoid)
        sigmoid += 1
        np.divide(1, sigmoid, out=sigmoid)
        np.multiply(gate, sigmoid, out=out)
        out *= passed

    map_tasks(bend, pieces)
    y = row_product(gated, weight_out.T)

    def pullback(dy: Floats) -> tuple[Floats, Floats, Floats]:
        dy = dy.reshape(-1, dy.shape[-1])
        dgated = row_product(dy, weight_out)
        draised = np.empty_like(raised)

        def unbend(piece: slice) -> None:
            gate, passed = raised[piece, :hidden], raised[piece, hidden:]
            dgate, dpassed = draised[piece, :hidden], draised[piece, hidden:]
            d, sigmoid = dgated[piece], share[piece]
            silu = gate * sigmoid
            np.multiply(d, silu, out=dpassed)
            # silu'(a) = s + silu(a) (1 - s) with the logistic share s.
            np.subtract(1, sigmoid, out=dgate)
            dgate *= silu
            dgate += sigmoid
            dgate *= passed
            dgate *= d

        map_tasks(unbend, pieces)
        dx = row_product(draised, weight_in).reshape(x.shape)
        return weight_gradient(draised, rows), weight_gradient(dy, gated), dx

    return y.reshape(*x.shape[:-1], len(weight_out)), pullback
