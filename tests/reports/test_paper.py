"""Reports on paper: every block is laid out, the bytes are the same again, errors name the fix."""

import sys

import pytest
from markupsafe import Markup

from lohe.dynamics.errors import InputError
from lohe.reports.blocks import (
    Card,
    Cards,
    Cell,
    Commands,
    Entries,
    Entry,
    Evidence,
    Heading,
    Paragraph,
    Picture,
    Pictures,
    Section,
    Table,
)
from lohe.reports.document import render_report
from lohe.reports.ledger import shipped_record
from lohe.reports.paper import render_pdf
from lohe.reports.svg import COLOURS, drawing_style, inline, new_figure

ODD = 'a "quoted" \\ #name $x$ *b* `code` [c] <d> ‖h‖ \x1b'


def figure():
    with drawing_style():
        drawn, axes = new_figure(3, 2)
        axes.plot([1, 2], [3, 4], color=COLOURS["blue"], label="‖h‖")
        return inline(drawn, "f", ODD, ODD)


BLOCKS = {
    "paragraph": Paragraph(ODD, Evidence.PROVED),
    "note": Paragraph(ODD, note=True),
    "heading": Heading(ODD),
    "commands": Commands((ODD, "second")),
    "cards": Cards((Card(ODD, ((ODD, ODD),), ODD, ((Evidence.REFUTED, ODD),)),)),
    "entries": Entries((Entry(ODD, ODD, ((ODD, ODD),), (ODD,)),)),
    "pictures": Pictures((Picture(ODD, ODD, figure(), narrow=True),)),
    "table": Table(
        ODD, (ODD, "b", "c", "d"),
        ((Cell(ODD), Cell("1", 1.0), Cell("", badge=Evidence.SAMPLED), Cell(ODD, code=True)),
         (Cell("", lines=((ODD, "2", 2.0),)), Cell(""), Cell(""), Cell(""))),
        frozenset({1}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BLOCKS)
def test_every_block_is_laid_out_with_anyone_s_text(name):
    section = Section("s", "S", ODD, (BLOCKS[name],))
    first, again = (render_pdf(ODD, [section]) for _ in range(2))
    assert first.startswith(b"%PDF-")
    assert first == again
    assert first != render_pdf(ODD, [Section("s", "S", ODD, (Heading("other"),))])


def test_a_report_ends_in_pdf_by_its_name(tmp_path):
    report = render_report(tmp_path / "a.pdf", audit=shipped_record())
    body = report.path.read_bytes()
    assert body.startswith(b"%PDF-")
    assert len(body) == report.size < 2_000_000


def test_without_typst_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(InputError, match=r"pip install 'lohe\[pdf\]'"):
        render_report(tmp_path / "a.pdf", audit=shipped_record())
    assert not (tmp_path / "a.pdf").exists()


def test_colours_are_those_of_the_light_page():
    assert "var(--blue)" in figure()
    assert isinstance(figure(), Markup)
    lonely = Picture("t", "c", Markup('<svg viewBox="0 0 1 1"><path fill="var(--none)"/></svg>'))
    with pytest.raises(KeyError, match="none"):
        render_pdf("t", [Section("s", "S", "q", (Pictures((lonely,)),))])
