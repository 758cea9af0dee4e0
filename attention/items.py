"""Test items that a score is a mean over, and which of them a model got right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Answers", "Items", "numbered"]


@dataclass(frozen=True)
class Items:
    """Test items in their order: which are not independent, and which are averaged first.

    Parameters
    ----------
    clusters
        Of each item, the number of its cluster: items of one cluster, such as clips of one voice,
        are right or wrong together. Items that are independent have different numbers.
    strata
        Of each item, the number of its stratum: the score is the mean over strata of the mean
        over a stratum's items. If it is empty all items are of one stratum.

    Examples
    --------
    >>> Items(clusters=(0, 0, 1, 2), strata=(1, 1, 1, 0)).weights.tolist()
    [0.16666666666666666, 0.16666666666666666, 0.16666666666666666, 0.5]
    """

    clusters: tuple[int, ...]
    strata: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.clusters)

    @property
    def weights(self) -> NDArray[np.float64]:
        """What each item adds to the score if it is right; (n,), with sum 1."""
        strata = np.array(self.strata or np.zeros(len(self), dtype=int))
        _, where, counts = np.unique(strata, return_inverse=True, return_counts=True)
        return np.asarray(1 / (len(counts) * counts[where]), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Answers:
    """Which items a model got right.

    Parameters
    ----------
    right : (n,) bool array
    items
        What they are; `right` weighted by `items.weights` is the score.
    """

    right: NDArray[np.bool_]
    items: Items

    def packed(self) -> str:
        """Return `right` as hexadecimal digits, four items each, the first in the highest bit.

        Examples
        --------
        >>> Answers(np.array([True, False, False, False, True]), Items((0, 1, 2, 3, 4))).packed()
        '88'
        """
        return np.packbits(self.right).tobytes().hex()

    @classmethod
    def unpack(cls, packed: str, items: Items) -> Answers:
        """Return the answers that `packed` wrote down.

        Raises
        ------
        ValueError
            If these are no digits, or not as many as there are items.
        """
        bits = np.frombuffer(bytes.fromhex(packed), dtype=np.uint8)
        if len(bits) != -(-len(items) // 8):
            raise ValueError(f"{8 * len(bits)} bits for {len(items)} items")
        return cls(np.unpackbits(bits, count=len(items)).astype(bool), items)


def numbered(labels: NDArray[Any]) -> tuple[int, ...]:
    """Give equal labels, or equal rows of labels, one number.

    Examples
    --------
    >>> numbered(np.array(["b", "a", "b"]))
    (1, 0, 1)
    """
    return tuple(np.unique(labels, axis=0, return_inverse=True)[1].ravel().tolist())
