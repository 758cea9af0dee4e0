"""Unpacking archives that are not trusted: bounded in size, confined to their folder."""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, NamedTuple

from lohe.dynamics.errors import InputError

__all__ = ["ARCHIVE_SUFFIXES", "extract", "sha256_of", "tree_digest"]

ARCHIVE_SUFFIXES = (".tar.xz", ".tar.gz", ".tgz", ".zip")
"""Endings of the archives that `extract` unpacks."""

# The largest set of the catalogue unpacks to 3.8 GB in 105,835 files.
MAX_BYTES = 8_000_000_000
MAX_FILES = 200_000

_CHUNK = 1 << 20
_DAMAGE = (EOFError, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, zlib.error, RuntimeError)


def sha256_of(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_digest(folder: str | os.PathLike[str], patterns: Iterable[str]) -> tuple[int, str]:
    """Count the files of a folder that match, and digest their names and contents.

    Parameters
    ----------
    folder
        Where the files are.
    patterns
        Glob patterns relative to `folder`, for example ``"recordings/*.wav"``.

    Returns
    -------
    count, sha256
        The number of files, and the SHA-256 of the lines ``"sha256  relative/path"`` in the
        order of the paths: what ``sha256sum`` prints, digested.
    """
    root = Path(folder)
    names = sorted(
        {f.relative_to(root).as_posix() for p in patterns for f in root.glob(p) if f.is_file()}
    )
    total = hashlib.sha256()
    for name in names:
        total.update(f"{sha256_of(root / name)}  {name}\n".encode())
    return len(names), total.hexdigest()


class _Entry(NamedTuple):
    """A regular file in an archive."""

    name: str
    size: int
    open: IO[bytes]


def extract(
    archive: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    max_bytes: int = MAX_BYTES,
    max_files: int = MAX_FILES,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Unpack a tar or zip archive; the folder appears whole or not at all.

    Regular files and folders only: links, devices, absolute paths and paths that climb out of
    the folder are refused, whoever made the archive. Owners, permissions and times are not kept.

    Parameters
    ----------
    archive
        A file that ends in one of `ARCHIVE_SUFFIXES`.
    folder
        The folder to create; it must not exist.
    max_bytes, max_files
        Bounds on what is unpacked.
    progress
        Called with (bytes of the archive read, its size).

    Raises
    ------
    InputError
        If the archive is missing, damaged, hostile or too large, or the disk is full.
    """
    source, target = Path(archive), Path(folder)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            source.open("rb") as raw,
            tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as temporary,
        ):
            size = source.stat().st_size
            whole = Path(temporary) / "whole"
            whole.mkdir()
            left = max_bytes
            for count, entry in enumerate(_entries(source, raw), 1):
                left -= entry.size
                if left < 0 or count > max_files:
                    raise InputError(
                        f"{source} unpacks to more than {max_bytes:,} bytes or {max_files:,} "
                        "files; it is not the data set"
                    )
                path = whole / _confined(source, entry.name)
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as out:
                    shutil.copyfileobj(entry.open, out, _CHUNK)
                if path.stat().st_size != entry.size:
                    raise InputError(f"{source} is truncated at {entry.name}; fetch it again")
                if progress is not None:
                    progress(raw.tell(), size)
            try:
                whole.rename(target)
            except OSError:
                # Another process may have unpacked it meanwhile: the same bytes, whole.
                if not target.is_dir():
                    raise
    except FileNotFoundError as error:
        raise InputError(f"no such file: {error.filename or source}") from error
    except FileExistsError as error:
        raise InputError(
            f"{source} holds {error.filename} twice; it is not the data set"
        ) from error
    except _DAMAGE as error:
        raise InputError(f"{source} is damaged ({error}); fetch it again") from error
    except OSError as error:
        raise InputError(
            f"cannot unpack {source} to {target}: {error.strerror or error}"
        ) from error


def _entries(source: Path, raw: IO[bytes]) -> Iterator[_Entry]:
    """Regular files of an archive, in its order; anything but files and folders is an error."""
    if source.suffix == ".zip":
        with zipfile.ZipFile(raw) as archive:
            for info in archive.infolist():
                if stat.S_ISLNK(info.external_attr >> 16):
                    raise InputError(f"{source} holds a link, {info.filename}; refused")
                if not info.is_dir():
                    with archive.open(info) as file:
                        yield _Entry(info.filename, info.file_size, file)
        return
    with tarfile.open(fileobj=raw, mode="r:*") as tar:
        for member in tar:
            if member.isdir():
                continue
            content = tar.extractfile(member) if member.isreg() else None
            if content is None:
                raise InputError(f"{source} holds a link or device, {member.name}; refused")
            with content:
                yield _Entry(member.name, member.size, content)
        # The compressor's own checksum comes last: without this, a tar that ends in its padding
        # would pass.
        if tar.fileobj is not None:
            tar.fileobj.read(_CHUNK)


def _confined(source: Path, name: str) -> str:
    """Return the name as a relative path that stays inside, or refuse it."""
    windows, posix = PureWindowsPath(name), PurePosixPath(name)
    # Read both ways: a name that is harmless on one system may escape on the other.
    escapes = windows.drive or windows.root or posix.root or ".." in windows.parts + posix.parts
    if escapes or not posix.parts or "\0" in name:
        raise InputError(f"{source} holds the path {name!r}, which leaves its folder; refused")
    return str(posix)
