"""Results of a study as tables: every arm, what it is compared with, and all of its scores."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lohe.commands.bench_study_compare import advantage, failures, mean_score, told

if TYPE_CHECKING:
    from lohe.attention.studies.results import Failure, StudyResults
    from lohe.attention.studies.study import Case, Study
    from lohe.commands.bench_tables import Table
    from lohe.proofs_numeric.statistics.paired import Estimate

__all__ = ["arms_table", "failed_runs", "plus", "scores_table", "to_mend", "with_interval"]


def arms_table(study: Study, results: StudyResults) -> Table:
    """Return a row for each arm that has run: its score, and how it compares with softmax.

    *Better by* is the mean of the paired differences, with the sign that makes an advantage
    positive; *seeds* says in how many pairs the arm was better and worse.
    """
    titles = ["arm", "runs", study.metric.replace("_", " "), "against", "better by", "pairs", ""]
    titles += ["failed"] if study.failure is not None else []
    rows = []
    for arm in study.arms:
        mean = mean_score(results, arm.name)
        diverged = sum(run.diverged for run in results.failed(arm.name).values())
        if mean is None and not diverged:
            continue
        rival = study.rival(arm)
        found = None if rival is None else advantage(results, arm.name, rival.name)
        row = [
            arm.name,
            str(0 if mean is None else mean.count) + (f", {diverged} diverged" if diverged else ""),
            "" if mean is None else with_interval(mean, study.metric),
            "" if found is None or rival is None else rival.name,
            "" if found is None else with_interval(found.mean, study.metric, signed=True),
            "" if found is None else f"{found.positive} : {found.negative}",
            told(found),
        ]
        if study.failure is not None:
            bad = failures(results, [arm.name], study.failure)
            row.append("" if bad is None else f"{bad.count} (to {100 * bad.upper:.0f} %)")
        rows.append((*row, *_cost(results, arm.name)))
    return (*titles, "parameters", "time"), rows


def scores_table(study: Study, results: StudyResults) -> Table:
    """Return the mean of every score but the study's own and those in validation.

    A row is an arm, or a score if there are more scores than arms.
    """
    names = dict.fromkeys(
        name
        for arm in study.arms
        for run in results.finished(arm.name).values()
        for name in run.metrics
        if name != study.metric and not name.startswith("validation_")
    )
    rows: list[tuple[str, ...]] = []
    for arm in study.arms:
        means = [mean_score(results, arm.name, name) for name in names]
        if any(means):
            cells = (
                "" if mean is None else _number(mean.value, name)
                for name, mean in zip(names, means, strict=True)
            )
            rows.append((arm.name, *cells))
    titles = ("arm", *(name.removeprefix("test_").replace("_", " ") for name in names))
    if len(names) <= len(rows):
        return titles, rows
    (_, *arms), *turned = zip(titles, *rows, strict=True)
    return ("score", *arms), turned


def failed_runs(study: Study, results: StudyResults) -> list[str]:
    """Return a line for each run that has no score."""
    return [f"{case.name}: {failure.reason}" for case, failure in _failures(study, results)]


def to_mend(study: Study, results: StudyResults) -> bool:
    """Return whether a run failed for another reason than that training diverged."""
    return not all(failure.diverged for _, failure in _failures(study, results))


def _failures(study: Study, results: StudyResults) -> Iterator[tuple[Case, Failure]]:
    from lohe.attention.studies.results import Failure

    for case in study.cases():
        if isinstance(outcome := results.outcome(case), Failure):
            yield case, outcome


def with_interval(estimate: Estimate, metric: str, *, signed: bool = False) -> str:
    """Write an estimate and its interval.

    Examples
    --------
    >>> from lohe.proofs_numeric.statistics.paired import mean_interval
    >>> with_interval(mean_interval([0.5, 0.6]), "test_accuracy")
    '55.00 (-8.53 to 118.53)'
    """
    write = plus if signed else _number
    value = write(estimate.value, metric)
    if estimate.count < 2:
        return value
    return f"{value} ({write(estimate.lower, metric)} to {write(estimate.upper, metric)})"


def plus(value: float, metric: str) -> str:
    """Write a difference with its sign.

    Examples
    --------
    >>> plus(0.0527, "test_accuracy"), plus(-11.09, "test_perplexity")
    ('+5.27', '−11.09')
    """
    text = _number(abs(value), metric)
    return text if float(text) == 0 else ("−" if value < 0 else "+") + text


def _number(value: float, metric: str) -> str:
    if "accuracy" in metric:
        return f"{100 * value:.2f}"
    if "bits" in metric:
        return f"{value:.4f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def _cost(results: StudyResults, arm: str) -> tuple[str, str]:
    runs = [*results.finished(arm).values()]
    if not runs:
        return "", ""
    sizes: Iterable[int] = {run.parameters for run in runs}
    seconds = statistics.median(run.wall_s for run in runs)
    return " or ".join(f"{size:,}" for size in sorted(sizes)), f"{seconds:,.0f} s"
