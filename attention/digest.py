"""The digest that tells whether a stored header or array was altered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["content_digest"]


def content_digest(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of a JSON header and named arrays, as 64 hexadecimal digits.

    Parameters
    ----------
    header
        JSON values; the order of its keys does not matter.
    arrays
        Their names, dtypes, shapes and bytes count; their order does not.

    Examples
    --------
    >>> whole = content_digest({"seed": 1}, {"q": np.zeros(2)})
    >>> whole == content_digest({"seed": 1}, {"q": np.array([0.0, 1e-300])})
    False
    """
    sha = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        sha.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()
