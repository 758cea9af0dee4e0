"""Which runs of a folder other processes work on, so that no two train the same one."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lohe.dynamics.errors import InputError

try:
    import fcntl
except ImportError:  # Windows: two processes may train the same run, to the same result
    fcntl = None  # type: ignore[assignment]

__all__ = ["claimed"]


@contextmanager
def claimed(folder: Path, name: str, *, wait: bool = False) -> Iterator[bool]:
    """Claim a run, or a file, for this process, and yield whether it could.

    A claim is a lock on one byte of ``folder/.lock``, which the system takes back when the process
    ends, however it does. A process holds one claim at a time. With `wait`, what another process
    holds is waited for.

    Raises
    ------
    InputError
        If the folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> with claimed(Path(tempfile.mkdtemp()), "softmax-seed0") as mine:
    ...     mine
    True
    """
    if fcntl is None:
        yield True
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise InputError(
            f"cannot write to {folder}: {error.strerror}; choose another --work or --output"
        ) from error
    try:
        try:
            how = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
            fcntl.lockf(handle, how, 1, zlib.crc32(name.encode()))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
