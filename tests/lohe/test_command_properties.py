"""Whatever words follow a command: it ends with a known code, and errors are one line."""

import contextlib
import io
import os

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.__main__ import main
from lohe.commands.app import build
from lohe.dynamics.network import Network
from tests.reports.conftest import make_head

CODES = {0, 1, 2, 3}
VALUES = ("-1", "0", "1", "2", "0.5", "nan", "inf", "-inf", "1e-300", "x", "", "a b", "*", "\u00e9")
FILES = (
    "a.head.npz", "a.network.npz", "a.certificate.json", "empty.network.npz", "none.network.npz",
    "text.json", "folder",
)  # fmt: skip
# Of every command but those that would run for minutes whatever they are given.
COMMANDS = (
    ("certify",), ("verify",), ("tolerance",), ("report",), ("simulate",), ("hardware", "cost"),
    ("hardware", "export"), ("hardware", "substrates"), ("data", "list"), ("basin", "show"),
    ("basin", "status"), ("basin", "export"), ("bench", "antipode"), ("derive",), ("audit",),
)  # fmt: skip
# Options that ask for long work, whose values here would be taken at their word.
LONG = {"--check", "--full", "--quick", "--theorem", "-t", "--emit", "--path", "--follow", "--help",
        "-h", "--nodes", "--escape", "--noise", "--time", "--frames"}  # fmt: skip


def options_of(words):
    command = typer.main.get_command(build())
    for word in words:
        command = command.commands[word]
    options = {}
    for param in command.params:
        for name in param.opts:
            if name.startswith("-") and name not in LONG:
                options[name] = bool(getattr(param, "is_flag", False))
    return options


OPTIONS = {words: options_of(words) for words in COMMANDS}


@st.composite
def command_lines(draw):
    words = draw(st.sampled_from(COMMANDS))
    line = [*words]
    line += draw(st.lists(st.sampled_from(FILES), max_size=2))
    for name in draw(st.lists(st.sampled_from(sorted(OPTIONS[words]) or ["--json"]), max_size=3)):
        line.append(name)
        if not OPTIONS[words].get(name, True):
            line.append(draw(st.sampled_from((*VALUES, *FILES))))
    if words == ("derive",):
        line += ["--theorem", draw(st.sampled_from(("T7", "T99", "")))]
    if words == ("audit",):
        line += ["--only", "oscillators-operations"]
    if words == ("bench", "antipode"):
        line += ["--trials", "10"]
    return line


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("commands")
    make_head(sequences=1, tokens=3).save(place / "a.head.npz")
    Network([[3.0, 4.0], [1.0, 0.0]]).save(place / "a.network.npz")
    (place / "empty.network.npz").write_bytes(b"")
    (place / "text.json").write_text("[1]")
    (place / "folder").mkdir()
    with contextlib.chdir(place), contextlib.redirect_stdout(io.StringIO()):
        assert main(["certify", "a.network.npz"]) == 0
    return place


@given(line=command_lines())
@settings()
def test_any_words_end_in_a_known_code(folder, line):
    out, err = io.StringIO(), io.StringIO()
    before = {name: (folder / name).read_bytes() for name in FILES[:3]}
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(line)
    assert code in CODES, (line, err.getvalue())
    if code == 2:
        told = [text for text in err.getvalue().splitlines() if text.startswith("lohe: ")]
        assert len(told) == 1, (line, err.getvalue())
    assert "Traceback" not in err.getvalue()
    for name, body in before.items():
        if name not in line[1:] or not (folder / name).exists():
            (folder / name).write_bytes(body)
        elif (folder / name).read_bytes() != body:
            assert any(word in {"-o", "--output"} for word in line), line
            (folder / name).write_bytes(body)
    for extra in set(os.listdir(folder)) - {*FILES}:
        path = folder / extra
        if path.is_file():
            path.unlink()
