"""Which state of the program a run was made by: one version has many while it is written."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from lohe.dynamics import __path__ as _dynamics

__all__ = ["source_digest"]

_DIGITS = 12


@lru_cache(maxsize=1)
def source_digest() -> str:
    """Return a digest of all modules that the bits of a trained model may depend on.

    Examples
    --------
    >>> len(source_digest())
    12
    """
    digest = hashlib.sha256()
    for folder in (Path(__file__).parent, Path(_dynamics[0])):
        for module in sorted(folder.rglob("*.py")):
            digest.update(module.relative_to(folder.parent).as_posix().encode() + b"\0")
            digest.update(module.read_bytes() + b"\0")
    return digest.hexdigest()[:_DIGITS]
