"""SQLite as campaigns use it: where the journal is, who waits for whom, errors in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lohe.dynamics.errors import InputError

__all__ = ["PATIENCE", "damaged", "opened"]

PATIENCE = 60.0
"""Seconds that a reader waits for a commit, and a commit for readers."""


@contextmanager
def opened(path: str | os.PathLike[str], mode: str) -> Iterator[sqlite3.Connection]:
    """Open the database, and put SQLite's errors into words.

    The journal is SQLite's default, a file beside the database for the length of a commit only:
    unlike a write-ahead log it works on network file systems, leaves one file behind, and lets
    others read between commits.

    Parameters
    ----------
    path
    mode
        ``rw``, or ``rwc`` to make the file if there is none.

    Raises
    ------
    InputError
        If the file cannot be used or is damaged, here or in the block under ``with``.
    """
    database = None
    try:
        place = f"{Path(path).absolute().as_uri()}?mode={mode}"
        database = sqlite3.connect(place, uri=True, timeout=PATIENCE, isolation_level=None)
        yield database
    except sqlite3.ProgrammingError:  # a defect of ours, not of the file
        raise
    except sqlite3.DatabaseError as error:
        raise InputError(_explained(path, error)) from error
    finally:
        if database is not None:
            database.close()


def _explained(path: str | os.PathLike[str], error: sqlite3.DatabaseError) -> str:
    fixes = {
        sqlite3.SQLITE_BUSY: "another run is writing it; wait for the other run or stop it",
        sqlite3.SQLITE_FULL: "the disk is full; free some space and run the same command again",
        sqlite3.SQLITE_READONLY: "it or its folder is write-protected; use another path",
        sqlite3.SQLITE_CANTOPEN: f"{error}; use another path",
        sqlite3.SQLITE_IOERR: f"{error}; see that the disk has space, or use another path",
        sqlite3.SQLITE_PROTOCOL: "its file system cannot lock files; use another path",
    }
    # The lower byte is the kind of an extended code. Errors of Python's own have no code.
    fix = fixes.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    return f"cannot use {path}: {fix}" if fix else damaged(path)


def damaged(path: str | os.PathLike[str]) -> str:
    """Say that a file does not hold what it should."""
    return f"{path} is damaged or no basin campaign; move it away and run again"
