"""Tokens with the weights of one attention head: the instance that claims about inputs speak of."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import digest, read_npz, write_npz

__all__ = ["COUPLING_NAMES", "Tokens"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FORMAT = "lohe.tokens"
VERSION = 1

COUPLING_NAMES = ("softplus", "relu", "elu", "squareplus")
"""The couplings in the order of their numbers in a file; all of them increase."""


@dataclass(frozen=True, eq=False, init=False)
class Tokens:
    r"""Sequences of tokens before one head's projections, and the head itself.

    The drive of the oscillator of token i is :math:`h_i = \sum_j W_{ij} r_j` with
    :math:`W_{ij} = f(x_i^T W_q^T W_k x_j/\sqrt{d_h})`, in exact arithmetic over the stored
    numbers, where f is

    - ``softplus``: ln(1 + e^s);
    - ``relu``: max(s, 0) + the float 1e-3;
    - ``elu``: s + 1 for s > 0, e^s otherwise;
    - ``squareplus``: (s + √(s² + 4 ln² 2))/2.

    Where a `lohe.Network` fixes the couplings, tokens leave them to be computed, so that a claim
    can be made for all inputs near the stored ones.

    Parameters
    ----------
    tokens : (B, T, D) array
        What enters the projections to queries and keys: normalised hidden states, padding too.
    query_weights, key_weights : (d_h, D) array
        The head's slices of the two projections.
    anchors : (T, d) array
        Pinned oscillators, as the readout uses them.
    coupling : {"softplus", "relu", "elu", "squareplus"}
        The function f.
    causal : bool
        Token i sees tokens j <= i only.
    key_mask : (B, T) bool array, optional
        False at padding, which is no key and no oscillator.
    labels : (B, T) array of str, optional
        What each token is. Not part of the digest.

    Raises
    ------
    InputError
        For missing, non-finite or mis-shaped arrays, an unknown coupling, or no token left.

    Examples
    --------
    >>> tokens = Tokens(np.zeros((1, 2, 3)), np.eye(3), np.eye(3), np.eye(2), causal=True)
    >>> tokens.n, tokens.d
    (2, 2)
    """

    tokens: Floats
    query_weights: Floats
    key_weights: Floats
    anchors: Floats
    coupling: str
    causal: bool
    key_mask: Bools | None
    labels: NDArray[np.str_] | None

    def __init__(
        self,
        tokens: ArrayLike,
        query_weights: ArrayLike,
        key_weights: ArrayLike,
        anchors: ArrayLike,
        *,
        coupling: str = "softplus",
        causal: bool = False,
        key_mask: ArrayLike | None = None,
        labels: ArrayLike | None = None,
    ) -> None:
        x = _floats("tokens", tokens, 3)
        query, key = (
            _floats(name, weights, 2)
            for name, weights in (("query_weights", query_weights), ("key_weights", key_weights))
        )
        table = _floats("anchors", anchors, 2)
        batch, length, width = x.shape
        if query.shape != key.shape or query.shape[1] != width:
            raise InputError(
                f"query_weights {query.shape} and key_weights {key.shape} must both have shape "
                f"(d_h, {width}), for tokens of width {width}"
            )
        if table.shape[0] != length or table.shape[1] < 2:
            raise InputError(
                f"anchors have shape {table.shape}; expected ({length}, d) with d >= 2"
            )
        if coupling not in COUPLING_NAMES:
            raise InputError(f"unknown coupling {coupling!r}; choose {', '.join(COUPLING_NAMES)}")
        if not isinstance(causal, bool | np.bool_):
            raise InputError("causal must be True or False")
        mask = None if key_mask is None else _mask(key_mask, (batch, length))
        names = None if labels is None else np.array(labels, dtype=np.str_)
        if names is not None and names.shape != (batch, length):
            raise InputError(f"labels has shape {names.shape}; expected {(batch, length)}")
        values = {
            "tokens": x,
            "query_weights": query,
            "key_weights": key,
            "anchors": table,
            "coupling": coupling,
            "causal": bool(causal),
            "key_mask": mask,
            "labels": names,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if not self.kept.any():
            raise InputError("key_mask drops every token; keep one")

    @cached_property
    def kept(self) -> Bools:
        """The tokens that are oscillators, (B, T): all but padding."""
        if self.key_mask is None:
            return np.ones(self.tokens.shape[:2], dtype=np.bool_)
        return self.key_mask

    @cached_property
    def visible(self) -> Bools:
        """The keys that each token sees, (B, T, T) or (1, T, T); an oscillator sees itself."""
        length = self.tokens.shape[1]
        seen = np.tri(length, dtype=np.bool_) if self.causal else np.ones((length, length), bool)
        return seen[None] if self.key_mask is None else seen & self.key_mask[:, None, :]

    @property
    def n(self) -> int:
        """Number of oscillators: tokens that are not padding, sequence by sequence."""
        return int(np.count_nonzero(self.kept))

    @property
    def d(self) -> int:
        """Dimension of the ambient space of the oscillators."""
        return int(self.anchors.shape[1])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that define the instance, in the canonical order of the digest."""
        found: dict[str, NDArray[Any]] = {
            "tokens": self.tokens,
            "query_weights": self.query_weights,
            "key_weights": self.key_weights,
            "anchors": self.anchors,
            "coupling": np.asarray(COUPLING_NAMES.index(self.coupling), dtype=np.uint8),
            "causal": np.asarray(self.causal),
        }
        if self.key_mask is not None:
            found["key_mask"] = self.key_mask
        return found

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical form of `arrays`, as 64 hexadecimal digits.

        As `lohe.Network.digest`, with the first line ``lohe.tokens 1``.
        """
        return digest(f"{FORMAT} {VERSION}", self.arrays())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.tokens.npz`` file, atomically.

        Raises
        ------
        InputError
            If the path cannot be written.
        """
        labels = {} if self.labels is None else {"labels": self.labels}
        header = {"format": FORMAT, "version": VERSION, "sha256": self.digest}
        write_npz(path, header, self.arrays() | labels)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Tokens:
        """Read a ``.tokens.npz`` file and check its digest.

        Raises
        ------
        InputError
            If the file is missing, damaged, of another version, or was altered after it was
            written.
        """
        header, arrays = read_npz(path, FORMAT)
        if header.get("version") != VERSION:
            raise InputError(f"{path} has version {header.get('version')}; expected {VERSION}")
        values: dict[str, Any] = dict(arrays)
        try:
            values["coupling"] = COUPLING_NAMES[int(values["coupling"])]
            values["causal"] = bool(values["causal"])
            found = cls(**values)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise InputError(f"{path} does not hold tokens; write it again") from error
        if found.digest != header.get("sha256"):
            raise InputError(f"{path} was altered after it was written (SHA-256 differs)")
        return found


def _floats(name: str, values: ArrayLike, axes: int) -> Floats:
    try:
        # A copy, closed to writing: what was certified must stay what is stored.
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not an array of numbers") from error
    array.flags.writeable = False
    if array.ndim != axes or not array.size:
        raise InputError(f"{name} has shape {array.shape}; expected {axes} axes, none empty")
    if not np.isfinite(array).all():
        raise InputError(f"{name} has NaN or infinite entries")
    return array


def _mask(values: ArrayLike, shape: tuple[int, int]) -> Bools:
    array = np.array(values, order="C")
    if array.dtype != np.bool_ or array.shape != shape:
        raise InputError(f"key_mask must be a boolean array of shape {shape}")
    array.flags.writeable = False
    return array
