"""The settings that studies train in, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from lohe.attention.studies.accelerated_settings import accelerated_stories
from lohe.attention.studies.character_settings import enwik8, shakespeare
from lohe.attention.studies.language_settings import (
    stories,
    stories_full,
    wikitext,
    wikitext_full,
)
from lohe.attention.studies.linzen_settings import linzen
from lohe.attention.studies.speech_settings import fsdd, kws
from lohe.attention.studies.study import Setting
from lohe.attention.tasks.sva import RECIPE, SubjectVerbAgreement, sva_config

__all__ = ["SETTINGS"]


def _sva(*, ambiguous: bool = False, sizes: Sequence[int] = (40_000, 4_000, 4_000)) -> Setting:
    training, validation, test = sizes
    task = SubjectVerbAgreement(ambiguous=ambiguous, sizes=(training, validation, test))
    return Setting(task, sva_config(task), RECIPE)


SETTINGS: Mapping[str, Callable[..., Setting]] = MappingProxyType(
    {
        "sva": _sva,
        "linzen": linzen,
        "kws": kws,
        "fsdd": fsdd,
        "stories": stories,
        "stories-full": stories_full,
        "wikitext": wikitext,
        "wikitext-full": wikitext_full,
        "enwik8": enwik8,
        "shakespeare": shakespeare,
        "accelerated": accelerated_stories,
    }
)
"""Functions that read a task's data and return its protocol."""
