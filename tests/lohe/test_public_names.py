"""The public face: names resolve lazily, and importing lohe costs next to nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import lohe


@pytest.mark.parametrize("name", sorted(set(lohe.__all__)))
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(lohe, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'softsync'"):
        _ = lohe.softsync


def test_dir_lists_the_public_names() -> None:
    assert set(lohe.__all__) == set(dir(lohe))


@pytest.mark.parametrize("heavy", ["sympy", "matplotlib", "scipy", "networkx", "typer"])
def test_import_is_light(heavy: str) -> None:
    code = f"import lohe, sys; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_numerical_rooms_never_load_sympy() -> None:
    code = (
        "import lohe, sys\n"
        "names = [n for n in lohe.__all__ if n != '__version__']\n"
        "for name in names: getattr(lohe, name)\n"
        "sys.exit('sympy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_reference_documents_every_public_name() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"(?m)^\.\. auto(?:class|function|exception):: (\w+)$", page))
    summarised = set(re.findall(r"(?m)^   (\w+)$", page))
    public = set(lohe.__all__) - {"__version__"}
    assert documented == public
    assert summarised == public
