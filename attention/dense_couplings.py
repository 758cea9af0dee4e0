"""All couplings of queries to keys at once, by the name of a coupling or of a feature map."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.coupling import COUPLINGS, find_coupling
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.dynamics.errors import InputError

__all__ = ["check_coupling", "dense_couplings", "dense_couplings_vjp"]

Floats = NDArray[Any]


def check_coupling(name: str) -> None:
    """Check that there is a coupling or a feature map of that name.

    Raises
    ------
    InputError
        If there is none; the message lists those that are.
    """
    if name not in COUPLINGS and name not in FEATURE_MAPS:
        known = ", ".join([*COUPLINGS, *FEATURE_MAPS])
        raise InputError(f"unknown coupling {name!r}; choose {known}")


def dense_couplings(q: Floats, k: Floats, coupling: str) -> Floats:
    """Return the matrix that the layers never form, to examine it or to make a network of it.

    Parameters
    ----------
    q : (..., T_q, d_h) array
        Queries.
    k : (..., T, d_h) array
        Keys.
    coupling : str
        One of `COUPLINGS` or of `FEATURE_MAPS`.

    Returns
    -------
    (..., T_q, T) array
        W_ij >= 0, before any mask.

    Raises
    ------
    InputError
        For an unknown coupling.

    Examples
    --------
    >>> dense_couplings(np.zeros((1, 4)), np.zeros((2, 4)), "elu").tolist()
    [[1.0, 1.0]]
    """
    return dense_couplings_vjp(q, k, coupling)[0]


def dense_couplings_vjp(
    q: Floats, k: Floats, coupling: str
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    """Return the matrix, and its adjoint.

    The arguments and errors are those of `dense_couplings`.

    Returns
    -------
    couplings : (..., T_q, T) array
    pullback : callable
        ``pullback(d_couplings) -> (dq, dk)``.
    """
    check_coupling(coupling)
    if coupling in FEATURE_MAPS:
        (queries, back_q), (keys, back_k) = (
            FEATURE_MAPS[coupling].apply_vjp(np, x) for x in (q, k)
        )

        def of_features(d: Floats) -> tuple[Floats, Floats]:
            return back_q(d @ keys), back_k(d.mT @ queries)

        return np.asarray(queries @ keys.mT), of_features
    root = math.sqrt(q.shape[-1])
    score = (q @ k.mT) / root
    function = find_coupling(coupling)

    def of_scores(d: Floats) -> tuple[Floats, Floats]:
        d_score = d * function.slope(np, score) / root
        return d_score @ k, d_score.mT @ q

    return np.asarray(function.value(np, score)), of_scores
