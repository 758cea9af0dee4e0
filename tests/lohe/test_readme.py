"""The README's example runs as printed, and its commands exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_python_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}  # a reader goes on from one block to the next
    for code in blocks("python"):
        exec(compile(code, "README.md", "exec"), names)
    out = capsys.readouterr().out
    assert "unique_stable  proved" in out
    assert "99 % bounds" in out
    assert (tmp_path / "head.report.html").stat().st_size > 10_000


def test_commands_are_those_of_the_command_line() -> None:
    import typer

    from lohe.commands.app import build

    known = set(typer.main.get_command(build()).commands)
    named = set(re.findall(r"(?m)^lohe (\w+)", "\n".join(blocks("sh"))))
    assert named
    assert named <= known


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?m)^make (\w+)", "\n".join(blocks("sh"))):
        assert re.search(rf"(?m)^{target}:", makefile)


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text()):
        if not link.startswith("https://"):
            assert (ROOT / page).parent.joinpath(link).exists(), link
