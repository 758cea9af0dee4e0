"""Run a study: what is finished is taken over, what was begun goes on, the rest is trained."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from lohe.attention.studies.claimed import claimed
from lohe.attention.studies.results import Outcome, StudyResults
from lohe.attention.studies.run_case import PROCESSOR, Device, Protocol, run_case
from lohe.attention.studies.study import Case, Study
from lohe.dynamics.errors import InputError

__all__ = ["load_or_begin", "run_study"]

Run = tuple[Case, Outcome, Protocol | None]

# Seconds before asking again for runs that other processes work on, when nothing else is left.
_PAUSE = 5.0


def run_study(
    path: Path,
    study: Study,
    folder: Path,
    execute: Callable[[Callable[[int], Any], Iterable[int]], Iterator[Any]],
    *,
    device: Device = PROCESSOR,
    note: Callable[[Case, Outcome, int, int], None] | None = None,
) -> StudyResults:
    """Make the runs that a result file does not hold; it is written, whole, after each.

    What another process is training in the same folder, for another study or part of this one, is
    left until the end and then taken over. What it has written to the same file stays.

    Parameters
    ----------
    path
        The result file.
    study
        What to run. Arms and seeds that the file holds beside these stay.
    folder
        Where the runs keep their checkpoints and records; see `run_case`.
    execute
        Called with a function of a number and the numbers to call it with, it yields the results
        in any order; such as the `run` of an executor, which does so in several processes.
    device
        What runs the models; it can be pickled if `execute` calls other processes.
    note
        Called after each run with it, what came of it, how many are done and how many there are.

    Returns
    -------
    StudyResults
        All that the file holds.

    Raises
    ------
    InputError
        If the file belongs to another study, or cannot be read or written.
    """
    results = load_or_begin(path, study)
    missing = results.missing(study)
    if missing:  # what cannot be written is better known before than after hours
        results = _updated(path, study)
    done, total = 0, len(missing)
    while missing:
        elsewhere = []
        numbered = execute(partial(_numbered, tuple(missing), folder, device), range(len(missing)))
        for number, made in numbered:
            if made is None:
                elsewhere.append(missing[number])
                continue
            results = _updated(path, study, (missing[number], *made))
            done += 1
            if note is not None:
                note(missing[number], made[0], done, total)
        missing = elsewhere
        if missing:
            time.sleep(_PAUSE)
    return results


def load_or_begin(path: Path, study: Study) -> StudyResults:
    """Read a study's result file, or begin one.

    Raises
    ------
    InputError
        If the file is damaged or belongs to another study.
    """
    if not path.exists():
        return StudyResults.begin(study)
    results = StudyResults.load(path)
    try:
        return results.widened(study)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _updated(path: Path, study: Study, *runs: Run) -> StudyResults:
    """Add runs to the file, to which other processes may have added theirs meanwhile."""
    with claimed(path.resolve().parent, path.name, wait=True):
        results = load_or_begin(path, study)
        for run in runs:
            results = results.add(*run)
        results.save(path)
    return results


def _numbered(
    cases: tuple[Case, ...], folder: Path, device: Device, number: int
) -> tuple[int, tuple[Outcome, Protocol | None] | None]:
    """Make a run by its number, unless another process is at it."""
    with claimed(folder, cases[number].name) as mine:
        return number, run_case(cases[number], folder, device) if mine else None
