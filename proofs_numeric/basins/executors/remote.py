"""What runs in the workers of a Dask cluster."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from threadpoolctl import threadpool_limits

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins.executors.likeness import Likeness, likeness

__all__ = ["described", "hold", "run_block"]


@cache
def described() -> Likeness:
    """Describe this worker, and hold its linear algebra to one thread for good.

    For good, because the threads of a worker share that setting: one that ends its block must not
    lift it for another.
    """
    threadpool_limits(1)
    return likeness()


def hold(payload: bytes) -> bytes:
    """Keep the pickled task in the cluster: once used, a task may hold what cannot be pickled."""
    return payload


@lru_cache(maxsize=4)
def _task_of(payload: bytes) -> Callable[[int], Any]:
    task: Callable[[int], Any] = pickle.loads(payload)  # noqa: S301 - by the worker's own client
    return task


def run_block(payload: bytes, block: int, expected: Likeness) -> tuple[str, Any]:
    """Run a block, and say which worker did.

    Raises
    ------
    InputError
        If this worker would not compute the expected bits.
    """
    from distributed import get_worker

    worker = get_worker().address
    difference = expected.difference(described())
    if difference is not None:
        raise InputError(f"worker {worker} {difference}")
    return worker, _task_of(payload)(block)
