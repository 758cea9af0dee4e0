"""The verdict table: what was claimed of each head, what came of it, and why."""

from __future__ import annotations

from lohe.proofs_numeric.certificate import Certificate
from lohe.reports.blocks import Block, Cell, Evidence, Heading, Paragraph, Section, Table
from lohe.reports.claims_text import claim_text, in_order, key_values
from lohe.reports.detail import Detail
from lohe.reports.devices import devices
from lohe.reports.subjects import Collection

__all__ = ["section"]


def section(collection: Collection, detail: Detail) -> Section:
    """Answer what is certain, what is false and what stayed open, with reasons."""
    del detail  # every verdict is always listed
    blocks: list[Block] = [
        Paragraph(
            "Each row is one claim about one head or network. Proved and refuted are final for "
            "its stored numbers; undecided says what was missing. A claim that does not apply "
            "has no row. Bounds are printed rounded outward, so they hold as printed. "
            "Oscillators and anchors are counted from 0."
        )
    ]
    certified = [subject for subject in collection.subjects if subject.certificates]
    for subject in certified:
        blocks.append(Heading(subject.name))
        for certificate in subject.certificates:
            covered = devices(certificate.parameters)
            if covered:
                blocks.append(Paragraph(f"Every claim covers every device on which {covered}."))
            blocks.append(_table(certificate))
    bare = [s.name for s in collection.subjects if not s.certificates]
    if certified and bare:
        blocks.append(
            Paragraph(
                f"Nothing is proved of {', '.join(bare)}: no certificate was given. "
                "`lohe certify` makes one.",
                note=True,
            )
        )
    return Section(
        "verdicts",
        "Verdicts",
        "What is proved, refuted or undecided, and why?",
        blocks if certified else (),
    )


def _table(certificate: Certificate) -> Table:
    rows = tuple(
        (
            Cell(claim_text(name).title),
            Cell(claim.verdict.value, badge=Evidence(claim.verdict.value)),
            Cell(claim.reason),
            Cell("—", lines=key_values(name, claim)),
        )
        for name, claim in in_order(certificate.claims)
    )
    return Table(
        "Claims, verdicts, reasons and certified numbers",
        ("Claim", "Verdict", "Reason", "Certified numbers"),
        rows,
        stacked=True,
    )
