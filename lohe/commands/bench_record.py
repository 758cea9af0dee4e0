"""Results of an experiment in one JSON file that grows case by case, so that it can go on."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["load_record", "run_cases", "seed_of"]

FORMAT = "lohe.experiment"
VERSION = 1

Document = dict[str, Any]


def run_cases(
    path: Path,
    experiment: str,
    config: Mapping[str, Any],
    cases: Mapping[str, Callable[[], Document]],
    note: Callable[[str], None],
    *,
    sources: Mapping[str, str] | None = None,
    keep: bool = False,
) -> Document:
    """Run the cases that the file does not hold yet; it is written, whole, after each.

    Parameters
    ----------
    path
        The result file. If it exists, it must be of the same experiment and configuration.
    experiment
        Name.
    config
        What fixes the results, as JSON values.
    cases
        By name, what finds each result.
    note
        Called with a case's name before it is run.
    sources
        By name, the digest of the file that a case reads. The result keeps it, and is found anew
        once the file is another: so one new model leaves the results of the others in place.
    keep
        Whether results stay in the file, after the others, that are not asked for this time.

    Returns
    -------
    dict
        The file's content, with the cases in the order given.

    Raises
    ------
    InputError
        If the file is of another experiment, was begun with other versions of the libraries, or
        cannot be read or written.
    """
    from lohe.attention.results import machine, versions
    from lohe.dynamics.errors import InputError
    from lohe.dynamics.files import write_text

    wanted = json.loads(json.dumps(config))
    sources = sources or {}
    found: dict[str, Document] = {}
    if path.exists():
        stored = load_record(path, experiment)
        differing = sorted(
            k for k in stored["config"] | wanted if stored["config"].get(k) != wanted.get(k)
        )
        if differing:
            raise InputError(
                f"{path} holds another experiment ({', '.join(differing)} differ); "
                "delete it or choose another --output"
            )
        found = {
            name: case
            for name, case in stored["cases"].items()
            if name not in cases or case.get("source_sha256") == sources.get(name)
        }
        if found.keys() >= cases.keys():
            return stored
        if stored["versions"] != versions():
            raise InputError(
                f"{path} was begun with other versions of the libraries, which may round "
                "otherwise; delete it or choose another --output"
            )
    document: Document = {}
    order = [*cases, *(name for name in found if keep and name not in cases)]
    for name in [name for name in cases if name not in found]:
        note(name)
        started = time.perf_counter()
        result = cases[name]()
        if name in sources:
            result |= {"source_sha256": sources[name]}
        found[name] = result | {"wall_s": round(time.perf_counter() - started, 3)}
        document = {
            "format": FORMAT,
            "version": VERSION,
            "experiment": experiment,
            "config": wanted,
            "cases": {done: found[done] for done in order if done in found},
            "versions": versions(),
            "machine": machine(),
        }
        write_text(path, json.dumps(document, indent=1, allow_nan=False) + "\n")
    return document


def load_record(path: Path, experiment: str) -> Document:
    """Read a result file.

    Raises
    ------
    InputError
        If it is missing, damaged, or of another experiment or version.
    """
    from lohe.dynamics.errors import InputError
    from lohe.dynamics.files import read_json

    document = read_json(path, "delete it")
    head = {"format": FORMAT, "version": VERSION, "experiment": experiment}
    if not isinstance(document, dict) or any(document.get(k) != v for k, v in head.items()):
        raise InputError(f"{path} is not a result of `lohe bench {experiment}`")
    return document


def seed_of(seed: int, case: str) -> list[int]:
    """Return the entropy of a case's random stream, whatever other cases run beside it.

    Examples
    --------
    >>> seed_of(1, "a") == seed_of(1, "a"), seed_of(1, "a") == seed_of(1, "b")
    (True, False)
    """
    digest = hashlib.sha256(case.encode()).digest()
    return [seed, int.from_bytes(digest[:8], "big")]
