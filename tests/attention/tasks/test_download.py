"""A download is resumed, checked, and never half there."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from lohe.attention.tasks.data_set import Source
from lohe.attention.tasks.download import download
from lohe.dynamics.errors import InputError


def source_of(server: Any, **changes: Any) -> Source:
    facts = {"bytes": len(server.body), "sha256": hashlib.sha256(server.body).hexdigest()}
    return Source(server.url, **(facts | changes))


def test_whole_file_arrives_with_progress(server: Any, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    target = download(
        source_of(server), tmp_path / "x", progress=lambda done, total: seen.append((done, total))
    )
    assert target.read_bytes() == server.body
    assert seen[-1] == (len(server.body), len(server.body))
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("x")] == ["x"]


def test_a_broken_connection_is_taken_up_where_it_ended(server: Any, tmp_path: Path) -> None:
    server.break_after = [1000, 5000]
    target = download(source_of(server), tmp_path / "x", pause=0)
    assert target.read_bytes() == server.body
    assert server.requests == [None, "bytes=1000-", "bytes=6000-"]


def test_the_next_call_resumes_what_an_earlier_one_left(server: Any, tmp_path: Path) -> None:
    server.break_after = [1000, 1000]
    with pytest.raises(InputError, match=r"2,000 bytes are kept: .* again to resume"):
        download(source_of(server), tmp_path / "x", attempts=2, pause=0)
    assert not (tmp_path / "x").exists()
    assert download(source_of(server), tmp_path / "x").read_bytes() == server.body
    assert server.requests[-1] == "bytes=2000-"


def test_a_server_without_ranges_starts_again(server: Any, tmp_path: Path) -> None:
    server.ranges = False
    server.break_after = [1000]
    assert download(source_of(server), tmp_path / "x", pause=0).read_bytes() == server.body


def test_a_part_that_is_whole_already_is_only_checked(server: Any, tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(server.body)
    assert download(source_of(server), tmp_path / "x").read_bytes() == server.body
    assert server.requests == []
    (tmp_path / "y.part").write_bytes(server.body)
    assert download(source_of(server, bytes=None), tmp_path / "y").read_bytes() == server.body


def test_an_unknown_file_with_a_part_too_long_starts_again(server: Any, tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(server.body + b"more")
    target = download(source_of(server, bytes=None, sha256=None), tmp_path / "x", pause=0)
    assert target.read_bytes() == server.body


@pytest.mark.parametrize("damage", ["wrong", "part"])
def test_a_wrong_checksum_leaves_nothing(server: Any, tmp_path: Path, damage: str) -> None:
    source = source_of(server)
    if damage == "wrong":
        server.body = server.body[:-1] + b"!"
    else:
        (tmp_path / "x.part").write_bytes(b"another file")
    with pytest.raises(InputError, match="SHA-256"):
        download(source, tmp_path / "x")
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "x.part").exists()


def test_a_shorter_file_is_refused(server: Any, tmp_path: Path) -> None:
    source = source_of(server)
    server.body = server.body[:-10]
    with pytest.raises(InputError, match=r"1,023,990 bytes instead of 1,024,000"):
        download(source, tmp_path / "x", attempts=2, pause=0)


def test_a_longer_file_is_cut_off(server: Any, tmp_path: Path) -> None:
    source = source_of(server)
    server.body += server.body
    with pytest.raises(InputError, match="more than 1,024,000 bytes"):
        download(source, tmp_path / "x")


def test_a_good_copy_is_not_fetched_twice_and_a_bad_one_is(server: Any, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(server.body)
    download(source_of(server), tmp_path / "x")
    assert server.requests == []
    (tmp_path / "x").write_bytes(b"damaged")
    assert download(source_of(server), tmp_path / "x").read_bytes() == server.body


def test_no_server_is_one_clear_line(server: Any, tmp_path: Path) -> None:
    server.close()
    with pytest.raises(InputError, match="check the network") as caught:
        download(source_of(server), tmp_path / "x", attempts=2, pause=0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("status", "message"), [(404, "answers 404"), (503, "check the network")])
def test_a_refusal_is_reported(server: Any, tmp_path: Path, status: int, message: str) -> None:
    server.status = status
    with pytest.raises(InputError, match=message):
        download(source_of(server), tmp_path / "x", attempts=2, pause=0)
    assert len(server.requests) == (1 if status == 404 else 2)


def test_plain_http_is_refused_even_behind_a_redirect(server: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not an https address"):
        download(Source("http://example.org/x"), tmp_path / "x")
    server.location = "http://example.org/x"
    with pytest.raises(InputError, match="not an https address"):
        download(source_of(server), tmp_path / "x")


def test_a_full_disk_is_told_before_and_during(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 0))
        with pytest.raises(InputError, match=r"is full: .* 1,024,000 bytes"):
            download(source_of(server), tmp_path / "x")
        assert server.requests == []

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="is full"):
        download(source_of(server), tmp_path / "x")


def test_an_unwritable_folder_is_reported(server: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot write"):
        download(source_of(server), tmp_path / "file" / "x")
