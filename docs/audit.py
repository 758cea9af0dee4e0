"""Write the ledger of docs/audit.md from the record of the audit.

``python docs/audit.py`` replaces what stands between the marks ``<!-- NAME -->`` and
``<!-- end -->``; ``lohe audit --quick -o reports/ledger/recorded.audit.json`` makes the record.
"""

from __future__ import annotations

from pathlib import Path

from lohe.commands.bench_pages import markdown, rewrite
from lohe.reports.ledger import PAPERS, load_claims, shipped_record

PAGE = Path(__file__).parent / "audit.md"


def blocks() -> dict[str, list[str]]:
    """Return the lines of every block of the page by name."""
    return {paper: _ledger(paper) for paper in PAPERS}


def _ledger(paper: str) -> list[str]:
    record = shipped_record()
    rows: list[tuple[str, ...]] = []
    for name, claim in load_claims().items():
        if claim.paper != paper:
            continue
        finding = record.findings.get(name)
        found = "the runs have not been made" if finding is None else finding.found
        stated = claim.stated + (f" ({claim.published})" if claim.published else "")
        rows.append((f"`{name}`", stated, record.ruling(name).value, claim.ours, found))
    titles = ("claim", "as stated", "ruling", "our reading", "found")
    return [PAPERS[paper] + ".", "", *markdown((titles, rows), [False] * len(titles))]


if __name__ == "__main__":
    rewrite(PAGE, blocks())
