"""Blocks run by processes of this machine, through joblib's loky."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins.executors.losses import (
    PATIENCE,
    Losses,
    checked_patience,
    waiting,
)

__all__ = ["Processes"]

Result = TypeVar("Result")

# Seconds that a process may take to start and to import what it needs, whatever the patience.
_START = 60.0

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)

_KILLED = "its process was killed, perhaps for lack of memory: use fewer workers"
_SILENT = "no result for {:g} s: allow more patience if a block may take so long"


class Processes:
    """Runs blocks in processes that are replaced when they die or hang.

    Each process is a loky pool of its own with a single worker: so it is known which block a
    process was running when it was killed, and its neighbours go on undisturbed. (joblib's
    `Parallel` ends all of its processes when one dies, and tells neither block nor process.)

    Parameters
    ----------
    workers
        Processes. The linear algebra inside each uses one thread.
    patience
        Seconds without a result after which a process with work counts as hanging. It is killed
        and its blocks run again.
    ahead
        Blocks that a process is given at a time. One that runs and one that waits, so that it
        need not pause for its next; of blocks that take minutes none should wait for a process
        that is busy while another has nothing left to do.

    Raises
    ------
    InputError
        If `workers` or `ahead` is below 1, or `patience` not above 0.

    Notes
    -----
    A block that kills its process, or hangs, three times in a row ends the run with an
    `InputError`. The processes ignore Ctrl-C, which is left to this one to act on, and end
    within a second when this one is killed.
    """

    def __init__(self, workers: int, patience: float = PATIENCE, ahead: int = 2) -> None:
        if workers < 1:
            raise InputError(f"workers is {workers}; need at least 1")
        if ahead < 1:
            raise InputError(f"ahead is {ahead}; a process needs a block to run")
        self._ahead = ahead
        self._patience = checked_patience(patience)
        self._workers = [_Worker() for _ in range(workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.stop()

    def run(self, task: Callable[[int], Result], blocks: Iterable[int]) -> Iterator[Result]:
        """Yield results as blocks finish; see `Executor.run`."""
        left, again, losses = iter(blocks), deque[int](), Losses()
        for worker in self._workers:
            worker.task = task
        try:
            while True:
                self._share_out(left, again)
                busy = [worker for worker in self._workers if worker.given]
                if not busy:
                    return
                self._wait(busy)
                for worker in busy:
                    while worker.given and worker.given[0][1].done():
                        block, future = worker.given[0]
                        if _lost(future):
                            if _killed(future):
                                losses.add(block, _KILLED)
                            again.extend(worker.stop())
                            break
                        worker.take()
                        losses.clear(block)
                        yield future.result()
                    if worker.given and worker.remaining(self._patience) <= 0:
                        losses.add(worker.given[0][0], _SILENT.format(self._patience))
                        again.extend(worker.stop(wait=False))
        finally:
            for worker in self._workers:
                if worker.given:
                    worker.stop()

    def _share_out(self, left: Iterator[int], again: deque[int]) -> None:
        """Give blocks to the processes that have the fewest, lost blocks first."""
        while True:
            worker = min(self._workers, key=lambda worker: len(worker.given))
            if len(worker.given) == self._ahead:
                return
            block = again.popleft() if again else next(left, None)
            if block is None:
                return
            worker.give(block)

    def _wait(self, busy: list[_Worker]) -> None:
        """Wait until a process has finished something, or one has been silent for too long."""
        first = [worker.given[0][1] for worker in busy]
        remaining = min(worker.remaining(self._patience) for worker in busy)
        _, waited = waiting(lambda t: wait(first, t, return_when=FIRST_COMPLETED), remaining)
        for worker in busy:
            worker.note(waited)


class _Worker:
    """A process, started when it is first given a block, and what it was given, oldest first."""

    def __init__(self) -> None:
        self.task: Callable[[int], Any] | None = None
        self.given: deque[tuple[int, Future[Any]]] = deque()
        self._pool: Any = None
        self._installed: Callable[[int], Any] | None = None
        self._ready: Future[Any] | None = None
        self._silent = 0.0

    def give(self, block: int) -> None:
        """Add a block; the task itself is sent once, before its first block."""
        with _ctrl_c_later():
            if self._pool is None:
                self._pool = _pool_of_one()
            if self._installed is not self.task:
                self._ready = self._pool.submit(_install, self.task)
                self._installed = self.task
            if not self.given:
                self._silent = 0.0
            self.given.append((block, self._pool.submit(_run, block)))

    def take(self) -> None:
        """Remove the oldest block, which has come back."""
        self.given.popleft()
        self._silent = 0.0

    def note(self, waited: float) -> None:
        """Add to the time without a sign of life; to be ready for blocks is one."""
        self._silent += waited
        if self._ready is not None and self._ready.done():
            self._ready, self._silent = None, 0.0

    def remaining(self, patience: float) -> float:
        """Return the seconds after which the process counts as hanging."""
        allowed = patience if self._ready is None else max(patience, _START)
        return allowed - self._silent

    def stop(self, *, wait: bool = True) -> list[int]:
        """Kill the process, if there is one, and return the blocks that it still had.

        One that hangs in the kernel dies when the kernel lets it, which nobody should wait for.
        """
        blocks = [block for block, _ in self.given]
        self.given.clear()
        self._installed = self._ready = None
        if self._pool is not None:
            # `shutdown(kill_workers=True)` would fail on a call that loky has not passed on yet.
            for process in tuple(self._pool._processes):
                with suppress(ProcessLookupError):
                    os.kill(process, _KILL)
            self._pool.shutdown(wait=wait)
            self._pool = None
        return blocks


def _pool_of_one() -> Any:
    from joblib.externals.loky import ProcessPoolExecutor

    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return ProcessPoolExecutor(
        max_workers=1,
        initializer=_begin,
        initargs=(os.getpid(),),
        env=dict.fromkeys(threads, "1"),
    )


def _killed(future: Future[Any]) -> bool:
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    return isinstance(future.exception(), TerminatedWorkerError)


def _lost(future: Future[Any]) -> bool:
    return _killed(future) or isinstance(future.exception(), _RestartedError)


@contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """Hold back Ctrl-C while a process is started, which inherits that and never sees one."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# What follows runs in the worker processes.

_task: Callable[[int], Any] | None = None


def _begin(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone, which nothing else would tell it."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _install(task: Callable[[int], Any]) -> None:
    global _task  # noqa: PLW0603
    _task = task


def _run(block: int) -> Any:
    if _task is None:
        raise _RestartedError
    return _task(block)


class _RestartedError(Exception):
    """The process is a new one: loky replaces a process whose memory has grown a lot."""
