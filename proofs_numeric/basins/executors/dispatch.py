"""One run of blocks on a Dask cluster: who has which block, and what became of it."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins.executors.likeness import likeness
from lohe.proofs_numeric.basins.executors.losses import Losses, waiting
from lohe.proofs_numeric.basins.executors.remote import hold, run_block

__all__ = ["ANSWER", "Dispatch", "threads"]

ANSWER = 10.0
"""Seconds within which a living scheduler or worker answers."""

# Blocks given out for each thread of the cluster: one runs, one waits.
_AHEAD = 2
# Seconds between two looks at who is there.
_LOOK = 2.0

_SILENT = "no result for {:g} s: allow more patience if a block may take so long"
_CANCELLED = "it was cancelled on the cluster: perhaps another client restarted the workers"


@dataclass
class _Given:
    """A block that was given out.

    Parameters
    ----------
    futures
        Of its calls: more than one if an earlier one was silent.
    source
        Key of the shipped task, which the first call waits for; later ones bring it along.
    since
        When the last call was made.
    """

    futures: list[Any]
    source: Any
    since: float


class Dispatch:
    """Gives blocks to the workers of a cluster and takes their results.

    Parameters
    ----------
    client
        A connected ``distributed.Client``.
    address
        Of its scheduler, for messages.
    patience
        See `lohe.proofs_numeric.basins.executors.cluster.Cluster`.
    task
        What to do with a block. Pickled, it is sent to the scheduler once, as a value that workers
        compute and hand on to each other: unlike scattered data it outlives who holds it.
    """

    def __init__(
        self, client: Any, address: str, patience: float, task: Callable[[int], Any]
    ) -> None:
        import cloudpickle

        self._client, self._address, self._patience = client, address, patience
        self._payload = cloudpickle.dumps(task)
        self._name, self._numbers = uuid4().hex, count()
        self._given: dict[int, _Given] = {}
        self._done: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._losses = Losses()
        # Workers that were silent for too long and have not given a result since.
        self._silent: set[str] = set()
        # Seconds spent waiting; stands still while this process does.
        self._clock = self._seen = 0.0
        self._looked = time.monotonic()
        self._threads = threads(client, address)
        self._shipped = self._ship()

    def results(self, blocks: Iterable[int]) -> Iterator[Any]:
        """Yield each block's result once."""
        left = iter(blocks)
        while True:
            self._look()
            self._share_out(left)
            if not self._given:
                return
            finished, waited = waiting(self._next, self._patience)
            self._clock += waited
            if finished is not None:
                yield from self._result(*finished)
            self._repeat_the_silent()

    def close(self) -> None:
        """Let the cluster forget what is left."""
        for given in self._given.values():
            _release(given.futures)
        _release([self._shipped])

    def _ship(self) -> Any:
        return self._submit(hold, self._payload)

    def _submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Submit a call under a new key, kept away from silent workers if there are others."""
        import dask

        heard = [worker for worker in self._threads if worker not in self._silent]
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
            return self._client.submit(
                function,
                *arguments,
                key=(f"{function.__name__}-{self._name}", next(self._numbers)),
                workers=heard if heard and self._silent else None,
                pure=False,
            )

    def _give(self, block: int) -> None:
        given = self._given.setdefault(block, _Given([], self._shipped.key, 0.0))
        # The task is brought along if who holds it may be silent.
        source = self._payload if given.futures else self._shipped
        future = self._submit(run_block, source, block, likeness())
        given.futures.append(future)
        given.since = self._clock
        future.add_done_callback(partial(_note, self._done, block))

    def _share_out(self, left: Iterator[int]) -> None:
        heard = [n for worker, n in self._threads.items() if worker not in self._silent]
        window = _AHEAD * max(1, sum(heard))
        while len(self._given) < window and (block := next(left, None)) is not None:
            self._give(block)

    def _next(self, seconds: float) -> tuple[int, Any] | None:
        try:
            return self._done.get(timeout=seconds)
        except queue.Empty:
            return None

    def _result(self, block: int, future: Any) -> Iterator[Any]:
        """Yield the result of a future, if it has the first of its block."""
        given = self._given.get(block)
        if given is None or not any(future is one for one in given.futures):
            return
        if future.status == "error":
            raise self._in_words(block, future.exception(timeout=ANSWER))
        if future.status != "finished":
            self._refuse_a_dead_scheduler()
            self._repeat(block, _CANCELLED)
            return
        try:
            worker, result = future.result(timeout=self._patience)
        except (OSError, CancelledError):  # computed, but who has it does not answer
            self._refuse_a_dead_scheduler()
            self._avoid(self._silent_with(given))
            self._repeat(block, _SILENT.format(self._patience))
            return
        self._silent.discard(worker)
        self._losses.clear(block)
        del self._given[block]
        _release(given.futures)
        yield result

    def _repeat_the_silent(self) -> None:
        """Give blocks that were taken and not heard of for too long to other workers as well."""
        for block, given in list(self._given.items()):
            if self._clock - given.since < self._patience:
                continue
            given.since = self._clock
            silent = self._silent_with(given)
            if silent:  # otherwise it waits in the scheduler's queue
                self._avoid(silent)
                self._repeat(block, _SILENT.format(self._patience))

    def _silent_with(self, given: _Given) -> set[str]:
        """Return the workers that a block waits for."""
        taken = _ask(self._client, self._address, "processing")
        held = _ask(self._client, self._address, "has_what")
        call = given.futures[-1].key
        takers, holders = _who(taken, call), _who(held, call)
        if holders or len(given.futures) > 1:
            return takers | holders
        sources = _who(held, given.source)
        if takers & sources:
            return takers
        if takers or not sources:  # it cannot begin before it has the task
            return sources or _who(taken, given.source)
        return set()

    def _avoid(self, workers: set[str]) -> None:
        """Give no more to these workers until they give a result."""
        if not workers <= self._silent:
            self._silent |= workers
            self._shipped = self._ship()  # they may be the only ones to hold it

    def _repeat(self, block: int, reason: str) -> None:
        self._losses.add(block, reason)
        if self._shipped.status == "cancelled":
            self._shipped = self._ship()
        self._give(block)

    def _look(self) -> None:
        """See now and then whether the scheduler lives and who works for it."""
        self._refuse_a_dead_scheduler()
        if time.monotonic() - self._looked < _LOOK:
            return
        self._threads = threads(self._client, self._address)
        self._looked = time.monotonic()
        self._silent &= set(self._threads)
        if self._threads:
            self._seen = self._clock
        elif self._clock - self._seen >= self._patience:
            raise InputError(
                f"no worker of {self._address} has been left for {self._patience:g} s; start some "
                f"with: dask worker {self._address}; then run the same command again: "
                "finished blocks are kept"
            )

    def _refuse_a_dead_scheduler(self) -> None:
        if self._client.status != "running":
            raise _dead(self._address)

    def _in_words(self, block: int, error: BaseException) -> BaseException:
        """Return the task's own errors as they are, and those of the cluster as one line."""
        from distributed.scheduler import KilledWorker

        if isinstance(error, KilledWorker):
            return InputError(
                f"block {block} was lost {error.allowed_failures + 1} times in a row: its worker "
                "was killed, perhaps for lack of memory: start fewer on each machine; "
                "finished blocks are kept"
            )
        if isinstance(error, ModuleNotFoundError):
            return InputError(
                f"a worker of {self._address} cannot use lohe ({error}); "
                f"install lohe=={likeness().lohe} there; finished blocks are kept"
            )
        return error


def threads(client: Any, address: str) -> dict[str, int]:
    """Return the workers of a cluster and their threads.

    Raises
    ------
    InputError
        If the scheduler does not answer.
    """
    return dict(_ask(client, address, "ncores"))


def _ask(client: Any, address: str, what: str) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = client.sync(
            getattr(client.scheduler, what), workers=None, callback_timeout=ANSWER
        )
    except (OSError, AttributeError) as error:  # a client that has closed has no scheduler
        raise _dead(address) from error
    return answer


def _who(where: dict[str, Any], key: Any) -> set[str]:
    return {worker for worker, keys in where.items() if key in keys}


def _dead(address: str) -> InputError:
    return InputError(
        f"the Dask scheduler at {address} is gone; start it and its workers, and run the same "
        "command again: finished blocks are kept"
    )


def _release(futures: list[Any]) -> None:
    for future in futures:
        future.release()


def _note(done: queue.SimpleQueue[tuple[int, Any]], block: int, future: Any) -> None:
    done.put((block, future))
