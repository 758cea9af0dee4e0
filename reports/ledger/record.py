"""What an audit found, claim by claim, as a file that grows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import write_text
from lohe.reports.ledger.claim import Ruling

__all__ = ["Finding", "Record", "shipped_record"]

_SHIPPED = "recorded.audit.json"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Finding(_Data):
    """What the check of one claim said.

    Parameters
    ----------
    word
        The check's own.
    ruling
        What it means for the claim.
    found
        The figures, in a sentence.
    seconds
        That the check took.
    result_seconds
        That the result took which it reads, all its runs together, if it tells.
    sha256
        Of the result file.
    seed
        Of what the check drew.
    versions, machine
        Of the programs and of the machine that checked; a result file holds its own.
    """

    word: str
    ruling: Ruling
    found: str
    seconds: float
    result_seconds: float | None = None
    sha256: str | None = None
    seed: int = 0
    versions: dict[str, str] = {}
    machine: dict[str, Any] = {}


class Record(_Data):
    """Findings by the name of the claim; an ``*.audit.json`` file.

    Examples
    --------
    >>> record = Record().with_finding("a", Finding(word="w", ruling="holds", found="f", seconds=1))
    >>> record.findings["a"].ruling.value
    'holds'
    """

    format: Literal["lohe.audit"] = "lohe.audit"
    version: Literal[1] = 1
    findings: dict[str, Finding] = {}

    def with_finding(self, name: str, finding: Finding) -> Self:
        """Return the record with one finding more, or in place of an older one."""
        return self.model_copy(update={"findings": {**self.findings, name: finding}})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an ``*.audit.json`` file, atomically.

        Raises
        ------
        InputError
            If the path cannot be written.
        """
        document = self.model_dump(mode="json", exclude_none=True)
        write_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an ``*.audit.json`` file.

        Raises
        ------
        InputError
            If it cannot be read or is no record of an audit.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read {path}: {error}") from error
        return cls._of(text, str(path))

    @classmethod
    def _of(cls, text: str, name: str) -> Self:
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            why = error.errors()[0]
            where = ".".join(map(str, why["loc"])) or "the file"
            raise InputError(
                f"{name} is not the record of an audit ({where}: {why['msg']}); "
                "delete it and audit again"
            ) from error

    def ruling(self, name: str) -> Ruling:
        """Return the ruling on a claim, which is `NOT_RUN` without a finding."""
        found: Mapping[str, Finding] = self.findings
        return found[name].ruling if name in found else Ruling.NOT_RUN


def shipped_record() -> Record:
    """Return the record that comes with this version, of all claims."""
    file = files("lohe.reports.ledger").joinpath(_SHIPPED)
    return Record._of(file.read_text(encoding="utf-8"), _SHIPPED)
