"""Archives are unpacked whole, inside their folder, within bounds, or not at all."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from lohe.attention.tasks.archives import extract, sha256_of, tree_digest
from lohe.dynamics.errors import InputError


def tar_of(path: Path, *members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    mode = "w:xz" if path.suffix == ".xz" else "w:gz"
    with tarfile.open(path, mode) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(content)
            else:
                info.linkname = content.decode()
            tar.addfile(info, io.BytesIO(content))
    return path


def zip_of(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


FILES = (("set/a.txt", b"first"), ("set/deep/b.txt", b"second"))


@pytest.mark.parametrize("suffix", [".tar.xz", ".tar.gz", ".zip"])
def test_files_come_out_as_they_went_in(tmp_path: Path, suffix: str) -> None:
    archive = (zip_of if suffix == ".zip" else tar_of)(tmp_path / f"set{suffix}", *FILES)
    seen: list[tuple[int, int]] = []
    extract(archive, tmp_path / "out", progress=lambda *step: seen.append(step))
    assert len(seen) == len(FILES)
    assert all(0 < done <= total == archive.stat().st_size for done, total in seen)
    for name, content in FILES:
        assert (tmp_path / "out" / name).read_bytes() == content
    assert sorted(p.name for p in tmp_path.iterdir()) in (
        ["cache", "out", archive.name],
        ["out", archive.name],
    )


@pytest.mark.parametrize(
    "name",
    ["../out.txt", "/absolute/out.txt", "a/../../out.txt", "C:\\out.txt", "..\\out.txt", "\\x"],
)
@pytest.mark.parametrize("suffix", [".tar.xz", ".zip"])
def test_paths_that_leave_the_folder_are_refused(tmp_path: Path, suffix: str, name: str) -> None:
    make = zip_of if suffix == ".zip" else tar_of
    archive = make(tmp_path / f"set{suffix}", ("good.txt", b"good"), (name, b"escaped"))
    with pytest.raises(InputError, match="leaves its folder"):
        extract(archive, tmp_path / "deep" / "out")
    assert not (tmp_path / "deep" / "out").exists()
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix == ".txt"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    archive = tar_of(tmp_path / "set.tar.gz", ("link", b"/absolute/secret"), kind=kind)
    with pytest.raises(InputError, match="link or device"):
        extract(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(info, "/absolute/secret")
    with pytest.raises(InputError, match="holds a link"):
        extract(tmp_path / "set.zip", tmp_path / "out")


@pytest.mark.parametrize("suffix", [".tar.xz", ".zip"])
def test_bombs_are_refused_before_they_fill_the_disk(tmp_path: Path, suffix: str) -> None:
    make = zip_of if suffix == ".zip" else tar_of
    archive = make(tmp_path / f"bomb{suffix}", ("zeros", bytes(10**6)))
    with pytest.raises(InputError, match="more than 999,999 bytes"):
        extract(archive, tmp_path / "out", max_bytes=10**6 - 1)
    many = make(tmp_path / f"many{suffix}", *((f"{i}", b"") for i in range(12)))
    with pytest.raises(InputError, match="11 files"):
        extract(many, tmp_path / "out", max_files=11)
    extract(many, tmp_path / "out", max_files=12)


@pytest.mark.parametrize("suffix", [".tar.xz", ".tar.gz", ".zip"])
def test_truncated_and_foreign_files_are_refused(tmp_path: Path, suffix: str) -> None:
    make = zip_of if suffix == ".zip" else tar_of
    whole = make(tmp_path / f"set{suffix}", ("noise", hashlib.shake_256(b"").digest(50_000)))
    data = whole.read_bytes()
    for keep in (0, 10, len(data) // 2, len(data) - 20):
        whole.write_bytes(data[:keep])
        with pytest.raises(InputError, match=r"damaged|truncated"):
            extract(whole, tmp_path / "out")
    whole.write_bytes(b"no archive at all" * 100)
    with pytest.raises(InputError, match="damaged"):
        extract(whole, tmp_path / "out")
    with pytest.raises(InputError, match="no such file"):
        extract(tmp_path / f"absent{suffix}", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "set.tar.gz", ("a", b"1"), ("a", b"2"))
    with pytest.raises(InputError, match="twice"):
        extract(archive, tmp_path / "out")


def test_tree_digest_sees_names_contents_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").write_bytes(b"y")
    lines = "".join(f"{sha256_of(tmp_path / n)}  {n}\n" for n in "ab")
    expected = (2, hashlib.sha256(lines.encode()).hexdigest())
    assert tree_digest(tmp_path, ["[ab]", "a"]) == expected
    (tmp_path / "c").write_bytes(b"z")
    assert tree_digest(tmp_path, ["[ab]"]) == expected
    (tmp_path / "b").rename(tmp_path / "d")
    assert tree_digest(tmp_path, ["[abd]"]) != expected
