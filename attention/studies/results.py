"""The results of a study in one JSON file that grows run by run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lohe.attention.items import Answers, Items
from lohe.attention.studies.study import Case, Study
from lohe.dynamics.errors import InputError
from lohe.dynamics.files import read_json, write_text

__all__ = ["Failure", "Finished", "Outcome", "StudyResults"]

FORMAT = "lohe.study"
VERSION = 1


@dataclass(frozen=True)
class Finished:
    """What came of one run.

    Parameters
    ----------
    metrics
        Final scores by ``split_metric``, and what the setting examines.
    history
        Some of the epochs and the scores after them, by name.
    wall_s
        Seconds spent in training, over all sittings.
    parameters
        Numbers that were trained.
    versions, machine
        Of the libraries, and what it ran on.
    right, items
        By the score that is their mean, the test items that the model, run by NumPy, gets right,
        as `Answers.packed` has them, and what the items are. Tasks may have none, and so do older
        files.
    """

    metrics: Mapping[str, float]
    history: Mapping[str, list[float]]
    wall_s: float
    parameters: int
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    right: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, Items] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """Why a run has no score.

    Parameters
    ----------
    reason
        In one line.
    diverged
        Whether training itself broke down. Then that is the result, and always would be; what
        went wrong otherwise may be mended, and the run be tried again.
    """

    reason: str
    diverged: bool = False


Outcome = Finished | Failure


@dataclass(frozen=True)
class StudyResults:
    """What is known of the runs of a study.

    Parameters
    ----------
    study, question, metric, larger_is_better
        As in `Study`.
    arms
        What each is, `Arm.document`, by name and in order.
    protocols
        By arm, the model, recipe and task that its setting stood for; known once a run is done.
    runs
        By arm, what came of each seed.
    """

    study: str
    question: str
    metric: str
    larger_is_better: bool
    arms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    protocols: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    runs: Mapping[str, Mapping[int, Outcome]] = field(default_factory=dict)

    @classmethod
    def begin(cls, study: Study) -> StudyResults:
        """Return the results of a study of which nothing has run."""
        empty = cls(study.name, study.question, study.metric, study.larger_is_better)
        return empty.widened(study)

    def missing(self, study: Study) -> list[Case]:
        """Return the runs of a study to be made; divergence is a result, other failures are not."""
        return [case for case in study.cases() if not _is_result(self.outcome(case))]

    def outcome(self, case: Case) -> Outcome | None:
        """Return what came of a run, None if nothing has yet."""
        return self.runs.get(case.arm.name, {}).get(case.seed)

    def finished(self, arm: str) -> dict[int, Finished]:
        """Return an arm's finished runs by seed."""
        runs = self.runs.get(arm, {})
        return {seed: run for seed, run in runs.items() if isinstance(run, Finished)}

    def failed(self, arm: str) -> dict[int, Failure]:
        """Return an arm's runs that have no score by seed."""
        runs = self.runs.get(arm, {})
        return {seed: run for seed, run in runs.items() if isinstance(run, Failure)}

    def of(self, arm: str, metric: str | None = None) -> dict[int, float]:
        """Return a score of an arm's finished runs by seed; by default that of the study."""
        name = self.metric if metric is None else metric
        runs = self.finished(arm).items()
        return {seed: run.metrics[name] for seed, run in runs if name in run.metrics}

    def answers(self, arm: str, metric: str) -> dict[int, Answers]:
        """Return which test items an arm's runs get right by seed, of runs that say so."""
        runs = self.finished(arm).items()
        return {
            seed: Answers.unpack(run.right[metric], run.items[metric])
            for seed, run in runs
            if metric in run.right
        }

    def widened(self, study: Study) -> StudyResults:
        """Return the results with room for a study's arms, in its order and before others.

        Raises
        ------
        InputError
            If they are of another study, or hold another arm of such a name.
        """
        if self.study != study.name:
            raise InputError(f"these are results of the study {self.study}, not {study.name}")
        arms = {arm.name: _as_json(arm.document()) for arm in study.arms}
        for name, wanted in arms.items():
            found = self.arms.get(name, wanted)
            if found != wanted:
                parts = ", ".join(part for part in wanted if found.get(part) != wanted[part])
                raise InputError(
                    f"the arm {name} was run with other {parts}; delete the result file: what "
                    "still fits in the work folder is taken over"
                )
        return replace(self, arms={**arms, **self.arms})

    def add(self, case: Case, outcome: Outcome, protocol: Mapping[str, Any] | None) -> StudyResults:
        """Return the results with one more run, and what its setting stood for.

        Raises
        ------
        InputError
            If the setting stood for something else when the arm's earlier runs were made.
        """
        name = case.arm.name
        protocols = dict(self.protocols)
        if protocol is not None:
            plain = _as_json(protocol)
            if protocols.setdefault(name, plain) != plain:
                raise InputError(
                    f"the setting {case.arm.setting} has changed since the first run of {name}; "
                    "delete the result file: what still fits in the work folder is taken over"
                )
        of_arm = {**self.runs.get(name, {}), case.seed: outcome}
        return replace(self, protocols=protocols, runs={**self.runs, name: of_arm})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file, atomically, a line a run.

        Raises
        ------
        InputError
            If the path cannot be written.
        """
        shared = _Shared()
        document = {
            "format": FORMAT,
            "version": VERSION,
            "study": self.study,
            "question": self.question,
            "metric": self.metric,
            "larger_is_better": self.larger_is_better,
            "arms": dict(self.arms),
            "protocols": {arm: self.protocols[arm] for arm in self.arms if arm in self.protocols},
            "runs": {
                arm: {
                    str(seed): _plain(outcome, shared)
                    for seed, outcome in sorted(self.runs[arm].items())
                }
                for arm in self.arms
                if arm in self.runs
            },
        }
        write_text(path, _laid_out(document | asdict(shared), depth=3) + "\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> StudyResults:
        """Read a file of results.

        Raises
        ------
        InputError
            If it is missing, damaged, or holds something else.
        """
        document = read_json(path, "delete it")
        if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
            raise InputError(f"{path} does not hold the results of a study")
        if (version := document.pop("version", None)) != VERSION:
            raise InputError(f"{path} has version {version}; expected {VERSION}")
        try:
            shared = _Shared.read(document)
            document["runs"] = {
                arm: {int(seed): _outcome(run, shared) for seed, run in runs.items()}
                for arm, runs in document["runs"].items()
            }
            return cls(**document)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise InputError(f"{path} is damaged; delete it") from error


def _is_result(outcome: Outcome | None) -> bool:
    return isinstance(outcome, Finished) or (isinstance(outcome, Failure) and outcome.diverged)


@dataclass(frozen=True)
class _Shared:
    """What many runs share stands once in the file; a run has its index."""

    environments: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, document: dict[str, Any]) -> _Shared:
        """Take it out of a file; older ones have no items."""
        items = [
            {
                name: Items(tuple(one["clusters"]), tuple(one["strata"]))
                for name, one in of_run.items()
            }
            for of_run in document.pop("items", [])
        ]
        return cls(document.pop("environments"), items)


def _index(value: dict[str, Any], known: list[dict[str, Any]]) -> int:
    if value not in known:
        known.append(value)
    return known.index(value)


def _plain(outcome: Outcome, shared: _Shared) -> dict[str, Any]:
    """Return JSON values."""
    if isinstance(outcome, Failure):
        return {"failed": outcome.reason} | ({"diverged": True} if outcome.diverged else {})
    environment = {"versions": dict(outcome.versions), "machine": dict(outcome.machine)}
    return {
        "metrics": dict(outcome.metrics),
        "history": dict(outcome.history),
        "wall_s": outcome.wall_s,
        "parameters": outcome.parameters,
        "environment": _index(environment, shared.environments),
    } | (
        {"right": dict(outcome.right), "items": _index(dict(outcome.items), shared.items)}
        if outcome.right
        else {}
    )


def _outcome(run: dict[str, Any], shared: _Shared) -> Outcome:
    if "failed" in run:
        return Failure(run["failed"], run.get("diverged", False))
    environment = shared.environments[run.pop("environment")]
    items = shared.items[run.pop("items")] if "items" in run else {}
    for name, packed in run.get("right", {}).items():
        Answers.unpack(packed, items[name])  # damage should show here
    return Finished(**environment, items=items, **run)


def _as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(values)))


def _laid_out(value: Any, depth: int, indent: str = "") -> str:
    """Return JSON whose objects have a line for each member, down to a depth."""
    if not (depth and isinstance(value, dict) and value):
        return json.dumps(value, allow_nan=False, ensure_ascii=False, sort_keys=True)
    inner = indent + " "
    members = (
        f"{inner}{json.dumps(name)}: {_laid_out(member, depth - 1, inner)}"
        for name, member in value.items()
    )
    return "{\n" + ",\n".join(members) + f"\n{indent}}}"
