"""What is known of trained systems that read the same text, so that they can be compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeGuard

import numpy as np

from lohe.attention.accelerated import AcceleratedConfig, oracle_calls
from lohe.attention.architecture import ARCHITECTURES, Architecture, architecture_of
from lohe.attention.results import TrainingRun
from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.claims import Verdict
from lohe.reports.learning import variants
from lohe.reports.sources import Source
from lohe.reports.subjects import Collection

__all__ = ["Comparison", "System", "comparisons", "config_of", "epoch_tokens"]

_LARGEST = 30_000_000  # parameters: of more, a page about them is not the place to count

_HEAD = ("-layer", " layer ")
"""How the name of a head goes on after the name of its run."""


@dataclass(frozen=True, eq=False)
class System:
    """Runs that differ in the seed alone.

    Parameters
    ----------
    name
        Mechanism and what else tells it from other systems.
    architecture
        Its name.
    parameters
        Numbers that are trained, or None where there are too many to count here.
    calls
        How often a token passes through attention: evaluations of its force.
    runs
        By seed.
    claims
        What is proved of heads of these runs: by claim, how many have each verdict.
    """

    name: str
    architecture: str
    parameters: int | None
    calls: int
    runs: Sequence[TrainingRun]
    claims: Mapping[str, Counter[Verdict]]

    def curve(self, metric: str, tokens: int) -> list[list[tuple[float, float]]]:
        """Return for each run the tokens seen and the score after every epoch."""
        return [
            [
                (float(entry.get("epoch", k)) * tokens, float(entry[metric]))
                for k, entry in enumerate(run.history, start=1)
                if _is_number(entry.get(metric)) and _is_number(entry.get("epoch", k))
            ]
            for run in self.runs
        ]

    def scores(self, metric: str) -> list[float]:
        """Return a final score of every run that has it."""
        found = [run.metrics.get(metric) for run in self.runs]
        return [float(value) for value in found if _is_number(value)]

    def epochs(self) -> list[int]:
        """Return the epochs that each run has done."""
        return [len(run.history) for run in self.runs]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Systems that were trained and tested on the same parts of the same text.

    Parameters
    ----------
    task
        Its name.
    text
        What determines the text: its length, digest and so on.
    score
        Name of the score, for example ``"bits"``.
    tokens
        Tokens of one epoch.
    systems
        Two or more.
    """

    task: str
    text: Mapping[str, Any]
    score: str
    tokens: int
    systems: Sequence[System]


def comparisons(collection: Collection) -> list[Comparison]:
    """Return what can be compared: two or more mechanisms on the same text, split alike."""
    groups: dict[tuple[str, str], list[tuple[TrainingRun, Source | None]]] = {}
    for run, origin in collection.training:
        if config_of(run) is not None and epoch_tokens(_task(run)) is not None:
            key = str(run.task), json.dumps(_task(run), sort_keys=True)
            groups.setdefault(key, []).append((run, origin))
    found = []
    for (task, text), group in groups.items():
        stems = _stems(group)
        systems = [
            _system(name, runs, [stems[id(run)] for run in runs], collection)
            for name, runs in variants([run for run, _ in group]).items()
        ]
        score = _score(systems)
        tokens = epoch_tokens(json.loads(text))
        several = len({str(run.mechanism) for run, _ in group}) > 1
        if several and score is not None and tokens is not None:
            found.append(Comparison(task, json.loads(text), score, tokens, systems))
    return found


def config_of(run: TrainingRun) -> Any:
    """Return the shape of a run's model, or None if no architecture here has such a one."""
    model = run.config.get("model")
    if not isinstance(model, Mapping):
        return None
    for kind in ARCHITECTURES.values():
        config = _made(kind, model)
        if config is not None and config.mechanism == run.mechanism:
            return config
    return None


def epoch_tokens(text: Mapping[str, Any]) -> int | None:
    """Return the tokens that a text's task trains on in one epoch, or None if it is no text.

    Examples
    --------
    >>> epoch_tokens({"length": 8, "characters": {"training": 100}})
    88
    """
    sizes = text.get("characters", text.get("tokens"))
    length = text.get("length")
    if not (isinstance(sizes, Mapping) and isinstance(length, int) and length > 0):
        return None
    whole = sizes.get("training")
    if not isinstance(whole, int):
        return None
    # As `Windows` cuts it: one window fewer than fits, so that every phase has as many.
    return max(0, (whole - 1) // length - 1) * length or None


def _made(kind: Architecture, model: Mapping[str, Any]) -> Any:
    if not set(model) <= {field.name for field in fields(kind.config)}:
        return None
    try:
        return kind.config(**model)
    except (InputError, TypeError, ValueError):
        return None


def _system(
    name: str,
    runs: Sequence[TrainingRun],
    stems: Iterable[str | None],
    collection: Collection,
) -> System:
    config = config_of(runs[0])
    calls = oracle_calls(config) if isinstance(config, AcceleratedConfig) else config.layers
    return System(
        name,
        architecture_of(config).name,
        _parameters(config),
        int(calls),
        runs,
        _claims(collection, [stem for stem in stems if stem is not None]),
    )


@cache
def _parameters(config: Any) -> int | None:
    """Count the parameters of such a model by drawing one."""
    token, layer = config.width, config.width * (6 * config.width + 3 * config.hidden)
    words = (config.vocabulary + config.context + config.outputs) * 2 * token * 4
    if words + config.layers * layer > _LARGEST:
        return None
    rng = np.random.default_rng(0)
    return int(architecture_of(config).initialise(config, rng, np.float32).vector.size)


def _stems(group: Iterable[tuple[TrainingRun, Source | None]]) -> dict[int, str | None]:
    """Return what the names of each run's files begin with, None where two runs have the same."""
    names = {
        id(run): origin.stem if origin else f"{run.task}-{run.mechanism}-seed{run.seed}"
        for run, origin in group
    }
    times = Counter(names.values())
    return {key: name if times[name] == 1 else None for key, name in names.items()}


def _claims(collection: Collection, stems: Sequence[str]) -> dict[str, Counter[Verdict]]:
    starts = tuple(stem + end for stem in stems for end in _HEAD)
    found: dict[str, Counter[Verdict]] = {}
    for subject in collection.subjects:
        names = (subject.name.removeprefix("inputs of "), *(each.stem for each in subject.sources))
        if starts and any(name.startswith(starts) for name in names):
            for certificate in subject.certificates:
                for name, claim in certificate.claims.items():
                    found.setdefault(name, Counter())[claim.verdict] += 1
    return found


def _score(systems: Sequence[System]) -> str | None:
    """Choose the score that every system was validated by."""
    shared = [
        {name.removeprefix("validation_") for run in system.runs for entry in run.history
         for name, value in entry.items() if name.startswith("validation_") and _is_number(value)}
        for system in systems
    ]  # fmt: skip
    return next(iter(sorted(set.intersection(*shared))), None) if shared else None


def _task(run: TrainingRun) -> Mapping[str, Any]:
    task = run.config.get("task")
    return task if isinstance(task, Mapping) else {}


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
