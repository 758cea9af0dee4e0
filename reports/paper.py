"""The report on paper: the same sections as a PDF, laid out by Typst."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib as mpl

from lohe.dynamics.errors import InputError
from lohe.reports.blocks import Block, Cards, Cell, Entries, Pictures, Playable, Section, Table
from lohe.reports.formatting import printable

__all__ = ["render_pdf"]

_FONT = 'font-family="DejaVu Sans"'


def render_pdf(title: str, sections: Sequence[Section]) -> bytes:
    """Lay out a report for paper; the same input gives the same bytes.

    Typst (https://typst.app), a compiler that comes as one wheel, does it; figures stay vectors, in
    the fonts that came with matplotlib, and carry their captions as alternative text.

    Parameters
    ----------
    title
        Heading of the report.
    sections
        Those that have blocks.

    Raises
    ------
    InputError
        If Typst is not installed.
    """
    try:
        import typst
    except ImportError as error:
        raise InputError("a PDF needs Typst: pip install 'lohe[pdf]'") from error

    with tempfile.TemporaryDirectory() as folder:
        desk = _Desk(Path(folder))
        document = {
            "title": printable(title),
            "sections": [
                {
                    "question": section.question,
                    "blocks": [desk.lay(b) for b in section.blocks if not isinstance(b, Playable)],
                }
                for section in sections
            ],
        }
        (desk.folder / "report.json").write_text(json.dumps(document), encoding="utf-8")
        template = files("lohe.reports").joinpath("report.typ").read_text(encoding="utf-8")
        (desk.folder / "report.typ").write_text(template, encoding="utf-8")
        return bytes(
            typst.compile(
                desk.folder / "report.typ",
                format="pdf",
                font_paths=[Path(mpl.get_data_path()) / "fonts" / "ttf"],
                ignore_system_fonts=True,
            )
        )


class _Desk:
    """A folder in which the figures of a report lie as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._colours = _light_colours()
        self._figures = 0

    def lay(self, block: Block) -> dict[str, Any]:
        """Return a block as plain data, its figures as names of files."""
        plain: dict[str, Any]
        if isinstance(block, Pictures):
            plain = {"items": [self._figure(asdict(picture)) for picture in block.items]}
        elif isinstance(block, Table):
            plain = {
                "caption": block.caption,
                "columns": block.columns,
                "numeric": sorted(block.numeric),
                "rows": [[_cell(cell) for cell in row] for row in block.rows],
            }
        elif isinstance(block, Cards | Entries):
            plain = {"items": [asdict(item) for item in block.items]}
        else:
            plain = asdict(block)
        shown: dict[str, Any] = _visible(plain | {"kind": block.kind})
        return shown

    def _figure(self, picture: dict[str, Any]) -> dict[str, Any]:
        self._figures += 1
        name = f"figure-{self._figures}.svg"
        svg = re.sub(
            r"var\(--([\w-]+)\)", lambda match: self._colours[match[1]], str(picture.pop("svg"))
        )
        svg = svg.replace("<svg ", f"<svg {_FONT} ", 1)
        (self.folder / name).write_text(svg, encoding="utf-8")
        return picture | {"file": name}


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "text": cell.text,
        "badge": cell.badge,
        "code": cell.code,
        "lines": [(name, text) for name, text, _ in cell.lines],
    }


def _visible(part: Any) -> Any:
    """Make control characters in anyone's text visible, as on the page."""
    if isinstance(part, str):
        return "\n".join(map(printable, part.split("\n")))
    if isinstance(part, dict):
        return {name: _visible(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_visible(value) for value in part]
    return part


def _light_colours() -> dict[str, str]:
    """Return the colours of the page's light theme by the name of their variable."""
    style = files("lohe.reports").joinpath("report.css").read_text(encoding="utf-8")
    return dict(re.findall(r"--([\w-]+): (#\w+)", style.partition("}")[0]))
