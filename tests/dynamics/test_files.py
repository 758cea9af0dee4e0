"""Files are whole or absent, and nothing but our own archives is read."""

from __future__ import annotations

import io
import os
import pickle
import stat

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import read_npz, replace_atomically, write_npz, write_text


def interrupted_write(target, error):
    with replace_atomically(target) as temporary:
        temporary.write_text("half")
        raise error


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "x.txt"
    write_text(target, "old\n")
    with pytest.raises(ZeroDivisionError):
        interrupted_write(target, ZeroDivisionError)
    assert target.read_bytes() == b"old\n"
    assert list(tmp_path.iterdir()) == [target]


def test_interruption_leaves_nothing_half_written(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        interrupted_write(tmp_path / "x", KeyboardInterrupt)
    assert list(tmp_path.iterdir()) == []


def test_folders_are_made_and_permissions_follow_the_umask(tmp_path):
    target = tmp_path / "a" / "b" / "x.txt"
    old = os.umask(0o027)
    try:
        write_text(target, "x")
    finally:
        os.umask(old)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_unwritable_paths_are_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "file" / "x", tmp_path / "folder"):
        with pytest.raises(InputError, match="choose another output path") as raised:
            write_text(target, "x")
        assert "\n" not in str(raised.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_a_full_disk_is_one_clear_line(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(InputError, match="No space left"):
        write_npz(tmp_path / "x.npz", {"format": "f"}, {})
    assert list(tmp_path.iterdir()) == []


def test_npz_round_trip_keeps_header_and_bits(tmp_path):
    arrays = {"a": np.array([0.1, -0.0, 5e-324]), "b": np.arange(6).reshape(2, 3)}
    write_npz(tmp_path / "x.npz", {"format": "f", "note": "ü"}, arrays)
    header, found = read_npz(tmp_path / "x.npz", "f")
    assert header == {"format": "f", "note": "ü"}
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].tobytes() == array.tobytes()
    with pytest.raises(InputError, match="expected a g file"):
        read_npz(tmp_path / "x.npz", "g")


def test_every_truncation_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    write_npz(path, {"format": "f"}, {"a": np.arange(50.0)})
    whole = path.read_bytes()
    for size in range(0, len(whole), 29):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError) as raised:
            read_npz(path, "f")
        assert "\n" not in str(raised.value)


def test_flipped_bytes_are_refused_or_change_nothing(tmp_path):
    path = tmp_path / "x.npz"
    write_npz(path, {"format": "f"}, {"a": np.arange(20.0)})
    whole = path.read_bytes()
    header, arrays = read_npz(path, "f")
    for position in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[position] ^= 0x5A
        path.write_bytes(flipped)
        try:
            found_header, found = read_npz(path, "f")
        except InputError:
            continue
        # Zip time stamps and attributes carry nothing of ours. A lost or renamed array is for the
        # reader of the format to miss; what is there has every bit.
        assert found_header == header
        assert all(array.tobytes() == arrays["a"].tobytes() for array in found.values())


def test_pickles_and_foreign_archives_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    pickled = io.BytesIO()
    np.savez(pickled, header=np.asarray('{"format": "f"}'), a=np.array([object()], dtype=object))
    plain = io.BytesIO()
    np.save(plain, np.arange(3))
    headless = io.BytesIO()
    np.savez(headless, a=np.arange(3))
    listed = io.BytesIO()
    np.savez(listed, header=np.asarray("[1]"))
    contents = [pickled, plain, headless, listed]
    for content in (*(c.getvalue() for c in contents), pickle.dumps({"a": 1}), b"", b"PK\x03\x04"):
        path.write_bytes(content)
        with pytest.raises(InputError) as raised:
            read_npz(path, "f")
        assert str(path) in str(raised.value)
    with pytest.raises(InputError, match="no such file"):
        read_npz(tmp_path / "absent.npz", "f")
    with pytest.raises(InputError, match="cannot read"):
        read_npz(tmp_path, "f")
