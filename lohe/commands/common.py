"""What every command shares: exit codes, results as text or JSON, progress on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

__all__ = ["Json", "Progress", "emit", "progress_bar", "single_blas_thread"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]

Progress = Callable[[int, int], None]
"""Called with (done, total) as work goes on."""


def emit(result: Mapping[str, Any], lines: Sequence[str], *, as_json: bool) -> None:
    """Print the result on stdout: the object as JSON, or the lines for people."""
    text = json.dumps(result, indent=2, sort_keys=True) if as_json else "\n".join(lines)
    sys.stdout.write(text + "\n")


@contextmanager
def progress_bar(description: str) -> Iterator[Progress]:
    """Yield a callback that draws a progress bar on stderr; silent when it is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def single_blas_thread() -> None:
    """Let BLAS use one thread: on the small matrices of training a second one only waits.

    It must be called before NumPy is loaded, so it holds for the command line only, and a user's
    own setting comes first.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
