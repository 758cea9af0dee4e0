"""As many threads as the linear algebra library may use, for work that releases the GIL."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

__all__ = ["map_tasks", "thread_count"]

Task = TypeVar("Task")
Result = TypeVar("Result")


@cache
def _libraries(_process: int) -> tuple[ThreadpoolController, list[Any]]:
    # Finding the loaded libraries takes milliseconds; asking one that is found takes none.
    controller = ThreadpoolController()
    return controller, controller.select(user_api="blas").lib_controllers


@cache
def _pool(_process: int, threads: int) -> ThreadPoolExecutor:
    # Keyed by process: threads do not survive a fork.
    return ThreadPoolExecutor(threads, thread_name_prefix="lohe")


@cache
def _turn(_process: int) -> threading.Lock:
    return threading.Lock()


def thread_count() -> int:
    """Return how many threads BLAS may use, so that its limits bind all work here too.

    Returns
    -------
    int
        1 under ``OPENBLAS_NUM_THREADS=1`` or ``threadpoolctl.threadpool_limits(1)``.
    """
    _, found = _libraries(os.getpid())
    return min((library.get_num_threads() for library in found), default=1)


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
    threads = min(len(todo), thread_count()) if len(todo) > 1 else 1
    process = os.getpid()
    # Two limits at once, ended in the order they began, would leave BLAS at one thread for good.
    if threads < 2 or not _turn(process).acquire(blocking=False):
        return [function(task) for task in todo]
    try:
        controller, _ = _libraries(process)
        with controller.limit(limits=1, user_api="blas"):
            return list(_pool(process, threads).map(function, todo))
    finally:
        _turn(process).release()
