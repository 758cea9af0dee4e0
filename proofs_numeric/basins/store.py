"""A campaign's ``*.basin.sqlite`` file: opened for reading while others may write it."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins.database import PATIENCE, damaged, opened
from lohe.proofs_numeric.basins.header import Header, Series
from lohe.proofs_numeric.basins.records import decode
from lohe.proofs_numeric.basins.result import BlockResult
from lohe.proofs_numeric.basins.rows import COLUMNS, SUMMARY, Row, seal_records
from lohe.proofs_numeric.basins.summary import BlockSummary

__all__ = ["APPLICATION", "VERSION", "Store", "reading"]

VERSION = 2
APPLICATION = 0x4C6F6865  # "Lohe", which marks the kind of file in the SQLite header

# What decoding raises where a value is not what was written. (A text may nest too deeply.)
_BROKEN = (
    AttributeError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)

# A writer lets go of the file between two commits, for far less than this.
_GAP = 0.1
_ROWS = 512


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[Store]:
    """Open a campaign's file that exists.

    Raises
    ------
    InputError
        If the file is missing, damaged, or no campaign.
    """
    try:
        exists = Path(path).is_file()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if not exists:
        raise InputError(f"no such file: {path}")
    with opened(path, "rw") as database:
        found = Store.of(database, path)
        if found is None:
            raise InputError(f"{path} is empty; run the campaign again")
        yield found


class Store:
    """What a campaign's file holds, read in short transactions that hold up no writer.

    Parameters
    ----------
    database
    path
        For messages.
    header
    """

    def __init__(
        self, database: sqlite3.Connection, path: str | os.PathLike[str], header: Header
    ) -> None:
        self.database = database
        self.path = path
        self.header = header

    @classmethod
    def of(
        cls,
        database: sqlite3.Connection,
        path: str | os.PathLike[str],
        *,
        thorough: bool = False,
    ) -> Store | None:
        """Read the header; None if the file is new.

        Parameters
        ----------
        database
        path
            For messages.
        thorough
            Whether to check the database's own structure first, which reads all of the file.

        Raises
        ------
        InputError
            If the file is damaged, no campaign, or of another version.
        """
        if database.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,):
            return None
        if database.execute("PRAGMA application_id").fetchone() != (APPLICATION,):
            raise InputError(f"{path} is no basin campaign; choose another path")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version != VERSION:
            fix = "sample anew" if version < VERSION else "use a newer lohe"
            raise InputError(f"{path} has version {version}, expected {VERSION}; {fix}")
        if thorough and database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise InputError(damaged(path))
        try:
            rows = database.execute("SELECT key, value FROM plan").fetchall()
            header = Header.read({key: json.loads(value) for key, value in rows})
        except _BROKEN as error:
            raise InputError(damaged(path)) from error
        seeds = [str(series.plan.seed) for series in header.series]
        known = ", ".join("?" * len(seeds))
        strange = f"SELECT 1 FROM block WHERE seed NOT IN ({known}) OR number < 0 LIMIT 1"
        if database.execute(strange, seeds).fetchone() is not None:
            raise InputError(damaged(path))
        return cls(database, path, header)

    def summaries(self, series: Series) -> Iterator[BlockSummary]:
        """Yield what was counted in each finished block, in block order.

        A last block that an extension has outgrown is left out: it is not finished.

        Raises
        ------
        InputError
            If a row was altered, or is no block of the plan.
        """
        for values in self._rows(series.plan.seed):
            row = Row(*values)
            try:
                block = row.summary(series, (self.header.n, self.header.d))
                whole = block.trials == series.trials_in(block.number)
                known = whole or series.replaced(block.number, block.trials)
            except _BROKEN as error:
                raise InputError(damaged(self.path)) from error
            if not known or block.number < series.first:
                raise InputError(damaged(self.path))
            if whole:
                yield block

    def results(self, series: Series) -> Iterator[BlockResult]:
        """Yield the records of each finished block, in block order, one block in memory.

        Raises
        ------
        InputError
            If no records were kept, or a block was altered.
        """
        for block in self.summaries(series):
            yield self.result(series, block)

    def result(self, series: Series, block: BlockSummary) -> BlockResult:
        """Return the records of a finished block.

        Raises
        ------
        InputError
            If no records were kept, or the block was altered.
        """
        if not series.plan.records:
            raise InputError(f"{self.path} keeps counts and no records; sample again with records")
        records, digest = self.records(series, block)
        try:
            if digest != seal_records(Row.of(series, block), records):
                raise ValueError("the records were altered")
            return decode(series.plan, block, records)
        except _BROKEN as error:
            raise InputError(damaged(self.path)) from error

    def records(self, series: Series, block: BlockSummary) -> tuple[Any, Any]:
        """Return a block's records and their digest, as they are stored."""
        key = (str(series.plan.seed), block.number)
        query = "SELECT records, records_digest FROM block WHERE seed = ? AND number = ?"
        found: tuple[Any, Any] = self.database.execute(query, key).fetchone() or (None, None)
        return found

    def live(self) -> bool | None:
        """Tell whether a run is writing the file; None if it is write-protected."""
        if not os.access(self.path, os.W_OK):
            return None
        # A run holds the right to write for as long as it lives, and lets go of it for an instant
        # at a commit: whoever finds it free though the last run has not ended looks twice.
        self.database.execute("PRAGMA busy_timeout = 0")
        try:
            for pause in (_GAP, 0.0):
                try:
                    self.database.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                        raise
                    return True
                self.database.execute("ROLLBACK")
                if self.last_run_ended():
                    return False
                time.sleep(pause)
        finally:
            self.database.execute(f"PRAGMA busy_timeout = {1000 * PATIENCE:.0f}")
        return False

    def runs(self) -> int:
        """Return the number of runs that have written here."""
        count: int = self.database.execute("SELECT count(*) FROM session").fetchone()[0]
        return count

    def last_run_ended(self) -> bool:
        """Tell whether the last run closed the file in an orderly way."""
        query = "SELECT ended FROM session ORDER BY number DESC LIMIT 1"
        row = self.database.execute(query).fetchone()
        return row is None or bool(row[0])

    def _rows(self, seed: int) -> Iterator[tuple[Any, ...]]:
        """Yield rows a few at a time: an open cursor would hold up a writer's commit."""
        query = (
            f"SELECT {', '.join(SUMMARY)} FROM block WHERE seed = ? AND number > ? "
            f"ORDER BY number LIMIT {_ROWS}"
        )
        last: Any = -1
        while rows := self.database.execute(query, (str(seed), last)).fetchall():
            yield from rows
            last = rows[-1][COLUMNS.index("number")]
