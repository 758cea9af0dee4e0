"""One trained head on real tokens: what it needs to become a network of oscillators."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.attention.coupling import find_coupling
from lohe.attention.sealed import read_sealed, write_sealed
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network

__all__ = ["Head", "network_from_head"]

FORMAT = "lohe.head"
VERSION = 1


def network_from_head(
    q: ArrayLike,
    k: ArrayLike,
    anchors: ArrayLike,
    *,
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
    anchors : (T, d) array
        The head's anchors, as the readout uses them.
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
        Rows in order of sequence and position.

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
    if q.ndim < 2 or q.shape != k.shape:
        raise InputError(f"q {q.shape} and k {k.shape} must have one shape (..., T, d_h)")
    lead, (tokens, width) = q.shape[:-2], q.shape[-2:]
    if anchors.ndim != 2 or anchors.shape[0] != tokens:
        raise InputError(f"anchors have shape {anchors.shape}; expected ({tokens}, d) of one head")
    key_mask = _spread("key_mask", key_mask, lead, tokens)
    kept = _spread("query_mask", query_mask, lead, tokens).reshape(-1)
    if not kept.any():
        raise InputError("query_mask drops every oscillator; keep one")
    past = np.tri(tokens, dtype=bool) if causal else np.ones((tokens, tokens), dtype=bool)
    visible = (past & key_mask[..., None, :]).reshape(-1, tokens)[kept]
    if not visible.any(axis=1).all():
        row = int(np.flatnonzero(kept)[np.argmin(visible.any(axis=1))])
        raise InputError(
            f"all keys of query {row % tokens} of sequence {row // tokens} are masked; "
            "drop it with query_mask"
        )
    with np.errstate(over="ignore", invalid="ignore"):  # Network refuses what overflows
        score = (q @ k.mT).reshape(-1, tokens)[kept] / np.sqrt(width)
        couplings = np.where(visible, find_coupling(coupling).value(np, score), 0.0)
    readable = visible if mask_readout else np.tile(past, (q.size // (tokens * width), 1))[kept]
    sequences = q.size // (tokens * width)
    ids = np.arange(sequences) if sequence is None else np.asarray(sequence).reshape(-1)
    if ids.shape != (sequences,):
        raise InputError(f"sequence has {ids.size} entries; there are {sequences} sequences")
    if labels is not None:
        labels = np.asarray(labels, dtype=np.str_)
        if labels.size != kept.size:
            raise InputError(f"labels has shape {labels.shape}; expected {(*lead, tokens)}")
        labels = labels.reshape(-1)[kept]
    return Network(
        couplings=couplings,
        anchors=anchors,
        visible=readable,
        readout_exponent=readout_exponent,
        anchor_kind=anchor_kind,
        labels=labels,
        sequence=np.repeat(ids, tokens)[kept],
    )


@dataclass(frozen=True, eq=False)
class Head:
    """A head of a trained fixed-query model with the real tokens that it saw.

    Parameters
    ----------
    q, k : (N, T, d_h) array
        Queries and keys of N sequences.
    anchors : (T, d) array
        The head's anchors, normalised already where ``anchor_kind`` is ``"unit"``.
    coupling, causal, key_mask, mask_readout, readout_exponent, anchor_kind
        As in `network_from_head`; key_mask (N, T). Padding is dropped from the queries too.
    labels : (N, T) array of str, optional
        What each token is.
    sequence : (N,) array of int, optional
        Identity of each sequence.
    name
        For example ``"sva-seed0 layer 0 head 0"``.

    Raises
    ------
    InputError
        When its network is made or it is loaded, for what `network_from_head` refuses.
    """

    q: NDArray[Any]
    k: NDArray[Any]
    anchors: NDArray[Any]
    coupling: str = "softplus"
    causal: bool = False
    key_mask: NDArray[np.bool_] | None = None
    labels: NDArray[np.str_] | None = None
    sequence: NDArray[np.int64] | None = None
    readout_exponent: float = 1.0
    anchor_kind: Literal["unit", "free"] = "unit"
    name: str = "head"
    mask_readout: bool = True

    def network(self) -> Network:
        """Make the head's network; see `network_from_head`."""
        return network_from_head(
            self.q,
            self.k,
            self.anchors,
            coupling=self.coupling,
            causal=self.causal,
            key_mask=self.key_mask,
            query_mask=self.key_mask,
            mask_readout=self.mask_readout,
            labels=self.labels,
            sequence=self.sequence,
            readout_exponent=self.readout_exponent,
            anchor_kind=self.anchor_kind,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.head.npz`` file, atomically.

        Raises
        ------
        InputError
            If the path cannot be written.
        """
        optional = {"key_mask": self.key_mask, "labels": self.labels, "sequence": self.sequence}
        arrays = {"q": self.q, "k": self.k, "anchors": self.anchors} | {
            name: array for name, array in optional.items() if array is not None
        }
        header = {"format": FORMAT, "version": VERSION}
        header |= {name: getattr(self, name) for name in _OPTIONS}
        write_sealed(path, header, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Head:
        """Read a ``.head.npz`` file.

        Raises
        ------
        InputError
            If the file is missing, damaged, of another version, or was altered.
        """
        header, arrays = read_sealed(path, FORMAT, VERSION)
        try:
            fields: dict[str, Any] = arrays | {name: header[name] for name in _OPTIONS}
            return cls(**fields)
        except (KeyError, TypeError) as error:
            raise InputError(f"{path} does not hold a head; write it again") from error


_OPTIONS = ("coupling", "causal", "readout_exponent", "anchor_kind", "name", "mask_readout")


def _floats(name: str, values: ArrayLike) -> NDArray[np.float64]:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not an array of numbers") from error
    if array.size == 0 or not np.isfinite(array).all():
        raise InputError(f"{name} is empty or has NaN or infinite entries")
    return array


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
