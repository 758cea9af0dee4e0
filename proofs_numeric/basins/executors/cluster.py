"""Blocks run by the workers of a Dask cluster."""

from __future__ import annotations

import asyncio
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins.executors.dispatch import ANSWER, Dispatch, threads
from lohe.proofs_numeric.basins.executors.likeness import likeness
from lohe.proofs_numeric.basins.executors.losses import PATIENCE, checked_patience
from lohe.proofs_numeric.basins.executors.remote import described

__all__ = ["Cluster"]

Result = TypeVar("Result")

# Seconds to reach the scheduler.
_CONNECT = 5.0


class Cluster:
    """Runs blocks on the workers of a Dask scheduler, which may come and go.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.
    patience
        Seconds to wait for a first worker, and for the result of a block that a worker has
        taken; then the block goes to another worker as well, and the first result counts.

    Raises
    ------
    InputError
        On entering: if dask.distributed is not installed, the scheduler does not answer, no
        worker joins within `patience`, or a worker would not compute the same bits. While
        running: if the scheduler dies, no worker is left for `patience`, or a block kills its
        workers or is lost again and again.

    Notes
    -----
    Dask's own messages are silenced between entering and leaving: what matters is raised.
    """

    def __init__(self, address: str, patience: float = PATIENCE) -> None:
        self._address = address
        self._patience = checked_patience(patience)
        self._client: Any = None
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self._client = opened.enter_context(_connected(self._address))
            self._refuse_unlike(self._first_workers())
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()
        self._client = None

    def run(self, task: Callable[[int], Result], blocks: Iterable[int]) -> Iterator[Result]:
        """Yield results as blocks finish; see `Executor.run`."""
        dispatch = Dispatch(self._client, self._address, self._patience, task)
        try:
            yield from dispatch.results(blocks)
        finally:
            dispatch.close()

    def _first_workers(self) -> list[str]:
        """Wait until somebody is there to work."""
        deadline = time.monotonic() + self._patience
        while not (found := threads(self._client, self._address)):
            if time.monotonic() > deadline:
                raise InputError(
                    f"no worker has joined {self._address} in {self._patience:g} s; "
                    f"start some with: dask worker {self._address}"
                )
            time.sleep(0.1)
        return list(found)

    def _refuse_unlike(self, workers: list[str]) -> None:
        """Raise if a worker would compute other bits; one that is silent is asked later."""
        here = likeness()
        asked = {
            worker: self._client.submit(
                described,
                key=f"lohe-likeness-{uuid4().hex}",
                workers=[worker],
                allow_other_workers=False,
                pure=False,
                priority=10,
            )
            for worker in workers
        }
        deadline = time.monotonic() + ANSWER
        while time.monotonic() < deadline and any(f.status == "pending" for f in asked.values()):
            time.sleep(0.05)
        for worker, future in asked.items():
            if future.status == "error":
                raise InputError(
                    f"worker {worker} cannot use lohe ({future.exception()}); "
                    f"install lohe=={here.lohe} there"
                )
            if future.status == "finished":
                difference = here.difference(future.result(timeout=ANSWER))
                if difference is not None:
                    raise InputError(f"worker {worker} {difference}")


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Open a client, and put what can go wrong into words."""
    try:
        from distributed import Client
        from distributed.comm import resolve_address
    except ImportError as error:
        raise InputError(
            "a Dask cluster needs dask.distributed; install it with: pip install 'lohe[cluster]'"
        ) from error
    with _quiet():
        try:
            # A client with an address that it cannot read holds up the end of the process.
            resolve_address(address)
            with warnings.catch_warnings():
                # Versions are compared by `_refuse_unlike`, and those of Dask as it connects.
                warnings.simplefilter("ignore")
                client = Client(address, _loop(os.getpid()), timeout=_CONNECT, set_as_default=False)
        except (OSError, ImportError, ValueError) as error:
            raise InputError(
                f"no Dask scheduler answers at {address}; start one with: dask scheduler"
            ) from error
        try:
            yield client
        finally:
            with suppress(TimeoutError):
                client.close(timeout=_CONNECT)


@lru_cache(maxsize=1)
def _loop(_process: int) -> Any:
    """Return an event loop that runs in a thread of its own for as long as this process does.

    A client would start one, but fails without a word where that takes ten seconds: on a machine
    that is very busy, or that was asleep meanwhile. A thread that is slow to start is waited for.
    """
    from tornado.ioloop import IOLoop

    async def current() -> Any:
        return IOLoop.current()

    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="lohe cluster", daemon=True).start()
    return asyncio.run_coroutine_threadsafe(current(), loop).result()


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the loggers that Dask directs to the terminal."""
    names = ("distributed", "distributed.client", "distributed.gc", "tornado", "asyncio")
    before = {name: logging.getLogger(name).level for name in (*names, "tornado.application")}
    for name in before:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
