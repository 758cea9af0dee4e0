"""A claim of a paper, and how it is checked: data, one TOML file each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from lohe.dynamics.errors import InputError

__all__ = ["PAPERS", "Claim", "Kind", "Ruling", "Topic", "load_claims"]

PAPERS: Mapping[str, str] = MappingProxyType(
    {
        "oscillators": "Pasqualetti & Guo, Attention by Synchronization in Coupled Oscillator "
        "Networks, arXiv 2606.12059",
        "kuramoto": "Nunley, Kuramoto Attention: Synchronizing Self-Attention on the Torus, arXiv "
        "2606.11585",
        "accelerated": "Stein, Li & Steidl, SympFormer, arXiv 2603.16535",
    }
)
"""By the first part of a claim's name."""


class Kind(StrEnum):
    """What the evidence is."""

    PROOF = "machine-checked proof"
    DERIVATION = "symbolic derivation"
    CERTIFICATE = "certificate"
    MEASUREMENT = "measurement"
    CONTRADICTION = "contradiction"


class Ruling(StrEnum):
    """What becomes of a claim; the last two say that nothing is ruled yet."""

    HOLDS = "holds"
    CORRECTED = "holds with a correction"
    CONFOUNDED = "confounded"
    NOT_REPRODUCED = "not reproduced"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    NOT_RUN = "not run"


class Topic(StrEnum):
    """What a claim is about, in the order of the ledger."""

    THEORY = "theory"
    SETTLING = "settling"
    TASKS = "speech and agreement"
    LANGUAGE = "language"
    HARDWARE = "hardware"


class Claim(BaseModel):
    """One checkable claim.

    Parameters
    ----------
    name
        The file's, without its ending; it begins with the paper's short name.
    topic
        What it is about.
    title
        In a few words.
    stated
        The claim as the paper has it, in short.
    published
        The published figures, if any.
    ours
        What we say instead, or how we read it.
    kind
        Of the evidence.
    check
        Which of the audit's checks decides; see `lohe.audit.checks`.
    arguments
        Of the check.
    result
        The result file that the check reads, relative to the root of the repository; without one
        the check takes seconds and needs no file.
    before
        Commands that the command needs to have been run.
    command
        What makes the result file, or repeats the check.
    rulings
        What each word that the check may say means for the claim.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    topic: Topic
    title: str
    stated: str
    published: str = ""
    ours: str
    kind: Kind
    check: str
    arguments: dict[str, Any] = {}
    result: str | None = None
    before: list[str] = []
    command: str
    rulings: dict[str, Ruling]

    @field_validator("kind", mode="before")
    @classmethod
    def _kind(cls, word: str) -> Kind:
        return Kind(word)

    @field_validator("topic", mode="before")
    @classmethod
    def _topic(cls, word: str) -> Topic:
        return Topic(word)

    @field_validator("rulings", mode="before")
    @classmethod
    def _rulings(cls, words: dict[str, str]) -> dict[str, Ruling]:
        return {said: Ruling(meant) for said, meant in words.items()}

    @property
    def paper(self) -> str:
        """The short name of the paper."""
        return self.name.partition("-")[0]

    @property
    def is_quick(self) -> bool:
        """Whether the check needs no result that takes long to make."""
        return self.result is None


@cache
def load_claims() -> Mapping[str, Claim]:
    """Return all claims by name, in the order of papers, topics and names.

    Raises
    ------
    InputError
        If a file is not a claim; the message names it.

    Examples
    --------
    >>> load_claims()["oscillators-unique-rest"].kind.value
    'machine-checked proof'
    """
    folder = files("lohe.reports.ledger").joinpath("claims")
    found = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        name, _, ending = file.name.rpartition(".")
        if ending != "toml":
            continue
        try:
            claim = Claim(name=name, **tomllib.loads(file.read_text(encoding="utf-8")))
        except (ValidationError, tomllib.TOMLDecodeError, TypeError) as error:
            raise InputError(f"{file.name} is not a claim: {error}") from error
        if claim.paper not in PAPERS:
            raise InputError(f"{file.name}: no paper is called {claim.paper!r}")
        found[name] = claim
    papers, topics = [*PAPERS], [*Topic]
    ordered = sorted(
        found.values(), key=lambda claim: (papers.index(claim.paper), topics.index(claim.topic))
    )
    return MappingProxyType({claim.name: claim for claim in ordered})
