"""The network of oscillators that one head's query tokens are."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.attention.dense_couplings import dense_couplings
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network

__all__ = ["network_from_head"]


def network_from_head(
    q: ArrayLike,
    k: ArrayLike,
    anchors: ArrayLike,
    *,
    opposed: ArrayLike | None = None,
    coupling: str = "softplus",
    causal: bool = False,
    key_mask: ArrayLike | None = None,
    query_mask: ArrayLike | None = None,
    mask_readout: bool = True,
    labels: ArrayLike | None = None,
    sequence: ArrayLike | None = None,
    readout_exponent: float = 1.0,
    anchor_kind: Literal["unit", "free"] = "unit",
) -> Network:
    """Make the network whose oscillators are one head's query tokens.

    The couplings are computed in float64 and then *are* the instance: its certificate speaks of
    these very numbers.

    Parameters
    ----------
    q, k : (..., T, d_h) array
        Queries and keys of one head; the leading axes run over sequences and are flattened.
    anchors : (T, d) array, or (..., T, d)
        The head's anchors, as the readout uses them: one table, or one for each sequence.
    opposed : array of the same shape, optional
        The second anchor of each key, which only drives; see `coherent_attention_vjp`.
    coupling, causal, key_mask, mask_readout
        As in `fixed_query_attention`; key_mask (..., T).
    query_mask : (..., T) bool array, optional
        False drops an oscillator, for example one that stands for padding.
    labels : (..., T) array of str, optional
        What each query token is.
    sequence : (...) array of int, optional
        Identity of each sequence; by default 0, 1, 2, ...
    readout_exponent, anchor_kind
        Passed to `Network`.

    Returns
    -------
    Network
        Rows in order of sequence and position. It holds couplings and anchors where one table of
        anchors drives and is read out. With anchors of each sequence's own, or opposed ones, it
        holds the drive alone, and claims about couplings (T3, T4) do not apply.

    Raises
    ------
    InputError
        For NaN or infinity, shapes that disagree, anchors off the sphere with
        ``anchor_kind="unit"``, couplings that overflow, no query left, or a query that sees no
        key (the message names it).

    Examples
    --------
    >>> network = network_from_head(np.zeros((2, 3)), np.zeros((2, 3)), np.eye(2), causal=True)
    >>> network.couplings.round(3).tolist()
    [[0.693, 0.0], [0.693, 0.693]]
    """
    q, k, anchors = _floats("q", q), _floats("k", k), _floats("anchors", anchors)
    second = None if opposed is None else _floats("opposed", opposed)
    if q.ndim < 2 or q.shape != k.shape:
        raise InputError(f"q {q.shape} and k {k.shape} must have one shape (..., T, d_h)")
    lead, (tokens, width) = q.shape[:-2], q.shape[-2:]
    own = anchors.ndim > 2  # each sequence has its own anchors
    if anchors.shape[:-1] != ((*lead, tokens) if own else (tokens,)):
        raise InputError(
            f"anchors have shape {anchors.shape}; expected ({tokens}, d) of one head, "
            f"or {(*lead, tokens, 'd')}"
        )
    if second is not None and second.shape != anchors.shape:
        raise InputError(f"opposed has shape {second.shape}; expected {anchors.shape}, as anchors")
    sequences = q.size // (tokens * width)
    visible = _visible(_spread("key_mask", key_mask, lead, tokens), causal)
    kept = _spread("query_mask", query_mask, lead, tokens).reshape(-1)
    if not kept.any():
        raise InputError("query_mask drops every oscillator; keep one")
    blind = kept & ~visible.any(axis=-1).reshape(-1)
    if blind.any():
        row = int(np.argmax(blind))
        raise InputError(
            f"all keys of query {row % tokens} of sequence {row // tokens} are masked; "
            "drop it with query_mask"
        )
    ids = np.arange(sequences) if sequence is None else np.asarray(sequence).reshape(-1)
    if ids.shape != (sequences,):
        raise InputError(f"sequence has {ids.size} entries; there are {sequences} sequences")
    identity: dict[str, Any] = {"sequence": np.repeat(ids, tokens)[kept]}
    if labels is not None:
        labels = np.asarray(labels, dtype=np.str_)
        if labels.size != kept.size:
            raise InputError(f"labels has shape {labels.shape}; expected {(*lead, tokens)}")
        identity["labels"] = labels.reshape(-1)[kept]
    with np.errstate(over="ignore", invalid="ignore"):  # Network refuses what overflows
        couplings = np.where(visible, dense_couplings(q, k, coupling), 0.0)
        if own or second is not None:
            drive = couplings @ anchors
            if second is not None:
                drive += np.where(visible, dense_couplings(-q, k, coupling), 0.0) @ second
            drive = drive.reshape(-1, anchors.shape[-1])[kept]
            return Network(drive, readout_exponent=readout_exponent, **identity)
    readable = visible if mask_readout else _visible(_spread("key", None, lead, tokens), causal)
    return Network(
        couplings=couplings.reshape(-1, tokens)[kept],
        anchors=anchors,
        visible=readable.reshape(-1, tokens)[kept],
        readout_exponent=readout_exponent,
        anchor_kind=anchor_kind,
        **identity,
    )


def _floats(name: str, values: ArrayLike) -> NDArray[np.float64]:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not an array of numbers") from error
    if array.size == 0 or not np.isfinite(array).all():
        raise InputError(f"{name} is empty or has NaN or infinite entries")
    return array


def _visible(key_mask: NDArray[np.bool_], causal: bool) -> NDArray[np.bool_]:
    """Return which keys each query sees, (..., T, T)."""
    square = (*key_mask.shape, key_mask.shape[-1])
    seen = np.broadcast_to(key_mask[..., None, :], square)
    return seen & np.tri(square[-1], dtype=bool) if causal else seen


def _spread(
    name: str, mask: ArrayLike | None, lead: tuple[int, ...], tokens: int
) -> NDArray[np.bool_]:
    if mask is None:
        return np.ones((*lead, tokens), dtype=bool)
    array = np.asarray(mask)
    if array.dtype != np.bool_:
        raise InputError(f"{name} must be a boolean array")
    try:
        return np.broadcast_to(array, (*lead, tokens))
    except ValueError as error:
        raise InputError(f"{name} has shape {array.shape}; expected {(*lead, tokens)}") from error
