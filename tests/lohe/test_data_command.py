"""``lohe data`` finds, checks and lists the data sets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lohe.attention.tasks import catalogue
from lohe.attention.tasks.archives import tree_digest
from lohe.attention.tasks.catalogue import CATALOGUE
from lohe.attention.tasks.data_set import DataSet, Edition
from lohe.commands.data import data
from lohe.dynamics.errors import InputError


@pytest.fixture(autouse=True)
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An offline folder with one known set, one without known content, and one absent."""
    folder = tmp_path / "data"
    for name in ("known", "unlisted"):
        (folder / name).mkdir(parents=True)
        (folder / name / "a.txt").write_bytes(b"content")
    edition = Edition("complete", ("*.txt",), *tree_digest(folder / "known", ["*.txt"]))
    sets = (
        DataSet("known", "Known", "none", "nobody", (), (edition,)),
        DataSet("unlisted", "Unlisted", "none", "nobody", ()),
        DataSet("absent", "Absent", "none", "nobody", ()),
    )
    monkeypatch.setattr(catalogue, "CATALOGUE", sets)
    monkeypatch.setenv("LOHE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LOHE_DATA", str(folder))
    return folder


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(data, words, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.return_value or 0, result.stdout


def test_list_says_what_is_here() -> None:
    rows = json.loads(run("list", "--json")[1])["sets"]
    assert {row["name"]: row["here"] for row in rows} == {
        "known": True,
        "unlisted": True,
        "absent": False,
    }
    lines = run("list")[1].splitlines()
    assert [("here" in line) for line in lines] == [True, True, False]


def test_the_real_catalogue_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "CATALOGUE", CATALOGUE)
    lines = run("list")[1].splitlines()
    assert len(lines) == len(CATALOGUE)
    assert any("2,428.9 MB" in line and "CC BY 4.0" in line for line in lines)


def test_path_prints_the_folder(toy: Path) -> None:
    assert run("path", "known") == (0, f"{toy / 'known'}\n")
    with pytest.raises(InputError, match="absent is not here"):
        run("path", "absent")


def test_verify_tells_known_changed_and_unlisted_apart(toy: Path) -> None:
    code, text = run("verify", "known", "--json")
    assert code == 0
    assert json.loads(text)["edition"] == "complete"
    assert run("verify", "unlisted")[0] == 3
    (toy / "known" / "a.txt").write_bytes(b"changed")
    code, text = run("verify", "known")
    assert code == 1
    assert "unknown content" in text


def test_what_has_no_address_cannot_be_fetched() -> None:
    with pytest.raises(InputError, match="no address"):
        run("fetch", "absent")
