"""The report itself: one self-contained HTML file from certificates, basins and training."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup

from lohe.attention.head import Head
from lohe.attention.results import TrainingRun
from lohe.dynamics.errors import InputError
from lohe.dynamics.files import write_bytes
from lohe.dynamics.network import Network
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.basins.estimate import BasinEstimate
from lohe.proofs_numeric.certificate import Certificate
from lohe.reports import (
    attention_maps,
    campaign_section,
    cap_figures,
    distributions,
    equilibria_figures,
    following,
    hardware_section,
    learning,
    ledger_section,
    locking_figures,
    machine_checked,
    settling_curves,
    summary,
    systems_section,
    tolerance_section,
    trajectories,
    verdicts,
    verification,
    worst,
)
from lohe.reports.blocks import Section
from lohe.reports.detail import LEVELS, Detail
from lohe.reports.formatting import printable
from lohe.reports.ledger import Record
from lohe.reports.machine_checked import FormalRecord, load_formal
from lohe.reports.paper import render_pdf
from lohe.reports.subjects import Collection, Subject, collect
from lohe.reports.svg import drawing_style

__all__ = ["SECTIONS", "SIZE_LIMIT", "Report", "render", "render_report"]

SIZE_LIMIT = 2_000_000
"""No report is larger than this many bytes."""

SECTIONS: tuple[Callable[[Collection, Detail], Section], ...] = (
    summary.section,
    verdicts.section,
    distributions.section,
    locking_figures.section,
    cap_figures.section,
    equilibria_figures.section,
    settling_curves.section,
    campaign_section.section,
    attention_maps.section,
    following.section,
    trajectories.section,
    worst.section,
    tolerance_section.section,
    systems_section.section,
    learning.section,
    hardware_section.section,
    ledger_section.section,
    verification.section,
)
"""What makes the sections, in order; each leaves its section empty when nothing answers it."""


@dataclass(frozen=True)
class Report:
    """A report that was written.

    Parameters
    ----------
    path
        The file.
    size
        Its bytes.
    sha256
        Their digest: the same input gives the same bytes.
    subjects
        The heads in it.
    training
        The number of training runs in it.
    """

    path: Path
    size: int
    sha256: str
    subjects: tuple[Subject, ...]
    training: int


def render_report(
    path: str | os.PathLike[str],
    certificates: Iterable[Certificate | str | os.PathLike[str]] = (),
    basins: Iterable[BasinEstimate | str | os.PathLike[str]] = (),
    *,
    networks: Iterable[Network | Head | Tokens | str | os.PathLike[str]] = (),
    training: Iterable[TrainingRun | str | os.PathLike[str]] = (),
    tolerances: Iterable[str | os.PathLike[str]] = (),
    hardware: Iterable[str | os.PathLike[str]] = (),
    audit: Record | str | os.PathLike[str] | None = None,
    formal: str | os.PathLike[str] | None = None,
    title: str | None = None,
) -> Report:
    """Write one file that shows what was proved, what was sampled and what was learned.

    The HTML file needs no network and no other file and is smaller than 2 MB; where the path ends
    in ``.pdf`` the same sections are laid out for paper (extra ``pdf``). Either has the same bytes
    for the same input. Certificates, basin runs and networks are brought together by the SHA-256
    of the network that each speaks of. Everything may be given as an object or as the path of its
    file; only paths let the report name the files in its instructions.

    Parameters
    ----------
    path
        The file to write, usually ``*.report.html``, or ``*.pdf``.
    certificates
        Certificates or ``*.certificate.json`` files.
    basins
        Basin estimates or ``*.basin.sqlite`` files.
    networks
        Networks, heads, tokens, or ``*.network.npz``, ``*.head.npz`` and ``*.tokens.npz`` files.
        Without them there are verdicts but few figures.
    training
        Training runs, or ``*.training.json`` or ``*.model.npz`` files.
    tolerances
        ``*.tolerance.json`` files: what `lohe tolerance --json` prints.
    hardware
        ``*.hardware.json`` files: what `lohe hardware` leaves or, of costs, prints as JSON.
    audit
        The record of an audit, or an ``*.audit.json`` file.
    formal
        The record of machine-checked theorems that ``tests/formal.sh`` writes.
    title
        Heading of the report.

    Returns
    -------
    Report
        Where it is and what is in it.

    Raises
    ------
    InputError
        If there is nothing to report on, a file cannot be read, the path cannot be written, or
        there is too much for one report.
    """
    collection = collect(
        certificates, basins, networks, training, tolerances, hardware=hardware, audit=audit
    )
    record = None if formal is None else load_formal(formal)
    if Path(path).suffix == ".pdf":
        sections = _sections(collection, LEVELS[0], record)
        body = render_pdf(title or _title(collection), sections)
    else:
        body = render(collection, title=title, formal=record).encode()
    write_bytes(path, body)
    return Report(
        Path(path),
        len(body),
        hashlib.sha256(body).hexdigest(),
        collection.subjects,
        len(collection.training),
    )


def render(
    collection: Collection, *, title: str | None = None, formal: FormalRecord | None = None
) -> str:
    """Return the report's HTML, drawing as much as fits the size limit.

    Raises
    ------
    InputError
        If even the bare tables are too large.
    """
    for detail in LEVELS:
        text = _render(collection, detail, title, formal)
        if len(text.encode()) <= SIZE_LIMIT:
            return text
    raise InputError(
        f"{len(collection.subjects)} heads are too many for one report; give fewer files"
    )


def _render(
    collection: Collection, detail: Detail, title: str | None, formal: FormalRecord | None
) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        finalize=_printable,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = _read("report.js") + _read("settling.js")
    # Only this very script may run, whatever a label smuggled in.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html").render(
        title=title or _title(collection),
        sections=_sections(collection, detail, formal),
        style=Markup(_read("report.css")),  # our own file
        script=Markup(script),  # our own file
        script_digest=digest,
    )


def _sections(collection: Collection, detail: Detail, formal: FormalRecord | None) -> list[Section]:
    """Return the sections that have anything to say."""
    with drawing_style():
        sections = [make(collection, detail) for make in SECTIONS]
    if formal is not None:
        sections.append(machine_checked.section(formal))
    return [section for section in sections if section.blocks]


def _printable(value: object) -> object:
    """Make control characters in anyone's text visible; line ends stay."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "\n".join(map(printable, value.split("\n")))


def _title(collection: Collection) -> str:
    names = [subject.name for subject in collection.subjects]
    if len(names) == 1:
        return f"Report on {names[0]}"
    kinds = {subject.kind for subject in collection.subjects}
    what = "attention heads" if kinds == {"alone"} else "networks"
    if names:
        return f"Report on {len(names)} {what}"
    if collection.training:
        return "Training report"
    return "Hardware report" if collection.hardware else "Audit of the papers"


def _read(name: str) -> str:
    return files("lohe.reports").joinpath(name).read_text(encoding="utf-8")
