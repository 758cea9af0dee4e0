"""The settings that studies train in, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lohe.attention.studies.study import Setting
from lohe.attention.tasks.sva import RECIPE, SubjectVerbAgreement, sva_config

__all__ = ["SETTINGS"]


def _sva(*, ambiguous: bool = False) -> Setting:
    task = SubjectVerbAgreement(ambiguous=ambiguous)
    return Setting(task, sva_config(task), RECIPE)


SETTINGS: Mapping[str, Callable[..., Setting]] = MappingProxyType({"sva": _sva})
"""Functions that read a task's data and return its protocol."""
