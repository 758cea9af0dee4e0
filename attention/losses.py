"""Losses, averaged over the batch, and their adjoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["cross_entropy", "logistic"]

Floats = NDArray[Any]


def cross_entropy(
    logits: Floats, targets: NDArray[np.integer[Any]]
) -> tuple[float, Callable[[float], Floats]]:
    """Mean of -ln softmax(logits)[target].

    Parameters
    ----------
    logits : (..., C) array
        Scores of C classes.
    targets : (...) array of int
        From 0 to C - 1.

    Returns
    -------
    loss : float
    pullback : callable
        ``pullback(dloss) -> dlogits``.

    Raises
    ------
    InputError
        If the targets do not fit the logits.

    Examples
    --------
    >>> round(cross_entropy(np.zeros((1, 4)), np.array([2]))[0], 6)
    1.386294
    """
    classes = logits.shape[-1]
    if targets.shape != logits.shape[:-1] or not np.all((targets >= 0) & (targets < classes)):
        raise InputError(f"targets must have shape {logits.shape[:-1]}, from 0 to {classes - 1}")
    shifted = logits - logits.max(axis=-1, keepdims=True)
    power = np.exp(shifted)
    total = power.sum(axis=-1, keepdims=True)
    chosen = np.take_along_axis(shifted, targets[..., None], axis=-1)
    loss = float((np.log(total) - chosen).mean())

    def pullback(dloss: float) -> Floats:
        dlogits = power / total
        index = targets[..., None]
        here = np.take_along_axis(dlogits, index, axis=-1)
        np.put_along_axis(dlogits, index, here - 1, axis=-1)
        return np.asarray(dlogits * logits.dtype.type(dloss / max(targets.size, 1)))

    return loss, pullback


def logistic(logits: Floats, targets: NDArray[Any]) -> tuple[float, Callable[[float], Floats]]:
    """Mean of -ln P(target), where sigmoid(logit) is the probability of a true target.

    Parameters
    ----------
    logits : (...) array
        One score each.
    targets : (...) array of bool or of probabilities
        Of the same shape.

    Returns
    -------
    loss : float
    pullback : callable
        ``pullback(dloss) -> dlogits``.

    Raises
    ------
    InputError
        If the shapes differ.

    Examples
    --------
    >>> round(logistic(np.zeros(3), np.array([True, False, True]))[0], 6)
    0.693147
    """
    if targets.shape != logits.shape:
        raise InputError(f"targets have shape {targets.shape}; expected {logits.shape}")
    truth = targets.astype(logits.dtype)
    small = np.exp(-np.abs(logits))  # in (0, 1], so that nothing overflows
    loss = float((np.maximum(logits, 0) - logits * truth + np.log1p(small)).mean())

    def pullback(dloss: float) -> Floats:
        probability = np.where(logits >= 0, 1, small) / (1 + small)
        return np.asarray((probability - truth) * logits.dtype.type(dloss / max(logits.size, 1)))

    return loss, pullback
