"""All couplings of queries to keys at once, by the name of a coupling or of a feature map."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.coupling import COUPLINGS, find_coupling
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.dynamics.errors import InputError

__all__ = ["check_coupling", "dense_couplings"]

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
    check_coupling(coupling)
    if coupling in FEATURE_MAPS:
        (queries, _), (keys, _) = (FEATURE_MAPS[coupling].apply_vjp(np, x) for x in (q, k))
        return np.asarray(queries @ keys.mT)
    score = (q @ k.mT) / math.sqrt(q.shape[-1])
    return np.asarray(find_coupling(coupling).value(np, score))
