"""``lohe data``: the public data sets; where they are, fetching and checking them."""

from __future__ import annotations

from typing import Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar

__all__ = ["data"]

data = typer.Typer(
    name="data",
    help=(
        "List, find, fetch and verify the public data sets.\n\n"
        "Looked for in the folder LOHE_DATA (unpacked, or as NAME.tar.xz, .tar.gz, .zip), then "
        "in the cache (LOHE_CACHE).\n\n"
        "Example: `lohe data fetch fsdd`"
    ),
)

Name = Annotated[str, typer.Argument(help="Name of a data set; `lohe data list` shows them.")]


@data.command("list")
def list_sets(as_json: Json = False) -> None:
    """List the data sets: name, size, licence, and whether it is here.

    Example: `lohe data list`
    """
    from lohe.attention.tasks.catalogue import CATALOGUE
    from lohe.attention.tasks.library import present

    rows = [
        {
            "name": item.name,
            "title": item.title,
            "licence": item.licence,
            "citation": item.citation,
            "bytes": item.bytes,
            "urls": [source.url for source in item.sources],
            "sha256": [source.sha256 for source in item.sources],
            "here": present(item.name),
        }
        for item in CATALOGUE
    ]
    width = max(len(item.name) for item in CATALOGUE)
    lines = [
        f"{item.name:{width}}  {'here' if present(item.name) else '    '}  "
        f"{_size(item.bytes):>10}  {item.title} ({item.licence})"
        for item in CATALOGUE
    ]
    emit({"sets": rows}, lines, as_json=as_json)


@data.command()
def path(name: Name, as_json: Json = False) -> None:
    """Print the folder of a data set, unpacking its archive from LOHE_DATA if need be.

    Example: `lohe data path fsdd`
    """
    from lohe.attention.tasks.library import locate

    with progress_bar(f"unpacking {name}") as progress:
        folder = str(locate(name, progress=progress))
    emit({"name": name, "path": folder}, [folder], as_json=as_json)


@data.command()
def fetch(name: Name, as_json: Json = False) -> None:
    """Download a data set into the cache and check it; run it again to resume.

    Example: `lohe data fetch speech_commands_v0.02_test`
    """
    from lohe.attention.tasks.library import fetch as fetch_set

    with progress_bar(f"fetching {name}") as progress:
        folder = str(fetch_set(name, progress=progress))
    emit({"name": name, "path": folder}, [folder], as_json=as_json)


@data.command()
def verify(name: Name, as_json: Json = False) -> int:
    """Compare a data set on this machine, file by file, with the known editions of it.

    Exit code 0 if it is one of them, 1 if not, 3 if no edition of it is known file by file.

    Example: `lohe data verify fsdd`
    """
    from lohe.attention.tasks.catalogue import find
    from lohe.attention.tasks.library import edition, locate

    item = find(name)
    with progress_bar(f"unpacking {name}") as progress:
        folder = locate(name, progress=progress)
    known = edition(item.name, folder)
    verdict = "verified" if known else "unknown content" if item.editions else "nothing to compare"
    result = {
        "name": item.name,
        "path": str(folder),
        "verdict": verdict,
        "edition": known.title if known else None,
        "files": known.files if known else None,
        "sha256": known.sha256 if known else None,
    }
    note = f": {known.title}, {known.files:,} files" if known else ""
    emit(result, [f"{item.name} {verdict}{note} ({folder})"], as_json=as_json)
    return 0 if known else 1 if item.editions else 3


def _size(number: int | None) -> str:
    return f"{number / 1e6:,.1f} MB" if number is not None else ""
