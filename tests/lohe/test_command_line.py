"""The command line: exit codes that mean something, and one clear line for bad input."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import lohe
from lohe.__main__ import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        output = capsys.readouterr()
        return code, output.out, output.err

    return call


@pytest.fixture
def files(tmp_path: Path) -> Path:
    network = lohe.Network([[3.0, 4.0], [0.0, 1.0]])
    network.save(tmp_path / "pair.network.npz")
    lohe.certify(network).save(tmp_path / "pair.certificate.json")
    lohe.Network([[1.0, 2.0]]).save(tmp_path / "other.network.npz")
    lohe.Network([[0.0, 0.0], [1.0, 0.0]]).save(tmp_path / "zero.network.npz")
    lohe.Network([[1.0, 0.0], [1.0, 0.0]], crosstalk=[[0, 1.0], [0.9, 0]]).save(
        tmp_path / "coupled.network.npz"
    )
    return tmp_path


def is_one_line(text: str) -> bool:
    return text.startswith("lohe: ") and text.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "train",
        "certify",
        "verify",
        "tolerance",
        "basin",
        "simulate",
        "bench",
        "report",
        "derive",
        "data",
    ],
)
def test_every_command_shows_an_example(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert f"lohe {command}" in out
    assert "Example" in out


def test_version(run: Run) -> None:
    assert run("--version")[:2] == (0, f"lohe {lohe.__version__}\n")


@pytest.mark.parametrize("words", [["certfy"], ["certify"], ["certify", "x", "--epsilom", "1"]])
def test_usage_errors_exit_with_2(run: Run, words: list[str]) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert is_one_line(err)


def test_certify_verify_exit_codes(run: Run, files: Path) -> None:
    assert run("certify", files / "pair.network.npz")[0] == 0
    assert run("verify", files / "pair.certificate.json", files / "pair.network.npz")[0] == 0
    code, out, err = run("certify", files / "zero.network.npz")
    assert code == 1
    assert "refuted" in out
    assert err == ""
    assert run("verify", files / "zero.certificate.json", files / "zero.network.npz")[0] == 1
    assert run("certify", files / "coupled.network.npz")[0] == 3
    assert run("verify", files / "coupled.certificate.json", files / "coupled.network.npz")[0] == 3


def test_json_output_is_one_object(run: Run, files: Path) -> None:
    for words in (
        ["certify", files / "pair.network.npz"],
        ["verify", files / "pair.certificate.json", files / "pair.network.npz"],
        ["basin", files / "pair.network.npz", "--trials", 100, "--horizon", 5],
        ["report", files, "-o", files / "out.report.html"],
        ["derive", "--theorem", "T1"],
        ["data", "list"],
    ):
        code, out, err = run(*words, "--json")
        assert code in (0, 1), err
        assert isinstance(json.loads(out), dict | list)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["certify", "absent.network.npz"], "no such file"),
        (["certify", "truncated.network.npz"], "damaged"),
        (["certify", "tampered.network.npz"], "altered"),
        (["certify", "nan.network.npz"], "NaN"),
        (["certify", "text.network.npz"], "not an .npz"),
        (["certify", "pair.network.npz", "--claims", "fast"], "fast"),
        (["certify", "pair.network.npz", "-o", "pair.network.npz/x.json"], "cannot write"),
        (["verify", "absent.certificate.json", "pair.network.npz"], "absent.certificate.json"),
        (["verify", "truncated.certificate.json", "pair.network.npz"], "truncated"),
        (["verify", "pair.certificate.json", "other.network.npz"], "another network"),
        (["basin", "pair.network.npz", "--trials", "0"], "trials"),
        (["basin", "pair.network.npz", "--horizon", "nan"], "horizon"),
        (
            ["basin", "pair.network.npz", "-o", "pair.network.npz/x.basin.sqlite"],
            "use another path",
        ),
        (["report", "absent.certificate.json"], "absent.certificate.json"),
        (["report", "pair.certificate.json", "-o", "pair.network.npz/x.html"], "cannot write"),
        (["train", "sva", "--epochs", "0"], "epochs"),
        (["derive", "--theorem", "T99"], "T99"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    run: Run, files: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(files)
    whole = (files / "pair.network.npz").read_bytes()
    (files / "truncated.network.npz").write_bytes(whole[: len(whole) // 2])
    (files / "text.network.npz").write_text("not a network\n")
    text = (files / "pair.certificate.json").read_text()
    (files / "truncated.certificate.json").write_text(text[: len(text) // 2])
    arrays = dict(np.load(files / "pair.network.npz"))
    np.savez(files / "tampered.network.npz", **{**arrays, "drive": arrays["drive"] + 1})
    np.savez(files / "nan.network.npz", **{**arrays, "drive": arrays["drive"] * np.nan})
    before = sorted(files.iterdir())
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert is_one_line(err), err
    assert says in err
    assert sorted(files.iterdir()) == before


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder closed to everyone")
@pytest.mark.parametrize("command", ["certify", "basin"])
def test_read_only_folder(run: Run, files: Path, command: str) -> None:
    code, out, err = run(command, files / "pair.network.npz", "-o", "/proc/pair.output")
    assert (code, out) == (2, "")
    assert is_one_line(err)
    assert "another" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_on_stdout_is_an_error(files: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lohe", "data", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert is_one_line(done.stderr)


def interrupted(words: list[str], folder: Path, ready: Callable[[], bool]) -> tuple[int, str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "lohe", *words], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    limit = time.monotonic() + 60
    while not ready() and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.02)
    assert process.poll() is None, "ended before it could be interrupted"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_ctrl_c_in_a_campaign_leaves_it_resumable(run: Run, files: Path) -> None:
    words = ["basin", str(files / "pair.network.npz"), "--trials", "300000000", "--horizon", "3"]
    target = files / "pair.basin.sqlite"
    code, err = interrupted(words, files, lambda: target.exists() and target.stat().st_size > 16384)
    assert code == 130
    assert err.splitlines()[-1].startswith("lohe: interrupted")
    code, _, err = run(*words[:3], "1000", *words[4:])
    assert code == 2, "a plan of another size is refused, so that nothing sampled is lost"
    assert is_one_line(err)


def test_ctrl_c_in_training_leaves_a_checkpoint(files: Path) -> None:
    words = ["train", "sva", "--epochs", "20", "--seed", "0", "--output", str(files / "runs")]
    folder = files / "runs"
    code, err = interrupted(words, files, lambda: any(folder.glob("*.model.npz")))
    assert code == 130
    assert err.splitlines()[-1].startswith("lohe: interrupted")
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["sva-fixed_query-seed0.model.npz"]
