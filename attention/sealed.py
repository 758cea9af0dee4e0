"""Sealed ``.npz`` files: a header and arrays under a digest that tells if they were altered."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import read_npz, write_npz

__all__ = ["content_digest", "read_sealed", "write_sealed"]

_SEAL = "sha256"


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


def write_sealed(
    path: str | os.PathLike[str], header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write a header, with its ``"format"`` and ``"version"``, and arrays, atomically.

    Raises
    ------
    InputError
        If the path cannot be written.
    """
    write_npz(path, {**header, _SEAL: content_digest(header, arrays)}, arrays)


def read_sealed(
    path: str | os.PathLike[str], format_name: str, version: int
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what `write_sealed` wrote.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another format or version, or was altered.
    """
    header, arrays = read_npz(path, format_name)
    if header.get("version") != version:
        raise InputError(f"{path} has version {header.get('version')}; expected {version}")
    if header.pop(_SEAL, None) != content_digest(header, arrays):
        raise InputError(f"{path} was altered after it was written (SHA-256 differs)")
    return header, arrays
