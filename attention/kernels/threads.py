"""As many threads as the linear algebra library may use, for work that releases the GIL."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

__all__ = ["find_blas", "map_tasks", "one_blas_thread", "thread_count"]

Task = TypeVar("Task")
Result = TypeVar("Result")


class _Blas:
    """The linear algebra libraries of a process; entered, they keep to one thread each."""

    def __init__(self) -> None:
        self.libraries: list[Any] = []
        self.setters: list[Callable[[int], object]] = []
        self.allowed: list[int] = []
        self.inside = 0
        self.lock = threading.Lock()
        self.turn = threading.Lock()
        self.find()

    def find(self) -> None:
        """Add the libraries that have been loaded by now; it takes milliseconds."""
        with self.lock:
            known = {each.filepath for each in self.libraries}
            for each in ThreadpoolController().select(user_api="blas").lib_controllers:
                if each.filepath in known:
                    continue
                # threadpoolctl lets one Python thread alone limit OpenBLAS, lest several restore
                # what they did not find; here all who are inside share one limit.
                setter = getattr(each, "_real_set_num_threads", each.set_num_threads)
                self.libraries.append(each)
                self.setters.append(setter)
                if self.inside:
                    self.allowed.append(each.get_num_threads())
                    setter(1)

    def counts(self) -> list[int]:
        return self.allowed if self.inside else [each.get_num_threads() for each in self.libraries]

    # Whoever is last out gives the threads back: limits of one's own each, ended in the order
    # they began, would leave BLAS at one thread for good.

    def __enter__(self) -> None:
        with self.lock:
            if not self.inside:
                self.allowed = self.counts()
                self._set([1] * len(self.allowed))
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                self._set(self.allowed)

    def _set(self, counts: list[int]) -> None:
        for set_count, count, allowed in zip(self.setters, counts, self.allowed, strict=True):
            if allowed > 1:
                set_count(count)


# Keyed by process: neither threads nor who waits for them survive a fork.
@cache
def _blas(_process: int) -> _Blas:
    return _Blas()


@cache
def _pool(_process: int, threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="lohe")


def find_blas() -> None:
    """Take notice of linear algebra libraries that were loaded after this module was first used."""
    _blas(os.getpid()).find()


def thread_count() -> int:
    """Return how many threads BLAS may use, so that its limits bind all work here too.

    Returns
    -------
    int
        1 under ``OPENBLAS_NUM_THREADS=1`` or ``threadpoolctl.threadpool_limits(1)``.
    """
    return min(_blas(os.getpid()).counts(), default=1)


def one_blas_thread(xp: Any = np) -> AbstractContextManager[None]:
    """Keep BLAS to one thread, whose sums do not depend on how many there might be.

    Tasks are shared out to as many threads as before.

    Parameters
    ----------
    xp
        The array namespace of the work; libraries other than NumPy are left alone.

    Examples
    --------
    >>> before = thread_count()
    >>> with one_blas_thread():
    ...     thread_count() == before
    True
    """
    return _blas(os.getpid()) if xp is np else nullcontext()


def map_tasks(function: Callable[[Task], Result], tasks: Iterable[Task]) -> list[Result]:
    """Apply a function to every task, on several threads while BLAS keeps to one.

    Only one caller has the threads at a time; others, and tasks that call this, do their own work.

    Parameters
    ----------
    function
        Called once for every task.
    tasks
        Taken in order by whichever thread is free.

    Returns
    -------
    list
        Results in the order of the tasks, the same for any number of threads.

    Examples
    --------
    >>> map_tasks(abs, [-1, 2])
    [1, 2]
    """
    todo = list(tasks)
    process = os.getpid()
    blas = _blas(process)
    with blas:
        threads = min(len(todo), thread_count())
        if threads < 2 or not blas.turn.acquire(blocking=False):
            return [function(task) for task in todo]
        try:
            return list(_pool(process, threads).map(function, todo))
        finally:
            blas.turn.release()
