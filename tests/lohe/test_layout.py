"""The mapping from folders to packages is complete, for installers and for type checkers."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("theory", "dynamics", "proofs_numeric", "attention", "hardware", "reports")


def package_folders() -> dict[str, Path]:
    tops = {"lohe": ROOT / "lohe"} | {f"lohe.{room}": ROOT / room for room in ROOMS}
    found = {}
    for name, folder in tops.items():
        for init in folder.rglob("__init__.py"):
            below = init.parent.relative_to(folder).parts
            found[".".join((name, *below))] = init.parent
    return found


def tracked_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name]


def test_pyproject_lists_every_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert sorted(project["tool"]["setuptools"]["packages"]) == sorted(package_folders())


def test_type_checkers_are_shown_every_room_and_file() -> None:
    links = ROOT / ".types" / "lohe"
    shown = {link.name: link.resolve() for link in links.iterdir()}
    public = {path.name: path for path in (ROOT / "lohe").iterdir() if path.name != "__pycache__"}
    expected = public | {room: ROOT / room for room in ROOMS}
    assert shown == {name: path.resolve() for name, path in expected.items()}


def test_versions_agree() -> None:
    import lohe

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = (ROOT / "CITATION.cff").read_text()
    assert project["version"] == lohe.__version__
    assert f"version: {lohe.__version__}\n" in citation
    assert f"## {lohe.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_constraints_name_versions_and_no_index() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    for pin in pins:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin), pin


def test_no_file_names_a_machine_path() -> None:
    pattern = re.compile(rb"/(?:home|root|Users|work)/[A-Za-z0-9_.]")
    for path in tracked_files():
        if path.is_file() and path != Path(__file__).resolve():
            found = pattern.search(path.read_bytes())
            assert found is None, f"{path.relative_to(ROOT)}: {found.group()!r}"


def test_modules_stay_small() -> None:
    # The two largest files of the checker are so by design, so that it can be read alone.
    longer = {ROOT / "proofs_numeric" / name: 800 for name in ("checker.py", "checker_exact.py")}
    for folder in package_folders().values():
        for path in folder.glob("*.py"):
            lines = len(path.read_text().splitlines())
            limit = longer.get(path, 400)
            assert lines <= limit, f"{path.relative_to(ROOT)} has {lines} lines; split it"


def test_the_checker_may_import_no_part_of_the_generator() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = project["tool"]["importlinter"]["contracts"]
    (contract,) = (c for c in contracts if c["type"] == "forbidden")
    room = ROOT / "proofs_numeric"
    parts = {path.stem for path in (*room.glob("*.py"), *room.glob("*/")) if path.stem[:2] != "__"}
    checker = {part for part in parts if part.startswith("checker")}
    forbidden = {
        name.split(".")[2] for name in contract["forbidden_modules"] if name.count(".") > 1
    }
    assert {name.split(".")[2] for name in contract["source_modules"]} == checker
    assert forbidden == parts - checker
