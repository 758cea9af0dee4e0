"""The audit: what the papers claim, what was found, and what repeats it."""

from __future__ import annotations

from collections.abc import Iterator

from lohe.reports.blocks import (
    Block,
    Cell,
    Entries,
    Entry,
    Heading,
    Paragraph,
    Picture,
    Pictures,
    Section,
    Table,
)
from lohe.reports.detail import Detail
from lohe.reports.ledger import PAPERS, Claim, Finding, Record, Ruling, load_claims
from lohe.reports.ledger_picture import ledger_figure
from lohe.reports.subjects import Collection
from lohe.reports.svg import inline

__all__ = ["section", "time_text"]

_MINUTE, _HOUR = 60.0, 3600.0


def section(collection: Collection, detail: Detail) -> Section:
    """Answer what became of the claims of the papers."""
    return Section(
        "audit",
        "Audit",
        "What became of the papers’ claims?",
        () if collection.audit is None else tuple(_blocks(collection.audit, detail)),
    )


def _blocks(record: Record, detail: Detail) -> Iterator[Block]:
    claims = load_claims()
    yield Paragraph(
        "Every claim is stated as the paper has it, in short, beside how we read it. Rulings "
        "follow from the figures by rules that stand in the ledger; none is typed in. A claim is "
        "not reproduced if our figures, at our sizes and budgets, say something else; it is "
        "refuted if it is shown to be false."
    )
    if detail.heads:
        title = "What became of the claims of each paper?"
        words = "Number of claims by what was ruled; grey parts are open."
        svg = inline(ledger_figure(claims, record), "audit", title, words)
        yield Pictures((Picture(title, words, svg),))
    yield Table(
        "All claims. Times are those of the check, and of all the runs of the result that it reads "
        "together",
        ("Paper", "Topic", "Claim", "Ruling", "Evidence", "Check", "Result"),
        tuple(_row(claim, record) for claim in claims.values()),
        frozenset({5, 6}),
        stacked=True,
    )
    for paper, source in PAPERS.items():
        yield Heading(source)
        yield Entries(
            tuple(
                _entry(claim, record.findings.get(claim.name))
                for claim in claims.values()
                if claim.paper == paper
            )
        )


def _row(claim: Claim, record: Record) -> tuple[Cell, ...]:
    finding = record.findings.get(claim.name)
    times = (finding.seconds, finding.result_seconds) if finding else (None, None)
    return (
        Cell(claim.paper),
        Cell(claim.topic.value),
        Cell(claim.title),
        Cell(record.ruling(claim.name).value),
        Cell(claim.kind.value),
        *(Cell(time_text(seconds), seconds) for seconds in times),
    )


def _entry(claim: Claim, finding: Finding | None) -> Entry:
    facts = [("Stated", claim.stated)]
    if claim.published:
        facts.append(("Published", claim.published))
    facts.append(("Our reading", claim.ours))
    ruling = Ruling.NOT_RUN
    if finding is not None:
        ruling = finding.ruling
        facts.append(("Found", finding.found))
    facts.append(("Evidence", claim.kind.value))
    if finding is not None:
        facts.append(("Checked with", _checked_with(finding)))
    return Entry(claim.title, ruling.value, tuple(facts), (*claim.before, claim.command))


def _checked_with(finding: Finding) -> str:
    machine = finding.machine
    told = [f"{name} {version}" for name, version in finding.versions.items() if name != "source"]
    if machine:
        told.append(f"{machine['system']} {machine['architecture']}, {machine['cores']} cores")
    told.append(f"seed {finding.seed}")
    told.append(f"check {time_text(finding.seconds)}")
    if finding.result_seconds is not None:
        told.append(f"all runs of the result {time_text(finding.result_seconds)}")
    if finding.sha256 is not None:
        told.append(f"result SHA-256 {finding.sha256[:12]}…")
    return "; ".join(told)


def time_text(seconds: float | None) -> str:
    """Return a time as people say it.

    Examples
    --------
    >>> [time_text(seconds) for seconds in (None, 0.02, 12, 90, 8000)]
    ['–', '< 0.1 s', '12 s', '1.5 min', '2.2 h']
    """
    if seconds is None:
        return "–"
    if seconds < 0.1:
        return "< 0.1 s"
    if seconds < _MINUTE:
        return f"{seconds:.2g} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.2g} min"
    return f"{seconds / _HOUR:.2g} h"
