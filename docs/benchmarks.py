"""Write the tables and verdicts of docs/benchmarks.md and systems.md from the committed results.

``python docs/benchmarks.py`` replaces what stands between the marks ``<!-- STUDY NAME -->`` and
``<!-- end -->``, from benchmarks/results/bench_STUDY.json, which `lohe bench STUDY` writes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from lohe.attention.studies.catalogue import STUDIES
from lohe.attention.studies.character_settings import CHARACTER_RATES
from lohe.attention.studies.results import StudyResults
from lohe.attention.studies.study import Study
from lohe.commands.bench_certificates_table import certificates_table
from lohe.commands.bench_gaps import power_laws
from lohe.commands.bench_pages import markdown, rewrite
from lohe.commands.bench_published import CLAIMS
from lohe.commands.bench_study_report import study_tables, verdict_table
from lohe.commands.bench_study_tables import failed_runs
from lohe.commands.bench_tables import Table

PAGES = tuple(Path(__file__).parent / name for name in ("benchmarks.md", "systems.md"))
RESULTS = Path(__file__).parent.parent / "benchmarks" / "results"

_LANGUAGE = ("stories", "wikitext")
_FURTHER = {"stories": ("gaps",), "wikitext": ("gaps",), "accelerated": ("curves",)}


def blocks() -> dict[str, list[str]]:
    """Return the lines of every block of the pages by name."""
    found: dict[str, list[str]] = {}
    for name in CLAIMS:
        study = STUDIES[name]
        path = RESULTS / f"bench_{name}.json"
        results = StudyResults.load(path) if path.exists() else StudyResults.begin(study)
        tables = study_tables(study, results)
        found[f"{name} question"] = [study.question]
        found[f"{name} state"] = _state(study, results)
        found[f"{name} verdicts"] = _markdown(verdict_table(results))
        for table in ("arms", "scores", *_FURTHER.get(name, ())):
            found[f"{name} {table}"] = _markdown(tables[table]) if table in tables else []
        if name in _LANGUAGE:
            found[f"{name} power"] = [f"- {line}" for line in power_laws(name, results)]
    found["kuramoto rates"] = _rates("kuramoto-recipes")
    path = RESULTS / "bench_certificates.json"
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"] if path.exists() else {}
    found["sharpening certificates"] = _markdown(certificates_table(cases)) if cases else []
    return found


def _rates(name: str) -> list[str]:
    """Return what each system scores on validation at each learning rate."""
    study, path = STUDIES[name], RESULTS / f"bench_{name}.json"
    if not path.exists():
        return []
    results = StudyResults.load(path)
    rows: dict[str, dict[float, str]] = {}
    for arm in study.arms:
        rate = arm.recipe.get("learning_rate", CHARACTER_RATES[arm.options["system"]])
        scores = results.of(arm.name).values()
        system = arm.name.partition("-lr")[0]
        rows.setdefault(system, {})[rate] = ", ".join(f"{score:.3f}" for score in scores)
    rates = sorted({rate for row in rows.values() for rate in row})
    lines: list[tuple[str, ...]] = [
        (system, *(row.get(rate, "") for rate in rates)) for system, row in rows.items()
    ]
    titles = ("validation bits at rate", *(f"{rate:g}" for rate in rates))
    return _markdown((titles, lines))


def _state(study: Study, results: StudyResults) -> list[str]:
    """Say how many runs there are, what they cost, and which are missing or failed."""
    cases = [*study.cases()]
    runs = [run for arm in study.arms for run in results.finished(arm.name).values()]
    hours = sum(run.wall_s for run in runs) / 3600
    made = sorted({f"NumPy {run.versions['numpy']}" for run in runs})
    states = {run.versions.get("source", "unknown") for run in runs}
    lines = [
        f"`lohe bench {study.name}`: {len(runs)} of {len(cases)} runs are done"
        + (f", in {hours:.1f} hours of training with {', '.join(made)}." if runs else ".")
        + (f" They were made by {len(states)} states of the program." if len(states) > 1 else "")
    ]
    return lines + [f"- failed: {line}" for line in failed_runs(study, results)]


def _markdown(table: Table) -> list[str]:
    """Return a table as Markdown lines; columns of numbers to the right."""
    titles, rows = table
    numbers = [
        all(re.fullmatch(r"(?:[+−<]?[\d,.]+\b.*)?", row[i]) for row in rows)
        for i in range(len(titles))
    ]
    return markdown(table, numbers)


if __name__ == "__main__":
    found = blocks()
    for page in PAGES:
        rewrite(page, found)
