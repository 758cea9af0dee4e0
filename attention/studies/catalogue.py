"""The studies, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lohe.attention.studies.ablations import ABLATIONS
from lohe.attention.studies.accelerated import ACCELERATED
from lohe.attention.studies.kuramoto import KURAMOTO, KURAMOTO_RECIPES
from lohe.attention.studies.language import STORIES, STORIES_FULL, WIKITEXT, WIKITEXT_FULL
from lohe.attention.studies.linzen import LINZEN
from lohe.attention.studies.recipes import RECIPES
from lohe.attention.studies.sharpening import SHARPENING
from lohe.attention.studies.speech import FSDD, KWS
from lohe.attention.studies.study import Study
from lohe.attention.studies.sva import SVA

__all__ = ["STUDIES"]

_ALL = (
    SVA,
    LINZEN,
    KWS,
    FSDD,
    STORIES,
    WIKITEXT,
    SHARPENING,
    ABLATIONS,
    RECIPES,
    KURAMOTO,
    KURAMOTO_RECIPES,
    ACCELERATED,
    STORIES_FULL,
    WIKITEXT_FULL,
)

STUDIES: Mapping[str, Study] = MappingProxyType({study.name: study for study in _ALL})
"""In the order of the page of benchmarks."""
