"""The digest of the program's source changes with any module and with nothing else."""

import shutil
from pathlib import Path

from lohe.attention import source


def test_any_change_of_a_module_is_another_state(tmp_path, monkeypatch):
    rooms = Path(source.__file__).parent, Path(source._dynamics[0])
    copies = [tmp_path / room.name for room in rooms]
    for room, copy in zip(rooms, copies, strict=True):
        shutil.copytree(room, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(source, "__file__", str(copies[0] / "source.py"))
    monkeypatch.setattr(source, "_dynamics", [str(copies[1])])
    digest = source.source_digest.__wrapped__
    found = [digest()]
    (copies[0] / "notes.txt").write_text("no module")
    assert digest() == found[0]
    for file in (copies[0] / "kernels" / "tiles.py", copies[1] / "errors.py"):
        file.write_text(file.read_text() + "\n")
        found.append(digest())
    assert len({*found}) == 3
