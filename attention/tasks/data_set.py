"""What a public data set is: files to download, and contents to recognise it by."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DataSet", "Edition", "Source"]


@dataclass(frozen=True)
class Source:
    """A file to download.

    Parameters
    ----------
    url
        Where it is, by https.
    bytes, sha256
        Its size and SHA-256; None where the server makes the file afresh for each request, and
        then an `Edition` must vouch for what it holds.
    file
        The name to keep it under; by default the last part of the URL.
    """

    url: str
    bytes: int | None = None
    sha256: str | None = None
    file: str = ""

    @property
    def name(self) -> str:
        """The name to keep it under."""
        return self.file or self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Edition:
    """What a complete copy of a data set holds, whole or as a named sample.

    Parameters
    ----------
    title
        What to call it in a table of results.
    patterns
        Glob patterns of the files that count.
    files, sha256
        How many there are, and their `archives.tree_digest`.
    """

    title: str
    patterns: tuple[str, ...]
    files: int
    sha256: str


@dataclass(frozen=True)
class DataSet:
    """A public data set.

    Parameters
    ----------
    name
        Name on the command line, and of its folder or archive in the offline folder.
    title, licence, citation
        For people and for the table of results.
    sources
        Files to download; empty if only a local copy can be used.
    editions
        Contents that are known, by which a copy is recognised.
    aliases
        Other names that its folder or archive goes by.
    """

    name: str
    title: str
    licence: str
    citation: str
    sources: tuple[Source, ...]
    editions: tuple[Edition, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def bytes(self) -> int | None:
        """Size of the download, if it is known."""
        sizes = [source.bytes for source in self.sources]
        return None if not sizes or None in sizes else sum(s for s in sizes if s)
