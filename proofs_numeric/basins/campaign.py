"""Basin campaigns: sampling that survives an interruption, in a ``*.basin.sqlite`` file."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.estimate import BasinEstimate, Theory, estimates, theory_of
from lohe.proofs_numeric.basins.trials import LABELS, Plan, Sampler, run_blocks

__all__ = ["load", "run"]

Counts = NDArray[np.int64]

_VERSION = 1
_APPLICATION = 0x4C6F6865  # "Lohe", which marks the kind of file in the SQLite header

_SCHEMA = f"""
BEGIN IMMEDIATE;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
-- What is sampled and what theory says of it, as JSON.
CREATE TABLE plan (key TEXT PRIMARY KEY, value TEXT NOT NULL);
-- One row per finished block: the entropy and spawn key of its SeedSequence, and for each
-- horizon the counts of its labels, as JSON.
CREATE TABLE block (number INTEGER PRIMARY KEY, stream TEXT NOT NULL, counts TEXT NOT NULL);
"""


def run(
    path: str | os.PathLike[str],
    network: Network,
    trials: int,
    *,
    seed: int,
    horizons: Sequence[float],
    tolerance: float = 1e-6,
    confidence: float = 0.99,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[BasinEstimate, ...]:
    """Sample starts, judge each at every horizon, and keep each finished block in the file.

    Blocks are committed as they end. After a kill, a crash or Ctrl-C the same call goes on where
    the file stops, and ends with the same result as one that was never interrupted.

    Parameters
    ----------
    path
        The ``*.basin.sqlite`` file; made if it does not exist.
    network, trials, seed, tolerance, confidence, workers, progress
        As for `lohe.proofs_numeric.basins.estimate.estimate_basin`.
    horizons
        Times at which the same starts are judged.

    Returns
    -------
    tuple of BasinEstimate
        One per horizon, in rising order.

    Raises
    ------
    InputError
        If an argument cannot be used, or the file holds another network or plan, is damaged, or
        cannot be written. What was committed before stays.
    """
    plan = Plan(network.digest, trials, tuple(horizons), seed, tolerance, confidence)
    sampler = Sampler.prepare(network)
    with _opened(path) as database:
        stored = _read_plan(database, path)
        theory = theory_of(network, plan)
        if stored is None:
            _begin(database, plan, sampler.block_size, theory)
        else:
            _refuse_another(path, stored, plan, sampler.block_size)
        total, done = _finished(database, path, plan, sampler.block_size)
        report = progress or (lambda done, total: None)
        report(int(total[0].sum()), trials)
        left = [block for block in range(sampler.blocks(plan)) if block not in done]
        for block, counts in run_blocks(sampler, plan, left, workers):
            with database:
                row = (block, _stream(plan, block), json.dumps(counts.tolist()))
                database.execute("INSERT INTO block VALUES (?, ?, ?)", row)
            total += counts
            report(int(total[0].sum()), trials)
    return estimates(plan, total, theory)


def load(path: str | os.PathLike[str]) -> tuple[BasinEstimate, ...]:
    """Read the estimates of a finished campaign, one per horizon in rising order.

    Raises
    ------
    InputError
        If the file is missing, damaged, no campaign, or not finished.
    """
    if not Path(path).is_file():
        raise InputError(f"no such file: {path}")
    with _opened(path) as database:
        stored = _read_plan(database, path)
        if stored is None:
            raise InputError(f"{path} is empty; run the campaign again")
        try:
            named = {key: stored[key] for key in Plan.__dataclass_fields__}
            plan = Plan(**named | {"horizons": tuple(named["horizons"])})
            size, theory = int(stored["block_size"]), _theory(stored)
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(path) from error
        total, _ = _finished(database, path, plan, size)
    done = int(total[0].sum())
    if done < plan.trials:
        raise InputError(
            f"{path} is not finished ({done} of {plan.trials} trials); run the campaign again"
        )
    return estimates(plan, total, theory)


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[sqlite3.Connection]:
    """Open the file for one process at a time, and put SQLite's errors into words."""
    database = None
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, timeout=2)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        yield database
    except sqlite3.OperationalError as error:
        fix = "wait for the other run" if "locked" in str(error) else "free it or use another path"
        raise InputError(f"cannot use {path}: {error}; {fix}") from error
    except sqlite3.DatabaseError as error:
        raise _damaged(path) from error
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot use {path}: {reason}; use another path") from error
    finally:
        if database is not None:
            database.close()


def _begin(database: sqlite3.Connection, plan: Plan, block_size: int, theory: Theory) -> None:
    """Write the schema and the plan in one transaction."""
    database.executescript(_SCHEMA)
    rows = asdict(plan) | {"block_size": block_size} | asdict(theory)
    with database:
        database.executemany(
            "INSERT INTO plan VALUES (?, ?)", [(k, json.dumps(v)) for k, v in rows.items()]
        )


def _read_plan(database: sqlite3.Connection, path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Return the stored plan, or None if the file is new."""
    if database.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,):
        return None
    if database.execute("PRAGMA application_id").fetchone() != (_APPLICATION,):
        raise InputError(f"{path} is no basin campaign; choose another path")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version != _VERSION:
        raise InputError(f"{path} has version {version}, expected {_VERSION}; use another path")
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise _damaged(path)
    try:
        return {key: json.loads(value) for key, value in database.execute("SELECT * FROM plan")}
    except ValueError as error:
        raise _damaged(path) from error


def _refuse_another(
    path: str | os.PathLike[str], stored: Mapping[str, Any], plan: Plan, block_size: int
) -> None:
    """Raise if the file was begun for something else, and say what differs."""
    here = json.loads(json.dumps(asdict(plan) | {"block_size": block_size}))
    if stored.get("network_sha256") != plan.network_sha256:
        raise InputError(f"{path} holds a campaign of another network; choose another output path")
    for key, value in here.items():
        if stored.get(key) != value:
            raise InputError(
                f"{path} holds another plan ({key} {stored.get(key)}, here {value}); "
                "choose another output path"
            )


def _finished(
    database: sqlite3.Connection, path: str | os.PathLike[str], plan: Plan, block_size: int
) -> tuple[Counts, set[int]]:
    """Add up the finished blocks, each checked against the plan."""
    shape = (len(plan.horizons), len(LABELS))
    total, done = np.zeros(shape, dtype=np.int64), set()
    for number, stream, text in database.execute("SELECT * FROM block ORDER BY number"):
        try:
            counts = np.array(json.loads(text), dtype=np.int64)
        except (TypeError, ValueError, OverflowError) as error:
            raise _damaged(path) from error
        trials = min(block_size, plan.trials - number * block_size)
        if (
            stream != _stream(plan, number)
            or number < 0
            or counts.shape != shape
            or bool(np.any(counts < 0) or np.any(counts.sum(axis=1) != trials))
        ):
            raise _damaged(path)
        total += counts
        done.add(number)
    return total, done


def _theory(stored: Mapping[str, Any]) -> Theory:
    return Theory(stored["proved_volume"], tuple(stored["predicted"]))


def _stream(plan: Plan, block: int) -> str:
    return json.dumps({"entropy": plan.seed, "spawn_key": [block]})


def _damaged(path: str | os.PathLike[str]) -> InputError:
    return InputError(f"{path} is damaged or no basin campaign; move it away and run again")
