"""Data sets are found unpacked, as archives or fetched, and recognised by their content."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lohe.attention.tasks import catalogue, library
from lohe.attention.tasks.archives import tree_digest
from lohe.attention.tasks.catalogue import CATALOGUE, find
from lohe.attention.tasks.data_set import DataSet, Edition, Source
from lohe.attention.tasks.library import cache_folder, edition, fetch, locate, present
from lohe.dynamics.errors import InputError


def archive_bytes(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"wrapper/{name}.txt")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def toy(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataSet:
    """A catalogue of one set, which the server sends and an edition vouches for."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "a.txt").write_bytes(b"content")
    files, sha256 = tree_digest(tmp_path / "model", ["*.txt"])
    server.body = archive_bytes(a=b"content")
    item = DataSet(
        name="toy",
        title="a toy",
        licence="none",
        citation="none",
        sources=(Source(server.url, file="toy.tar.gz"),),
        editions=(Edition("complete", ("*.txt",), files, sha256),),
        aliases=("plaything",),
    )
    monkeypatch.setattr(catalogue, "CATALOGUE", (item,))
    monkeypatch.delenv("LOHE_DATA", raising=False)
    return item


def test_the_catalogue_is_sound() -> None:
    names = [name for item in CATALOGUE for name in (item.name, *item.aliases)]
    assert len(names) == len(set(names))
    for item in CATALOGUE:
        assert find(item.name) is item
        assert item.licence
        assert item.citation
        for source in item.sources:
            assert source.url.startswith("https://")
            assert source.sha256 or item.editions, "nothing would vouch for the download"
            assert source.sha256 is None or len(bytes.fromhex(source.sha256)) == 32
        for known in item.editions:
            assert len(bytes.fromhex(known.sha256)) == 32
    with pytest.raises(InputError, match="there are speech_commands"):
        find("imagenet")


def test_absent_sets_say_how_to_get_them(toy: DataSet) -> None:
    assert not present("toy")
    with pytest.raises(InputError, match=r"`lohe data fetch toy`, or set LOHE_DATA"):
        locate("toy")


@pytest.mark.parametrize("name", ["toy", "plaything"])
def test_an_unpacked_set_is_found_where_it_lies(
    toy: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "data" / name).mkdir(parents=True)
    (tmp_path / "data" / name / "a.txt").write_bytes(b"content")
    monkeypatch.setenv("LOHE_DATA", str(tmp_path / "data"))
    assert locate("toy") == tmp_path / "data" / name
    assert edition("toy") == toy.editions[0]
    (tmp_path / "data" / name / "a.txt").write_bytes(b"changed")
    assert edition("toy") is None


def test_an_archive_is_unpacked_once_for_each_content(
    toy: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    archive = tmp_path / "data" / "toy.tar.gz"
    archive.write_bytes(archive_bytes(a=b"content"))
    monkeypatch.setenv("LOHE_DATA", str(tmp_path / "data"))
    assert present("toy")
    first = locate("plaything")
    assert first.name == "wrapper"
    assert cache_folder() in first.parents
    assert edition("toy", first) == toy.editions[0]
    stamp = (first / "a.txt").stat().st_mtime_ns
    assert locate("toy") == first
    assert (first / "a.txt").stat().st_mtime_ns == stamp
    archive.write_bytes(archive_bytes(a=b"another"))
    second = locate("toy")
    assert second != first
    assert (second / "a.txt").read_bytes() == b"another"


def test_a_wrong_offline_folder_is_an_error(
    toy: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOHE_DATA", str(tmp_path / "absent"))
    with pytest.raises(InputError, match="not a folder"):
        locate("toy")


def test_fetching_downloads_checks_and_unpacks(toy: DataSet, server: Any) -> None:
    folder = fetch("toy")
    assert (folder / "a.txt").read_bytes() == b"content"
    assert locate("toy") == folder == fetch("toy")
    assert len(server.requests) == 1
    assert [p.name for p in cache_folder().rglob("*.tar.gz")] == []


@pytest.mark.parametrize("body", [archive_bytes(a=b"forged"), b"no archive"])
def test_content_that_nobody_vouches_for_is_deleted(toy: DataSet, server: Any, body: bytes) -> None:
    good, server.body = server.body, body
    with pytest.raises(InputError, match=r"does not hold|damaged"):
        fetch("toy")
    assert not [p for p in cache_folder().rglob("*") if p.is_file()]
    server.body = good
    assert (fetch("toy") / "a.txt").read_bytes() == b"content"


@pytest.mark.parametrize("trouble", [InputError("the disk is full"), KeyboardInterrupt()])
def test_a_vouched_archive_survives_trouble_with_unpacking(
    toy: DataSet, server: Any, monkeypatch: pytest.MonkeyPatch, trouble: BaseException
) -> None:
    sha256 = hashlib.sha256(server.body).hexdigest()
    source = Source(server.url, len(server.body), sha256, "toy.tar.gz")
    monkeypatch.setattr(
        catalogue, "CATALOGUE", (dataclasses.replace(toy, sources=(source,), editions=()),)
    )

    def stop(*_: object, **__: object) -> None:
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(library, "extract", stop)
        with pytest.raises(type(trouble)):
            fetch("toy")
    assert (fetch("toy") / "a.txt").read_bytes() == b"content"
    assert len(server.requests) == 1


def test_a_set_of_plain_files_needs_no_unpacking(
    toy: DataSet, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = hashlib.sha256(server.body).hexdigest()
    plain = DataSet("plain", "t", "l", "c", (Source(server.url, len(server.body), sha256),))
    monkeypatch.setattr(catalogue, "CATALOGUE", (plain,))
    assert (fetch("plain") / "set.bin").read_bytes() == server.body
    assert edition("plain") is None


def test_the_cache_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("LOHE_CACHE")
    monkeypatch.setattr(library.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "lohe"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "lohe"
    monkeypatch.setattr(library.sys, "platform", "darwin")
    assert cache_folder() == Path.home() / "Library" / "Caches" / "lohe"
