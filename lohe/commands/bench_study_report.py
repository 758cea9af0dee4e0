"""All that is said of a study: tables, verdicts, and what could not be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lohe.commands.bench_curves import curves_table
from lohe.commands.bench_gaps import gap_table, power_laws
from lohe.commands.bench_published import CLAIMS
from lohe.commands.bench_study_tables import arms_table, failed_runs, scores_table
from lohe.commands.bench_tables import aligned

if TYPE_CHECKING:
    from lohe.attention.studies.results import StudyResults
    from lohe.attention.studies.study import Study
    from lohe.commands.bench_tables import Table

__all__ = ["study_report", "study_tables", "verdict_table"]


def study_tables(study: Study, results: StudyResults) -> dict[str, Table]:
    """Return the tables of a study by name; one without rows is left out."""
    tables = {
        "arms": arms_table(study, results),
        "scores": scores_table(study, results),
        "gaps": gap_table(study.name, results),
        "curves": curves_table(study, results),
    }
    return {name: table for name, table in tables.items() if table[1]}


def verdict_table(results: StudyResults) -> Table:
    """Return what the results say of each published claim and of each question of ours."""
    verdicts = [claim.judge(results) for claim in CLAIMS.get(results.study, ())]
    rows: list[tuple[str, ...]] = [
        (verdict.claim, verdict.word, verdict.why) for verdict in verdicts
    ]
    return ("claim or question", "verdict", "figures"), rows


def study_report(study: Study, results: StudyResults) -> list[str]:
    """Return the lines that the command prints."""
    lines: list[str] = []
    for table in study_tables(study, results).values():
        lines += [*aligned(table), ""]
    if laws := power_laws(study.name, results):
        lines += [*laws, ""]
    lines += [f"{word.upper()}: {claim} ({why})" for claim, word, why in verdict_table(results)[1]]
    return [*lines, *(f"FAILED {line}" for line in failed_runs(study, results))]
