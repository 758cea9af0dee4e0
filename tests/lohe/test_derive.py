"""The derive command: formats, files, exit codes and the emitted kernels."""

import json

import pytest

from lohe.commands.derive import Format, derive
from lohe.dynamics.errors import InputError


def test_one_theorem_as_text(capsys):
    assert derive(theorem=["t7"]) == 0
    printed = capsys.readouterr().out
    assert "digital integrator" in printed
    assert "all hold" in printed


@pytest.mark.parametrize("name", ["T6a", "t6A"])
def test_names_with_a_letter(capsys, name):
    assert derive(theorem=[name], as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in found["theorems"]] == ["T6a"]


@pytest.mark.parametrize("form", [Format.MARKDOWN, Format.LATEX])
def test_other_formats_go_to_a_file(tmp_path, capsys, form):
    target = tmp_path / "derivation.out"
    assert derive(theorem=["T4"], form=form, output=target) == 0
    assert r"\langle y,h\rangle" in target.read_text(encoding="utf-8")
    assert str(target) in capsys.readouterr().out


def test_json_lists_each_check(capsys):
    assert derive(theorem=["T4", "T7"], as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in found["theorems"]] == ["T4", "T7"]
    assert all(check["residual"] == "0" for t in found["theorems"] for check in t["checks"])


def test_a_failed_check_gives_exit_code_one(monkeypatch, capsys):
    from dataclasses import replace

    from sympy.abc import a

    from lohe.theory import registry
    from lohe.theory.theorem import vanishes

    wrong = replace(
        registry.theorem("T4"), obligations=(lambda: vanishes("a is zero", "a = 0", a),)
    )
    monkeypatch.setattr(registry, "theorems", lambda: {"T4": wrong})
    assert derive() == 1
    assert "FAILED" in capsys.readouterr().out


def test_kernels_are_written_and_compared(tmp_path, capsys):
    target = tmp_path / "kernels.py"
    assert derive(write_kernels=True, path=target) == 0
    assert derive(write_kernels=True, path=target, check=True) == 0
    target.write_text(target.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert derive(write_kernels=True, path=target, check=True) == 1
    assert "differs" in capsys.readouterr().out


def test_the_installed_kernels_are_current():
    assert derive(write_kernels=True, check=True) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"theorem": ["T99"]}, "no theorem T99; choose from L1"),
        ({"check": True}, "add --emit"),
        ({"as_json": True, "form": Format.LATEX}, "drop one"),
    ],
)
def test_bad_usage_is_one_clear_line(arguments, message):
    with pytest.raises(InputError, match=message):
        derive(**arguments)


def test_a_missing_file_to_compare(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        derive(write_kernels=True, path=tmp_path / "absent.py", check=True)
