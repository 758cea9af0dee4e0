"""Memory that the process keeps, instead of giving it back between calls and faulting it in."""

from __future__ import annotations

import ctypes
from functools import cache

__all__ = ["OF_TRAINING", "keep_freed_memory"]

OF_TRAINING = 1 << 30
"""Bytes that training keeps from step to step."""

_OF_CALLS = 1 << 26

# Parameters of glibc's mallopt (malloc.h), and the largest block that may be kept.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _LARGEST = -1, -3, 1 << 25


def keep_freed_memory(limit: int = _OF_CALLS) -> bool:
    """Let the C library keep freed memory for the arrays to come, once for the process.

    glibc returns large blocks to the system when they are freed, and every page of the next ones
    is cleared and mapped anew at its first touch: longer than the sums of a readout take, and a
    fifth of the time of a small language model's step.

    Parameters
    ----------
    limit
        Bytes to keep, of blocks up to 32 MiB. A smaller limit than one before changes nothing.

    Returns
    -------
    bool
        Whether it took effect: False with C libraries other than glibc, which do as they please.

    Examples
    --------
    >>> keep_freed_memory() in {True, False}
    True
    """
    return all(_keep(each) for each in sorted({_OF_CALLS, limit}))


@cache  # so that what a call asks for cannot lower what training has
def _keep(limit: int) -> bool:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # no such function, or no library of the process
        return False
    return bool(mallopt(_TRIM_THRESHOLD, limit) and mallopt(_MMAP_THRESHOLD, _LARGEST))
