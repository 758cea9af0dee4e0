"""All theorems by name: every file of this folder that defines ``THEOREM`` is found.

To add a theorem, add a file; nothing else changes.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from lohe.theory.theorem import Theorem

__all__ = ["theorem", "theorems"]


@cache
def theorems() -> MappingProxyType[str, Theorem]:
    """Theorems and lemmas by name, lemmas first, each kind by number.

    Raises
    ------
    ValueError
        If two files define a theorem of the same name.

    Examples
    --------
    >>> list(theorems())[:3]
    ['L1', 'L2', 'L3']
    """
    found: dict[str, Theorem] = {}
    for file in sorted(Path(__file__).parent.glob("*.py")):
        if file.stem == "__init__":
            continue
        entry = getattr(import_module(f"lohe.theory.{file.stem}"), "THEOREM", None)
        if isinstance(entry, Theorem):
            if entry.name in found:
                raise ValueError(f"{file.name} defines {entry.name}, which exists already")
            found[entry.name] = entry
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: _order(item[0]))))


def theorem(name: str) -> Theorem:
    """Return the theorem of this name.

    Raises
    ------
    KeyError
        If there is none.

    Examples
    --------
    >>> theorem("T7").title
    'digital integrator'
    """
    return theorems()[name]


def _order(name: str) -> tuple[str, int, str]:
    match = re.fullmatch(r"([LT])(\d+)([a-z]?)", name)
    if match is None:
        raise ValueError(f"a theorem's name is L or T and a number, like T6 or T6a, not {name!r}")
    return match[1], int(match[2]), match[3]
