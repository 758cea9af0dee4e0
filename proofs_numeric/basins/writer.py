"""Writing a campaign's file: one run at a time, whole blocks or nothing."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins.database import PATIENCE, opened
from lohe.proofs_numeric.basins.header import Header, Series, versions
from lohe.proofs_numeric.basins.rows import COLUMNS, SUMMARY, Row, seal_records
from lohe.proofs_numeric.basins.store import APPLICATION, VERSION, Store
from lohe.proofs_numeric.basins.summary import BlockSummary

__all__ = ["Writer", "writing"]

COMMIT_SECONDS = 0.5
"""Finished blocks wait at most so long for others, to be committed together."""

START_SECONDS = 1.0
"""A run that starts waits so long for whoever merely looks at the file."""

_SCHEMA = (
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
    # What is sampled and what theory says of it, as JSON.
    "CREATE TABLE plan (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    # One row per finished block; see docs/files.md.
    """CREATE TABLE block (
        seed TEXT NOT NULL, number INTEGER NOT NULL, trials INTEGER NOT NULL,
        stream TEXT NOT NULL, counts TEXT NOT NULL, places TEXT NOT NULL, firsts TEXT NOT NULL,
        certified INTEGER NOT NULL, weights BLOB, attractors BLOB NOT NULL, digest BLOB NOT NULL,
        records BLOB, records_digest BLOB,
        PRIMARY KEY (seed, number))""",
    # One row per run that wrote here.
    """CREATE TABLE session (
        number INTEGER PRIMARY KEY, host TEXT NOT NULL, process INTEGER NOT NULL,
        versions TEXT NOT NULL, started REAL NOT NULL, updated REAL NOT NULL,
        trials INTEGER NOT NULL, ended INTEGER NOT NULL)""",
)
_INSERT = f"INSERT OR REPLACE INTO block VALUES ({', '.join('?' * len(COLUMNS))})"


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[Writer]:
    """Open a campaign's file, new or old, for the one run that may write it.

    Raises
    ------
    InputError
        If the file cannot be used, is damaged, is no campaign, or another run is writing it.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot use {path}: {reason}; use another path") from error
    with opened(path, "rwc") as database:
        writer = Writer(database, path)
        try:
            yield writer
        finally:
            writer.end()


class Writer:
    """Holds the right to write a campaign's file until it ends.

    It is SQLite's own lock, so that it goes with the process, however that ends; readers are
    shut out for the instant of a commit only.

    Parameters
    ----------
    database
    path

    Attributes
    ----------
    store : Store or None
        What the file held when it was opened; None if it was new.
    """

    def __init__(self, database: sqlite3.Connection, path: str | os.PathLike[str]) -> None:
        self._database = database
        self._path = path
        self._waiting: list[tuple[Any, ...]] = []
        self._trials = 0
        self._session: int | None = None
        self._committed = -COMMIT_SECONDS
        self.store = Store.of(database, path, thorough=True)
        runs = 0 if self.store is None else self.store.runs()
        if self.store is not None and self.store.live():
            raise self._taken()
        database.execute(f"PRAGMA busy_timeout = {1000 * START_SECONDS:.0f}")
        database.execute("BEGIN IMMEDIATE")
        database.execute(f"PRAGMA busy_timeout = {1000 * PATIENCE:.0f}")
        # Whoever was quicker in between has begun a session, and may be at a commit just now.
        now = Store.of(database, path)
        if now is not None and now.runs() > runs:
            raise self._taken()

    def _taken(self) -> InputError:
        return InputError(f"{self._path} is being written; wait for the other run or stop it")

    def begin(self, header: Header) -> None:
        """Write the schema where the file is new, and the header; enter this run's session."""
        if self.store is None:
            for statement in _SCHEMA:
                self._database.execute(statement)
        rows = [(key, json.dumps(value)) for key, value in header.values().items()]
        self._database.executemany("INSERT OR REPLACE INTO plan VALUES (?, ?)", rows)
        now = time.time()
        session = (platform.node(), os.getpid(), json.dumps(versions()), now, now, 0, 0)
        found = self._database.execute(
            "INSERT INTO session VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", session
        )
        self._session = found.lastrowid
        self._commit()

    def add(self, series: Series, block: BlockSummary, records: bytes | None) -> None:
        """Keep a finished block; it is committed with the next few, or when the run ends."""
        row = Row.of(series, block)
        sealed = None if records is None else seal_records(row, records)
        self._waiting.append((*(getattr(row, name) for name in SUMMARY), records, sealed))
        self._trials += block.trials
        if time.monotonic() - self._committed >= COMMIT_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Commit the blocks that wait."""
        rows, self._waiting = self._waiting, []
        if rows:
            self._database.executemany(_INSERT, rows)
            values = (time.time(), self._trials, self._session)
            query = "UPDATE session SET updated = ?, trials = ? WHERE number = ?"
            self._database.execute(query, values)
            self._commit()

    def drop_after(self, series: Series, block: int) -> None:
        """Remove the blocks after the one at which the campaign had seen enough.

        They go with the next commit, which is that of the last block that is kept.
        """
        seed = str(series.plan.seed)
        self._waiting = [row for row in self._waiting if row[0] != seed or row[1] <= block]
        self._database.execute("DELETE FROM block WHERE seed = ? AND number > ?", (seed, block))

    def end(self) -> None:
        """Commit what waits, and mark the session as ended."""
        if not self._database.in_transaction:  # a statement failed, and SQLite rolled back
            return
        if self._session is not None:
            self.flush()
            query = "UPDATE session SET ended = 1 WHERE number = ?"
            self._database.execute(query, (self._session,))
        self._database.execute("COMMIT")

    def _commit(self) -> None:
        """Commit, and take the right to write again at once."""
        self._database.execute("COMMIT")
        self._database.execute("BEGIN IMMEDIATE")
        self._committed = time.monotonic()
