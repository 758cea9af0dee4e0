"""Large arrays inside a certificate: exact, compact, and comparable."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError

__all__ = ["Packed"]


@dataclass(frozen=True, eq=False, init=False)
class Packed:
    """A read-only array of finite 64-bit floats, written as base64 of its little-endian bytes.

    Parameters
    ----------
    array
        Any shape; copied.

    Raises
    ------
    InputError
        If an entry is not finite.

    Examples
    --------
    >>> Packed([[1.0, 2.0]]) == Packed.decode(Packed([[1.0, 2.0]]).encode(), "here")
    True
    """

    array: NDArray[np.float64]

    def __init__(self, array: ArrayLike) -> None:
        values = np.array(array, dtype=np.float64, order="C")
        if not np.isfinite(values).all():
            raise InputError("a packed array holds NaN or infinity")
        values.flags.writeable = False
        object.__setattr__(self, "array", values)

    def __eq__(self, other: object) -> bool:
        """Compare bit by bit."""
        return isinstance(other, Packed) and self.encode() == other.encode()

    def __hash__(self) -> int:
        return hash(self.array.tobytes())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.array, dtype=dtype, copy=copy)

    def encode(self) -> dict[str, Any]:
        """Return the array as JSON data."""
        little = self.array.astype("<f8", copy=False)
        return {
            "shape": list(self.array.shape),
            "float64": base64.b64encode(little.tobytes()).decode("ascii"),
        }

    @classmethod
    def decode(cls, document: Any, place: str) -> Packed:
        """Read JSON data strictly, or raise `InputError` naming the place."""
        wrong = InputError(f"certificate: {place} is not a valid packed array; certify again")
        if not isinstance(document, dict) or set(document) != {"shape", "float64"}:
            raise wrong
        shape, text = document["shape"], document["float64"]
        sizes = isinstance(shape, list) and all(type(k) is int and k >= 0 for k in shape)
        if not sizes or not isinstance(text, str):
            raise wrong
        try:
            raw = base64.b64decode(text, validate=True)
            values = np.frombuffer(raw, dtype="<f8").reshape(shape)
            found = cls(values)
        except (binascii.Error, ValueError) as error:
            raise wrong from error
        if found.encode()["float64"] != text:
            raise wrong
        return found
