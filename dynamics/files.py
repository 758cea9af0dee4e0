"""Files that are either whole or absent: atomic writing, careful reading of ``.npz``."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = [
    "digest",
    "read_json",
    "read_npz",
    "replace_atomically",
    "write_bytes",
    "write_npz",
    "write_text",
]

_HEADER = "header"


@contextmanager
def replace_atomically(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it there only if the block succeeds.

    Parameters
    ----------
    path
        The file to create or replace. Its folder is created.

    Raises
    ------
    InputError
        If the folder cannot be created or written to, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with replace_atomically(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    target = Path(path)
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except OSError as error:
        raise InputError(
            f"cannot write {target}: {error.strerror or error}; choose another output path"
        ) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` as UTF-8 with Unix line ends, atomically.

    Raises
    ------
    InputError
        If the path cannot be written.
    """
    write_bytes(path, text.encode())


def write_bytes(path: str | os.PathLike[str], body: bytes) -> None:
    """Write bytes, atomically.

    Raises
    ------
    InputError
        If the path cannot be written.
    """
    with replace_atomically(path) as temporary:
        temporary.write_bytes(body)


def read_json(path: str | os.PathLike[str], fix: str) -> Any:
    """Read a JSON file.

    Parameters
    ----------
    path
        The file.
    fix
        What to do if it is damaged, for the message.

    Raises
    ------
    InputError
        If it is missing, cannot be read, or is not JSON, or nested too deeply.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"no such file: {path}") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged or not JSON; {fix}") from error


def digest(title: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of arrays in their canonical form, as 64 hexadecimal digits.

    The canonical form is the title as a line, then for each array, in the order given, a line
    ``name dtype shape`` (dtype little-endian, shape comma-separated) and its bytes in C order.
    """
    sha = hashlib.sha256(f"{title}\n".encode())
    for name, array in arrays.items():
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        shape = ",".join(str(size) for size in array.shape)
        sha.update(f"{name} {little.dtype.str} {shape}\n".encode())
        sha.update(little.data)
    return sha.hexdigest()


def write_npz(
    path: str | os.PathLike[str], header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write arrays with a JSON header to an ``.npz`` file, atomically.

    Raises
    ------
    InputError
        If the path cannot be written.
    """
    text = np.asarray(json.dumps(dict(header), sort_keys=True))
    with replace_atomically(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **{_HEADER: text}, **arrays)


def read_npz(
    path: str | os.PathLike[str], format_name: str
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read an ``.npz`` file written by `write_npz`.

    Parameters
    ----------
    path
        The file.
    format_name
        What the header's ``"format"`` must say, for example ``"lohe.network"``.

    Returns
    -------
    header, arrays
        The JSON header and the arrays by name.

    Raises
    ------
    InputError
        If the file is missing, truncated, not an npz, pickled, or of another format.
    """
    try:
        # Opened here because np.load leaves a damaged file open.
        with Path(path).open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise InputError(f"{path} is not an .npz archive; expected a {format_name} file")
            arrays = {name: archive[name] for name in archive.files}
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError("a member is no array")
        header = json.loads(str(arrays.pop(_HEADER)))
    except FileNotFoundError as error:
        raise InputError(f"no such file: {path}") from error
    except KeyError as error:
        raise InputError(f"{path} has no lohe header; expected a {format_name} file") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except InputError:
        raise
    except Exception as error:
        # A flipped bit can make a member look encrypted, endless or compressed in another way, and
        # an array's header any text, which NumPy reads as Python: there is no list of what comes.
        raise InputError(f"{path} is damaged or not an .npz file; write it again") from error
    if not isinstance(header, dict) or header.get("format") != format_name:
        found = header.get("format") if isinstance(header, dict) else None
        raise InputError(f"{path} holds {found!r}; expected a {format_name} file")
    return header, arrays
