"""The files that a report is made from: what each one is, and what it holds."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lohe.dynamics.errors import InputError

__all__ = ["SUFFIXES", "Source", "expand", "role_of", "source"]

SUFFIXES = {
    ".certificate.json": "certificate",
    ".training.json": "training",
    ".model.npz": "model",
    ".basin.sqlite": "basin",
    ".network.npz": "network",
    ".head.npz": "head",
    ".tokens.npz": "tokens",
    ".tolerance.json": "tolerance",
    ".hardware.json": "hardware",
    ".audit.json": "audit",
}
"""File name endings and the role each one states."""

_FORMATS = {
    f"lohe.{role}": role
    for role in ("certificate", "training", "model", "network", "head", "tokens", "audit")
}
_MODEL = ".model.npz"
_EXPECTED = ", ".join(f"*{suffix}" for suffix in SUFFIXES)


@dataclass(frozen=True)
class Source:
    """A file that went into the report; only its name, never its folder, is printed."""

    name: str
    role: str
    sha256: str

    @property
    def stem(self) -> str:
        """The name without the ending that states its role."""
        for suffix in SUFFIXES:
            if self.name.endswith(suffix):
                return self.name.removesuffix(suffix)
        return Path(self.name).stem


def expand(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """List the files named, taking from each folder every file with a known ending.

    Models are taken from folders only where no training results stand beside them, as while they
    are trained.

    Raises
    ------
    InputError
        If a path does not exist, or a folder holds nothing that a report can use.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if _counts(p))
            if not inside:
                raise InputError(f"{path} holds nothing to report on; expected {_EXPECTED}")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise InputError(f"no such file: {path}")
    return list(dict.fromkeys(found))


def _counts(path: Path) -> bool:
    """Say whether a file in a folder is one for the report."""
    if path.name.endswith(_MODEL):
        return not path.with_name(path.name.replace(_MODEL, ".training.json")).exists()
    return path.name.endswith(tuple(SUFFIXES))


def role_of(path: str | os.PathLike[str]) -> str:
    """Say what a file is, by its ending or else by the format written in it.

    Raises
    ------
    InputError
        If it is none of the files that a report is made from.
    """
    path = Path(path)
    for suffix, role in SUFFIXES.items():
        if path.name.endswith(suffix):
            return role
    try:
        start = path.read_bytes()[:16]
        if start.startswith(b"SQLite format 3"):
            return "basin"
        if start.startswith(b"PK"):
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                return _FORMATS[json.loads(str(archive["header"]))["format"]]
        return _FORMATS[json.loads(path.read_text(encoding="utf-8"))["format"]]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:  # whatever a damaged archive raises: it is no file of ours
        raise InputError(f"{path} is not a file for a report; expected {_EXPECTED}") from error


def source(path: str | os.PathLike[str]) -> Source:
    """Name a file and take the SHA-256 of its bytes.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    return Source(path.name, role_of(path), digest)
