"""Blocks of code in the documentation run, or at least are commands that exist as printed."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from lohe.commands.app import build
from lohe.commands.basin_group import FilesOrCommand

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    str(page.relative_to(ROOT)): page.read_text(encoding="utf-8")
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
RUN = ("docs/tutorial.md", "docs/howto/verify-a-certificate.md")
"""Pages whose commands are run, too; those of others may take long or need data."""


def blocks(page, *languages):
    return [(kind, code) for kind, code in BLOCK.findall(PAGES[page]) if kind in languages]


def commands(code):
    """Return the lines of a block that call lohe, with continued lines joined."""
    joined = code.replace("\\\n", " ")
    lines = (line.removeprefix("$ ").strip() for line in joined.splitlines())
    return [line for line in lines if line.startswith("lohe ")]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page != "README.md" and blocks(page, "python")]
)
def test_python_blocks_run_one_after_the_other(page, tmp_path, monkeypatch):
    if "import torch" in PAGES[page]:
        pytest.importorskip("torch", reason="PyTorch is not installed")
    monkeypatch.chdir(tmp_path)
    if page in NEEDS:
        NEEDS[page](tmp_path)
    names: dict[str, object] = {}
    for _, code in blocks(page, "python"):
        exec(compile(code, page, "exec"), names)


def _report_inputs(folder):
    """Leave the files that the page of reports names."""
    import lohe
    from tests.reports.conftest import make_head, make_run

    head = make_head()
    network = head.network()
    network.save(folder / "head.network.npz")
    lohe.certify(network).save(folder / "head.certificate.json")
    lohe_run("basin", "head.network.npz", "--trials", "100", "-o", "head.basin.sqlite", cwd=folder)
    make_run(0).save(folder / "run.training.json")


def _head(folder):
    from tests.reports.conftest import make_head

    make_head().save(folder / "layer0.head.npz")


def _torch_state(folder):
    """Leave the model that the page of PyTorch loads."""
    import torch

    from lohe.torch import FixedQueryAttention

    layer = FixedQueryAttention(128, 4, 2, 128)
    state = {f"layers.0.attn.{name}": tensor for name, tensor in layer.state_dict().items()}
    torch.save(state, folder / "model.pt")


NEEDS = {
    "docs/reports.md": _report_inputs,
    "docs/tolerance.md": _head,
    "docs/torch.md": _torch_state,
}
"""What makes the files that a page takes for granted."""


def lohe_run(*words, cwd):
    return subprocess.run(
        [sys.executable, "-m", "lohe", *words], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("page", RUN)
def test_commands_of_pages_to_follow_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    seen = 0
    for kind, code in blocks(page, "python", "sh"):
        if kind == "python":
            exec(compile(code, page, "exec"), names)
            continue
        for line in code.splitlines():
            words = shlex.split(line)
            if words[:2] == ["pip", "install"]:
                continue
            start = {"lohe": ["-m", "lohe"], "python": []}[words[0]]
            done = subprocess.run(
                [sys.executable, *start, *words[1:]], capture_output=True, text=True, check=False,
                env=os.environ,
            )  # fmt: skip
            assert done.returncode in {0, 1}, done.stderr
            seen += 1
    assert seen


@pytest.mark.parametrize("page", PAGES)
def test_commands_printed_are_understood(page):
    """Options and arguments are those of the command line; nothing is run."""
    app = typer.main.get_command(build())
    for _, code in blocks(page, "", "sh", "console"):
        for line in commands(code):
            words = shlex.split(line, comments=True)[1:]
            cut = next((i for i, word in enumerate(words) if word in {">", "|", "&&"}), len(words))
            words = [word for word in words[:cut] if word != "..."]
            _understood(app, words, line)


def _understood(command, words, line):
    """Compare options with those of the command that is named."""
    while getattr(command, "commands", None) and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            assert isinstance(command, FilesOrCommand), line
            break
        command, words = command.commands[words[0]], words[1:]
    options = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    for word in words:
        if re.match(r"-[-a-zA-Z]", word):
            assert word.partition("=")[0] in options | {"--help", "-h"}, f"{word} in {line}"
