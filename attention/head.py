"""One trained head on real tokens: what it needs to become a network of oscillators."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lohe.attention.head_network import network_from_head
from lohe.attention.sealed import read_sealed, write_sealed
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network

__all__ = ["Head"]

FORMAT = "lohe.head"
VERSION = 1


@dataclass(frozen=True, eq=False)
class Head:
    """A head of a trained fixed-query model with the real tokens that it saw.

    Parameters
    ----------
    q, k : (N, T, d_h) array
        Queries and keys of N sequences.
    anchors : (T, d) array, or (N, T, d)
        The head's anchors, one table or each sequence's own, normalised already where
        ``anchor_kind`` is ``"unit"``.
    coupling, causal, key_mask, mask_readout, readout_exponent, anchor_kind
        As in `network_from_head`; key_mask (N, T). Padding is dropped from the queries too.
    labels : (N, T) array of str, optional
        What each token is.
    sequence : (N,) array of int, optional
        Identity of each sequence.
    name
        For example ``"sva-seed0 layer 0 head 0"``.
    opposed : array of the anchors' shape, optional
        The second anchor of each key in two-sided attention.

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
    opposed: NDArray[Any] | None = None

    def network(self) -> Network:
        """Make the head's network; see `network_from_head`."""
        return network_from_head(
            self.q,
            self.k,
            self.anchors,
            opposed=self.opposed,
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
        names = ("key_mask", "labels", "sequence", "opposed")
        optional = {name: getattr(self, name) for name in names}
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
