"""Where data sets lie on this machine: the offline folder, the cache, and what was fetched."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from lohe.attention.tasks.archives import ARCHIVE_SUFFIXES, extract, sha256_of, tree_digest
from lohe.attention.tasks.catalogue import find
from lohe.attention.tasks.data_set import DataSet, Edition
from lohe.attention.tasks.download import download
from lohe.dynamics.errors import InputError

__all__ = ["cache_folder", "edition", "fetch", "locate", "offline_folder", "present"]

Progress = Callable[[int, int], None]


def cache_folder() -> Path:
    """Return the folder for downloads, unpacked archives and features.

    ``LOHE_CACHE`` if it is set; else ``lohe`` in the platform's folder for caches:
    ``$XDG_CACHE_HOME`` or ``~/.cache``, ``~/Library/Caches`` on macOS, ``%LOCALAPPDATA%`` on
    Windows.
    """
    chosen = os.environ.get("LOHE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "lohe"
    variable = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / ".cache") / "lohe"


def offline_folder() -> Path | None:
    """Return the folder ``LOHE_DATA`` of data sets that were put there by hand, if it is set.

    Raises
    ------
    InputError
        If ``LOHE_DATA`` names no folder.
    """
    chosen = os.environ.get("LOHE_DATA")
    if not chosen:
        return None
    folder = Path(chosen).expanduser()
    if not folder.is_dir():
        raise InputError(f"LOHE_DATA names {folder}, which is not a folder; mend or unset it")
    return folder


def locate(name: str, *, progress: Progress | None = None) -> Path:
    """Return the folder that holds a data set; nothing is downloaded.

    Looked for in this order: unpacked in ``LOHE_DATA`` under its name or an alias; as an archive
    there (unpacked once into the cache, under the archive's SHA-256); fetched by `fetch`.

    Parameters
    ----------
    name
        Its name in the catalogue.
    progress
        Called with (bytes read, bytes in all) while an archive is unpacked.

    Raises
    ------
    InputError
        If it is in none of these places, or its archive is damaged.
    """
    item = find(name)
    offline = _offline(item)
    if offline is not None:
        return offline if offline.is_dir() else _unpacked(item, offline, progress)
    fetched = _fetched(item)
    if fetched.is_dir():
        return _inner(item, fetched)
    how = f"run `lohe data fetch {item.name}`, or " if item.sources else ""
    raise InputError(
        f"the data set {item.name} is not here; {how}set LOHE_DATA to a folder that holds "
        f"{item.name} or {item.name}.tar.xz"
    )


def present(name: str) -> bool:
    """Tell whether `locate` would find a data set, without unpacking anything."""
    item = find(name)
    return _offline(item) is not None or _fetched(item).is_dir()


def fetch(name: str, *, progress: Progress | None = None) -> Path:
    """Download a data set into the cache, check it, unpack it, and return its folder.

    Parameters
    ----------
    name
        Its name in the catalogue.
    progress
        Called with (bytes so far, bytes in all; 0 if unknown) for each file.

    Raises
    ------
    InputError
        For trouble with the network, the disk, a checksum or an archive.
    """
    item = find(name)
    target = _fetched(item)
    if target.is_dir():
        return _inner(item, target)
    if not item.sources:
        raise InputError(f"the data set {item.name} has no address to fetch it from")
    downloads = cache_folder() / "downloads" / item.name
    files = [download(s, downloads / s.name, progress=progress) for s in item.sources]
    target.parent.mkdir(parents=True, exist_ok=True)
    if not files[0].name.endswith(ARCHIVE_SUFFIXES):
        downloads.rename(target)
        return target
    checking = target.with_name(f".{item.name}.checking")
    shutil.rmtree(checking, ignore_errors=True)
    vouched = item.sources[0].sha256 is not None
    try:
        extract(files[0], checking, progress=progress)
        if not vouched and edition(name, _inner(item, checking)) is None:
            raise InputError(
                f"{item.sources[0].url} does not hold the {item.title} that lohe knows; deleted"
            )
        checking.rename(target)
    except InputError:
        # Kept, a wrong archive would be taken up again by the next call; one whose checksum is
        # right is not to blame (a full disk is) and may have taken hours to fetch.
        if not vouched:
            shutil.rmtree(downloads)
        raise
    finally:
        shutil.rmtree(checking, ignore_errors=True)
    shutil.rmtree(downloads)
    return _inner(item, target)


def edition(name: str, folder: Path | None = None) -> Edition | None:
    """Tell which known edition of a data set a folder holds; None if it is none of them.

    Parameters
    ----------
    name
        Its name in the catalogue.
    folder
        Where it is; by default where `locate` finds it.
    """
    item = find(name)
    root = folder if folder is not None else locate(name)
    for known in item.editions:
        if tree_digest(root, known.patterns) == (known.files, known.sha256):
            return known
    return None


def _offline(item: DataSet) -> Path | None:
    """Folder or archive of a data set in ``LOHE_DATA``."""
    folder = offline_folder()
    if folder is None:
        return None
    names = (item.name, *item.aliases)
    folders = (folder / name for name in names)
    archives = (folder / (name + suffix) for name in names for suffix in ARCHIVE_SUFFIXES)
    found = [*filter(Path.is_dir, folders), *filter(Path.is_file, archives)]
    return found[0] if found else None


def _fetched(item: DataSet) -> Path:
    return cache_folder() / "sets" / item.name


def _unpacked(item: DataSet, archive: Path, progress: Progress | None) -> Path:
    """Unpack an archive of the offline folder, once for each content it ever has."""
    digest = sha256_of(archive)
    folder = cache_folder() / "unpacked" / f"{item.name}-{digest[:16]}"
    if not folder.is_dir():
        extract(archive, folder, progress=progress)
    return _inner(item, folder)


def _inner(item: DataSet, folder: Path) -> Path:
    """Step into the only folder of an archive that wraps its content in one."""
    inside = list(folder.iterdir())
    if len(inside) != 1 or not inside[0].is_dir():
        return folder
    patterns = [pattern for known in item.editions for pattern in known.patterns]
    unwrapped = any(any(folder.glob(pattern)) for pattern in patterns)
    return folder if unwrapped else inside[0]
