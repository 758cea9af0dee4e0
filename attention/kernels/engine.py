"""Which engine works sums out: NumPy, or loops compiled by Numba."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from lohe.dynamics.errors import InputError

__all__ = ["Engine", "is_compiled"]

Engine = Literal["numpy", "numba"]


def is_compiled(xp: Any, engine: str) -> bool:
    """Return whether the engine is Numba, which must be there and have NumPy's arrays.

    Parameters
    ----------
    xp
        The namespace of the arrays.
    engine
        ``numpy`` stands for the code of every namespace.

    Raises
    ------
    InputError
        For an unknown engine, arrays of another namespace, or without Numba.

    Examples
    --------
    >>> is_compiled(np, "numpy")
    False
    """
    if engine == "numpy":
        return False
    if engine != "numba":
        raise InputError(f"engine is {engine!r}; choose one of {', '.join(get_args(Engine))}")
    if xp is not np:
        raise InputError("engine 'numba' takes NumPy's arrays; leave the engine out for others")
    try:
        import numba  # noqa: F401
    except ModuleNotFoundError as error:
        raise InputError("engine 'numba' needs Numba: pip install 'lohe[fast]'") from error
    return True
