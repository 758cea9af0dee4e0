"""``lohe train stories`` writes its files and says what it needs."""

import json

import pytest

from lohe.__main__ import main
from lohe.attention.checkpoint import Checkpoint
from lohe.attention.head import Head

SMALL = ["--epochs", "1", "--width", "8", "--layers", "1", "--words", "9", "--length", "4"]


@pytest.fixture
def library(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "tinystories"
    folder.mkdir(parents=True)
    # 99 stories, so that each of the three splits has some.
    texts = [f"the cat {'z' * i} sat on the mat . " * 3 for i in range(99)]
    (folder / "few.txt").write_text("\n<|endoftext|>\n".join(texts))
    monkeypatch.setenv("LOHE_DATA", str(folder.parent))
    return folder


@pytest.mark.usefixtures("library")
def test_writes_model_record_and_heads(tmp_path, capsys):
    command = ["train", "stories", *SMALL, "--d-osc", "3", "-o", str(tmp_path), "--json"]
    assert main(command) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["metrics"]["test_perplexity"] > 1
    assert 0 < result["unknown_share"] < 1
    stem = tmp_path / "stories-fixed_query-seed0"
    assert Checkpoint.load(f"{stem}.model.npz").model.config.readout == "next"
    heads = [Head.load(f"{stem}-layer0-head{i}.head.npz") for i in range(4)]
    assert {(head.causal, head.anchors.shape) for head in heads} == {(True, (4, 3))}
    assert main([word for word in command if word != "--json"]) == 0
    assert "perplexity" in capsys.readouterr().out


def test_a_missing_data_set_is_named_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LOHE_DATA", str(tmp_path))
    monkeypatch.setenv("LOHE_CACHE", str(tmp_path))
    assert main(["train", "stories", "-o", str(tmp_path / "runs")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "lohe data fetch tinystories" in error
