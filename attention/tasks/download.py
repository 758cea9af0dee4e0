"""Fetching one file by HTTPS: resumed after a broken connection, checked before it is used."""

from __future__ import annotations

import errno
import http.client
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from lohe.attention.tasks.archives import sha256_of
from lohe.attention.tasks.data_set import Source
from lohe.dynamics.errors import InputError

__all__ = ["download"]

Progress = Callable[[int, int], None]

_CHUNK = 1 << 18
_TIMEOUT = 30.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")

# An upper bound for files whose size is not in the catalogue: a server cannot fill the disk.
_UNKNOWN_BYTES = 1_000_000_000


def download(
    source: Source,
    target: Path,
    *,
    progress: Progress | None = None,
    attempts: int = 4,
    pause: float = 1.0,
) -> Path:
    """Fetch a file, unless it is there already; what arrives is kept as ``NAME.part``.

    A broken connection is taken up again where it ended, within this call up to `attempts`
    times, and in the next call after that.

    Parameters
    ----------
    source
        What to fetch, with its size and SHA-256 where they are known.
    target
        Where to put it. It appears only once its checksum is right.
    progress
        Called with (bytes so far, bytes in all; 0 if unknown).
    attempts
        Connections to try; `pause` seconds pass between two.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    InputError
        If there is no network, the server refuses, the connection keeps breaking, the disk is
        full, or the size or SHA-256 of what arrived is wrong (it is then deleted).
    """
    if target.is_file():
        if source.sha256 in (None, sha256_of(target)):
            return target
        # A changed or damaged copy is of no use: fetch it anew.
        target.unlink()
    _refuse_plain_http(source.url)
    part = target.with_name(target.name + ".part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        _check_space(source, part)
        trouble = ""
        for attempt in range(attempts):
            if attempt:
                time.sleep(pause)
            try:
                if _receive(source, part, progress):
                    break
                trouble = "the connection broke"
            except (http.client.HTTPException, urllib.error.URLError, TimeoutError) as error:
                trouble = _explain(error)
            except ConnectionError as error:
                trouble = str(error)
        else:
            kept = part.stat().st_size if part.exists() else 0
            raise InputError(
                f"cannot fetch {source.url} ({trouble}); {kept:,} bytes are kept: check the "
                "network and run it again to resume"
            )
        _check(source, part)
        part.replace(target)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise InputError(_disk_full(source, part)) from error
        raise InputError(
            f"cannot write {part}: {error.strerror or error}; set LOHE_CACHE to another folder"
        ) from error
    return target


def _receive(source: Source, part: Path, progress: Progress | None) -> bool:
    """Fetch what is missing of `part`; True once it is complete."""
    have = part.stat().st_size if part.exists() else 0
    if source.bytes is not None and have >= source.bytes:
        return True
    headers = {"User-Agent": "lohe", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(source.url, headers=headers)
    opener = urllib.request.build_opener(_NoDowngrade)
    try:
        response = opener.open(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            # The part is as long as the file or longer. The checksum decides which, if there is
            # one; otherwise only a fresh start can tell.
            if source.sha256 is not None:
                return True
            part.unlink()
            return False
        if error.code < 500:
            raise InputError(
                f"{source.url} answers {error.code} {error.reason}; is it still there?"
            ) from error
        raise
    with response:
        resumed = response.status == http.client.PARTIAL_CONTENT and response.headers.get(
            "Content-Range", ""
        ).startswith(f"bytes {have}-")
        if not resumed:
            have = 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length is not None else source.bytes
        bound = source.bytes if source.bytes is not None else _UNKNOWN_BYTES
        with part.open("ab" if resumed else "wb") as out:
            while chunk := response.read(_CHUNK):
                have += len(chunk)
                if have > bound:
                    raise InputError(
                        f"{source.url} sends more than {bound:,} bytes; it is another file"
                    )
                out.write(chunk)
                if progress is not None:
                    progress(have, total or 0)
    # `read` returns what there was when a connection breaks, without an error.
    return total is None or have >= total


def _check(source: Source, part: Path) -> None:
    size = part.stat().st_size
    if source.bytes is not None and size != source.bytes:
        part.unlink()
        raise InputError(
            f"{source.url} gave {size:,} bytes instead of {source.bytes:,}; deleted, fetch it again"
        )
    if source.sha256 is not None and (found := sha256_of(part)) != source.sha256:
        part.unlink()
        raise InputError(
            f"{source.url} has SHA-256 {found[:12]}… instead of {source.sha256[:12]}…; "
            "deleted, fetch it again"
        )


def _check_space(source: Source, part: Path) -> None:
    have = part.stat().st_size if part.exists() else 0
    if source.bytes is not None and shutil.disk_usage(part.parent).free < source.bytes - have:
        raise InputError(_disk_full(source, part))


def _disk_full(source: Source, part: Path) -> str:
    need = f"{source.bytes:,} bytes" if source.bytes is not None else "more room"
    return (
        f"the disk of {part.parent} is full: {source.name} needs {need}; free some or set "
        "LOHE_CACHE to a folder on another disk"
    )


def _explain(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason) or type(error).__name__


def _refuse_plain_http(url: str) -> None:
    parts = urlsplit(url)
    # A server on this very machine is a mirror or a test; nobody stands in between.
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InputError(f"{url} is not an https address; refused")


class _NoDowngrade(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from https to something else."""

    def redirect_request(  # noqa: PLR0917  # the signature is urllib's
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _refuse_plain_http(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
