"""A campaign as it runs: trials done, their rate, the bounds so far, the time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lohe.commands.common import Progress

if TYPE_CHECKING:
    from rich.progress import Task
    from rich.text import Text

    from lohe.proofs_numeric.basins.tally import Fold
    from lohe.proofs_numeric.basins.theory import Theory

__all__ = ["Watch", "campaign_bar"]

Watch = Callable[["Fold", "Theory"], None]

_SECONDS = 1.0  # between two looks at the bounds, which take time to compute


@contextmanager
def campaign_bar(description: str) -> Iterator[tuple[Progress, Watch]]:
    """Yield the two callbacks of a campaign, which draw on stderr; silent if it is no terminal.

    The bounds are those at the last horizon, and hold whenever one looks.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Rate(ProgressColumn):
        """Trials per second, over the last minute."""

        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:,.0f}/s")

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        Rate(),
        TextColumn("{task.fields[bounds]}"),
        TimeRemainingColumn(),
    )
    with Bar(
        *columns, console=console, disable=not console.is_terminal, speed_estimate_period=60
    ) as bar:
        task = bar.add_task(description, total=None, bounds="")
        looked = -_SECONDS

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        def watch(fold: Fold, theory: Theory) -> None:
            nonlocal looked
            if bar.disable or time.monotonic() - looked < _SECONDS:
                return
            looked = time.monotonic()
            bar.update(task, bounds=_bounds(fold, theory))

        yield progress, watch


def _bounds(fold: Fold, theory: Theory) -> str:
    from lohe.commands.basin_text import interval
    from lohe.proofs_numeric.basins.anytime import anytime_bounds

    bounds = anytime_bounds(fold.plan, fold.tally(), theory.certain)
    return f"settled {interval(*bounds[-1])}"
