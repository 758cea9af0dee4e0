"""What a proof assistant checked: the theorems as Coq states them, and what they assume."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lohe.dynamics.errors import InputError
from lohe.reports.blocks import Block, Cell, Commands, Heading, Paragraph, Section, Table
from lohe.reports.formatting import natural_key, plural

__all__ = ["FormalRecord", "FormalTheorem", "load_formal", "section"]

_TITLES = {
    "T1": "settling",
    "T3": "coherence and mismatch",
    "T4": "for every input",
    "T5": "natural frequencies",
    "T6": "weak crosstalk",
    "T6b": "a certified cap",
    "T7": "digital integrator",
}


@dataclass(frozen=True)
class FormalTheorem:
    """One machine-checked theorem.

    Parameters
    ----------
    theorem
        Which of our theorems it belongs to, for example ``T1``.
    name, file
        Its name in Coq and the source file that proves it.
    words
        What it says, in words; written by people, not checked by Coq.
    statement
        What Coq checked, as Coq prints it.
    axioms
        Full names of the axioms that its proof uses.
    """

    theorem: str
    name: str
    file: str
    words: str
    statement: str
    axioms: tuple[str, ...]


@dataclass(frozen=True)
class FormalRecord:
    """The record that ``tests/formal.sh`` writes after coqc and coqchk have passed.

    Parameters
    ----------
    coq, system
        Coq's version and the system it ran on.
    files
        SHA-256 of each source file.
    axioms
        What coqchk reports as assumed, each with a sentence that says what it means.
    theorems
        The theorems that were checked.
    name, sha256
        The record's own file name and the digest of its bytes.
    """

    coq: str
    system: str
    files: Mapping[str, str]
    axioms: Mapping[str, str]
    theorems: tuple[FormalTheorem, ...]
    name: str
    sha256: str


def load_formal(path: str | os.PathLike[str]) -> FormalRecord:
    """Read a record of machine-checked theorems.

    Raises
    ------
    InputError
        If the file cannot be read or is no such record.
    """
    path = Path(path)
    try:
        body = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        record = json.loads(body)
        if record["format"] != "lohe.formal" or record["version"] != 1:
            raise ValueError("another format")
        return FormalRecord(
            coq=_text(record["coq"]),
            system=_text(record["system"]),
            files=_texts(record["files"]),
            axioms=_texts(record["axioms"]),
            theorems=tuple(map(_theorem, record["theorems"])),
            name=path.name,
            sha256=hashlib.sha256(body).hexdigest(),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path} is no record of machine-checked theorems; tests/formal.sh writes one"
        ) from error


def section(record: FormalRecord) -> Section:
    """Answer which theorems a proof assistant checked, and what it took for granted."""
    blocks: list[Block] = [
        Paragraph(
            f"Checked by Coq {record.coq} on {record.system}: coqc compiled the "
            f"{plural(len(record.files), 'file')} listed below, and coqchk, which is a separate "
            "program, checked the compiled proofs again together with every library they use. "
            f"This page repeats the record `{record.name}`; it cannot check the proofs itself. "
            "What Coq checked is the statement in its own language, whose terms those files "
            "define; the words beside it are ours."
        ),
        Paragraph(
            "These are theorems about every network that meets their conditions. That the stored "
            "numbers of a head meet them is not checked by Coq but by the head’s certificate, and "
            "by `lohe verify`. Whatever is not listed here rests on the proofs in "
            "`docs/theorems.md`.",
            note=True,
        ),
        Heading("What the proofs assume"),
        Table(
            "The axioms that coqchk reports for all of them together; it reports no other "
            "assumption",
            ("Axiom", "What it says"),
            tuple((Cell(name, code=True), Cell(text)) for name, text in record.axioms.items()),
            stacked=True,
        )
        if record.axioms
        else Paragraph("Nothing: coqchk reports no axiom."),
        Heading("What they say"),
    ]
    for label in sorted({theorem.theorem for theorem in record.theorems}, key=natural_key):
        title = f"{label} ({_TITLES[label]})" if label in _TITLES else label
        theorems = tuple(
            (
                Cell(theorem.words[:1].upper() + theorem.words[1:]),
                Cell(theorem.statement, code=True),
                Cell(f"{theorem.file}\n{theorem.name}", code=True),
            )
            for theorem in record.theorems
            if theorem.theorem == label
        )
        columns = ("In words", "As Coq states it", "Proved in")
        blocks.append(Table(title, columns, theorems, stacked=True))
    digests = tuple(
        (Cell(name, code=True), Cell(digest, code=True))
        for name, digest in (*record.files.items(), (record.name, record.sha256))
    )
    blocks += [
        Heading("Check them yourself"),
        Paragraph("In a copy of the repository, where Coq and Coquelicot are installed:"),
        Commands(("tests/formal.sh",)),
        Table(
            "Files that were checked, and the record", ("File", "SHA-256"), digests, stacked=True
        ),
    ]
    return Section(
        "formal", "Machine-checked theorems", "Which theorems did a proof assistant check?", blocks
    )


def _theorem(entry: Mapping[str, Any]) -> FormalTheorem:
    return FormalTheorem(
        theorem=_text(entry["theorem"]),
        name=_text(entry["name"]),
        file=_text(entry["file"]),
        words=_text(entry["words"]),
        statement=_text(entry["statement"]),
        axioms=tuple(map(_text, entry["axioms"])),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _texts(value: Mapping[str, object]) -> dict[str, str]:
    return {name: _text(text) for name, text in value.items()}
