"""``lohe train fsdd`` and ``kws``: from recordings to heads that name their frames."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from lohe.attention.head import Head
from lohe.attention.results import TrainingRun
from lohe.attention.tasks.speech import WORDS
from lohe.commands.train_words import fsdd, kws

app = typer.Typer()
app.command()(kws)
app.command()(fsdd)


@pytest.fixture(autouse=True)
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tones: a digit or a word is its pitch."""
    rng = np.random.default_rng(0)
    monkeypatch.setenv("LOHE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LOHE_CACHE", str(tmp_path / "cache"))
    for word in range(10):
        for take in (0, 1, 5, 6, 10, 11, 12, 13):
            digit = tmp_path / "data" / "fsdd" / "recordings" / f"{word}_ada_{take}.wav"
            _write(digit, 200 + 300 * word, 8000, rng)
        for speaker in ("0132a06d", "5f814c23", "fe1916ba", "caedb73a"):
            folder = tmp_path / "data" / "speech_commands_v0.02_test" / WORDS[word]
            _write(folder / f"{speaker}_nohash_0.wav", 200 + 300 * word, 16_000, rng)


def _write(path: Path, hertz: float, rate: int, rng: np.random.Generator) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(rate // 2) / rate
    samples = 8000 * np.sin(2 * np.pi * hertz * time) + 50 * rng.standard_normal(time.size)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_digits_are_learned_and_their_heads_exported(tmp_path: Path) -> None:
    options = ["--protocol", "small", "--epochs", 40, "--no-augment", "--head-clips", 5]
    text = run("fsdd", *options, "--seed", 1, "-o", tmp_path / "out", "--json")
    result = json.loads(text)
    assert result["metrics"]["test_accuracy"] > 0.8
    record = TrainingRun.load(tmp_path / "out" / "fsdd-fixed_query-seed1.training.json")
    assert record.seed == 1
    assert record.config["recipe"]["epochs"] == 40
    assert record.config["task"]["augmentation"]["tempo"] == 0
    assert record.metrics == result["metrics"]
    for number in range(2):
        head = Head.load(tmp_path / "out" / f"fsdd-fixed_query-seed1-layer0-head{number}.head.npz")
        network = head.network()
        assert (network.n, network.d) == (5 * 49, 2)
        assert network.labels is not None
        assert network.labels[17] == "zero ada 0 frame 17"


def test_keywords_go_on_where_they_stopped(tmp_path: Path) -> None:
    whole = run("kws", "--epochs", 2, "--augment", "-o", tmp_path / "a", "--json")
    assert json.loads(whole)["edition"] == "unknown edition"
    again = json.loads(run("kws", "--epochs", 2, "--augment", "-o", tmp_path / "a", "--json"))
    assert again["metrics"] == json.loads(whole)["metrics"]


def test_softmax_has_no_heads_to_export(tmp_path: Path) -> None:
    lines = run("kws", "--epochs", 1, "--mechanism", "softmax", "-o", tmp_path / "s").splitlines()
    assert lines[0].startswith("kws, softmax, seed 0: ")
    assert not list((tmp_path / "s").glob("*.head.npz"))
