"""Agreement in real sentences as studies train on it."""

from __future__ import annotations

from lohe.attention.studies.study import Setting
from lohe.attention.tasks.linzen import load_linzen
from lohe.attention.tasks.linzen_task import RECIPE, LinzenTask, linzen_config

__all__ = ["linzen"]


def linzen(*, words: int = 4000) -> Setting:
    """Return the task, its model and recipe; beside the scores, what a constant answer gets."""
    task = LinzenTask(load_linzen(), words=words)
    return Setting(
        task, linzen_config(task), RECIPE, lambda *_: task.majority(), answers=task.answers
    )
