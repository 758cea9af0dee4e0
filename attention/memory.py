"""Memory that the process keeps, instead of giving it back between steps and faulting it in."""

from __future__ import annotations

import ctypes

__all__ = ["keep_freed_memory"]

# Parameters of glibc's mallopt (malloc.h) and the largest values that serve here.
_TRIM_THRESHOLD, _KEPT = -1, 1 << 30
_MMAP_THRESHOLD, _LARGEST = -3, 1 << 25


def keep_freed_memory() -> bool:
    """Let the C library keep up to a gibibyte of freed memory for the arrays to come.

    A training step frees what it allocated, and the next one needs it again. By default glibc
    returns large blocks to the system each time, and every page of them is cleared and mapped
    anew at the next touch: a fifth of the time of a small language model's step.

    Returns
    -------
    bool
        Whether it took effect: False with C libraries other than glibc, which do as they please.

    Examples
    --------
    >>> keep_freed_memory() in {True, False}
    True
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # no such function, or no library of the process
        return False
    return bool(mallopt(_TRIM_THRESHOLD, _KEPT) and mallopt(_MMAP_THRESHOLD, _LARGEST))
