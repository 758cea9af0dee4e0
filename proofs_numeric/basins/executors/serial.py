"""What an executor is, and the one that runs everything here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Protocol, Self, TypeVar

__all__ = ["Executor", "Serial"]

Result = TypeVar("Result")


class Executor(Protocol):
    """Somewhere to run blocks of trials; a context manager that owns its processes.

    An executor decides where and when a block runs and nothing else: a block's result depends on
    its number alone, so that any executor gives the same results.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def run(self, task: Callable[[int], Result], blocks: Iterable[int]) -> Iterator[Result]:
        """Yield the result of each block exactly once, in whatever order they finish.

        Blocks are drawn as they are needed, a few ahead, so that memory does not grow with their
        number. Closing the iterator cancels what is left.

        Parameters
        ----------
        task
            Gives the result of a block from its number alone; can be pickled.
        blocks
            Numbers, each once.

        Raises
        ------
        InputError
            If a block is lost again and again, or no process is left to run it.
        Exception
            Whatever the task raises, unchanged.
        """
        ...


class Serial:
    """Runs blocks in this process, one after another.

    Examples
    --------
    >>> with Serial() as executor:
    ...     list(executor.run(lambda block: block**2, range(3)))
    [0, 1, 4]
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def run(self, task: Callable[[int], Result], blocks: Iterable[int]) -> Iterator[Result]:
        """Yield results in the order of the blocks; see `Executor.run`."""
        for block in blocks:
            yield task(block)
