"""The studies, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lohe.attention.studies.linzen import LINZEN
from lohe.attention.studies.speech import FSDD, KWS
from lohe.attention.studies.study import Study
from lohe.attention.studies.sva import SVA

__all__ = ["STUDIES"]

STUDIES: Mapping[str, Study] = MappingProxyType(
    {study.name: study for study in (SVA, LINZEN, KWS, FSDD)}
)
"""In the order of the page of benchmarks."""
