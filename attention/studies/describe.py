"""What the attention of a trained model is like: how hard it drives its oscillators, what rank."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.attended import Attended
from lohe.attention.dense_couplings import dense_couplings
from lohe.attention.kernels.settle import EPSILON, settle_vjp
from lohe.attention.model import Model
from lohe.attention.rank import effective_rank, numerical_rank, readout_matrix
from lohe.attention.task import Task
from lohe.attention.transformer import apply_transformer
from lohe.dynamics.settling import settling_time

__all__ = ["describe_attention"]

Floats = NDArray[Any]

_SEQUENCES = 16
_NEAR, _MISSED = 1e-2, 1e-3

# Anchors in single precision are off the sphere by 1e-7, and the clamp at 0 may act on that.
_TOLERANCE = 1e-6


def describe_attention(model: Model, task: Task) -> Mapping[str, float]:
    """Return what a causal model without padding does on the first test sequences.

    Parameters
    ----------
    model
        A trained model.
    task
        What it was trained on.

    Returns
    -------
    mapping
        ``rank``, to 1e-6 of the largest singular value, and ``effective_rank`` of the weights of
        a head before the causal mask, which alone would give them full rank; means over heads
        and sequences. Of oscillators also ``drive_min``, ``drive_median`` and ``drive_max``,
        norms of h; ``coherence``, the mean of their ratios to what they would be, were all terms
        of one direction; ``settling_median`` and ``settling_longest``, the times after which T2
        has 999 of 1,000 uniform starts within 0.01 of rest; and ``exponent``, the mean over heads.
    """
    seen: list[Attended] = []
    batch = next(iter(task.batches("test", _SEQUENCES)))
    apply_transformer(model, batch, observe=lambda _, attended: seen.append(attended))
    if model.config.mechanism == "softmax":
        return _ranks(np.array([_softmax_weights(attended) for attended in seen]))
    coupling = model.config.coupling
    pairs = [_drives(attended, coupling) for attended in seen]
    drives, lengths = (np.array(part) for part in zip(*pairs, strict=True))
    norms = np.linalg.norm(drives, axis=-1)
    weights = [_readout_weights(attended, h) for attended, h in zip(seen, drives, strict=True)]
    d, median, shortest = drives.shape[-1], float(np.median(norms)), float(norms.min())
    return {
        "drive_min": shortest,
        "drive_median": median,
        "drive_max": float(norms.max()),
        "coherence": float((norms / lengths).mean()),
        "settling_median": settling_time(median, _NEAR, _MISSED, d),
        "settling_longest": settling_time(max(EPSILON, shortest), _NEAR, _MISSED, d),
        "exponent": float(np.mean([np.mean(attended.exponent) for attended in seen])),
    } | _ranks(np.array(weights))


def _double(attended: Attended) -> tuple[Floats, Floats]:
    """Return q and k in double precision, in which ranks show."""
    return np.asarray(attended.q, dtype=np.float64), np.asarray(attended.k, dtype=np.float64)


def _softmax_weights(attended: Attended) -> Floats:
    q, k = _double(attended)
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return np.asarray(np.exp(scores - scores.max(axis=-1, keepdims=True)))


def _drives(attended: Attended, coupling: str) -> tuple[Floats, Floats]:
    """Return h and how long it would be, were all its terms of one direction."""
    q, k = _double(attended)
    drives, lengths = np.zeros(1), np.zeros(1)
    for sign, anchors in ((1, attended.anchors), (-1, attended.opposed)):
        if anchors is not None:
            couplings = np.tril(dense_couplings(sign * q, k, coupling))
            drives = drives + couplings @ anchors
            length = np.linalg.norm(anchors, axis=-1, keepdims=True)
            lengths = lengths + (couplings @ length)[..., 0]
    return drives, lengths


def _readout_weights(attended: Attended, drives: Floats) -> Floats:
    assert attended.anchors is not None
    return readout_matrix(settle_vjp(np, drives)[0], attended.anchors, attended.exponent)


def _ranks(weights: Floats) -> dict[str, float]:
    return {
        "rank": float(numerical_rank(weights, _TOLERANCE).mean()),
        "effective_rank": float(effective_rank(weights).mean()),
    }
