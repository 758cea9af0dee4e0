"""``lohe train sva`` writes its files, goes on where it stopped, and says what went wrong."""

import json
from functools import partial

import pytest

from lohe.__main__ import main
from lohe.attention.checkpoint import Checkpoint
from lohe.attention.head import Head
from lohe.attention.results import TrainingRun
from lohe.attention.tasks import sva
from lohe.attention.tasks.sva_training import train_sva
from lohe.dynamics.tokens import Tokens


@pytest.fixture(autouse=True)
def few_sentences(monkeypatch):
    small = partial(sva.SubjectVerbAgreement, sizes=(128, 40, 40))
    monkeypatch.setattr(sva, "SubjectVerbAgreement", small)


def test_writes_model_record_and_head(tmp_path, capsys):
    command = ["train", "sva", "--epochs", "2", "--seed", "3", "-o", str(tmp_path), "--json"]
    assert main(command) == 0
    result = json.loads(capsys.readouterr().out)
    stem = tmp_path / "sva-fixed_query-seed3"
    endings = (".model.npz", ".training.json", "-layer0-head0.head.npz", "-layer0-head0.tokens.npz")
    assert result["files"] == [f"{stem}{ending}" for ending in endings]
    assert Checkpoint.load(f"{stem}.model.npz").epoch == 2
    assert TrainingRun.load(f"{stem}.training.json").metrics == result["metrics"]
    network = Head.load(f"{stem}-layer0-head0.head.npz").network()
    sentences = sva.SubjectVerbAgreement().validation
    assert network.n == (sentences.tokens != 0).sum()
    assert network.d == 2
    assert all("[" in label for label in network.labels)
    tokens = Tokens.load(f"{stem}-layer0-head0.tokens.npz")
    assert set(tokens.labels[tokens.kept]) <= set(network.labels)
    assert main(command) == 0  # finished already: the same result again
    assert json.loads(capsys.readouterr().out) == result


def test_softmax_has_no_head(tmp_path, capsys):
    assert (
        main(["train", "sva", "--epochs", "1", "--mechanism", "softmax", "-o", str(tmp_path)]) == 0
    )
    assert "of the hard ones" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "sva-softmax-seed0.model.npz",
        "sva-softmax-seed0.training.json",
    ]


def test_goes_on_after_an_interruption(tmp_path):
    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_sva(tmp_path / "a", epochs=3, task=sva.SubjectVerbAgreement(), progress=stop)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["sva-fixed_query-seed0.model.npz"]
    heads = []
    for folder in ("a", "b"):
        files = train_sva(tmp_path / folder, epochs=3, task=sva.SubjectVerbAgreement())
        heads.append(Head.load(files.heads[0]).network().digest)
    assert heads[0] == heads[1]


def test_options_reach_the_model(tmp_path):
    command = [
        "train", "sva", "--epochs", "1", "-o", str(tmp_path), "--d-osc", "3", "--coupling", "relu",
        "--anchors", "half_space", "--anchor-margin", "0.2", "--readout-exponent", "2",
        "--learned-exponent", "--two-sided", "--coherence", "0.01", "--d-qk", "7",
        "--ambiguous", "--sentences-seed", "4",
    ]  # fmt: skip
    assert main(command) == 0
    state = Checkpoint.load(tmp_path / "sva-fixed_query-seed0.model.npz")
    config = state.model.config
    assert (config.d_osc, config.coupling, config.d_qk) == (3, "relu", 7)
    assert (config.anchor_kind, config.anchor_margin) == ("half_space", 0.2)
    assert (config.readout_exponent, config.learned_exponent) == (2, True)
    assert (config.two_sided, config.coherence) == (True, 0.01)
    head = Head.load(tmp_path / "sva-fixed_query-seed0-layer0-head0.head.npz")
    assert head.network().couplings is None  # both anchors of a key drive, one is read out
    assert not list(tmp_path.glob("*.tokens.npz"))
    assert state.task_config["ambiguous"] is True
    assert state.task_config["sentences_seed"] == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--mechanism", "linear"], "linear"),
        (["--d-osc", "1"], "d-osc"),
        (["--readout-exponent", "-1"], "positive"),
        (["-o", "/proc/nowhere"], "cannot write"),
    ],
)
def test_errors_are_one_line(options, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "sva", "--epochs", "1", *options]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
    assert not list(tmp_path.iterdir())


def test_another_run_in_the_folder_is_refused(tmp_path, capsys):
    command = ["train", "sva", "--epochs", "1", "-o", str(tmp_path)]
    assert main(command) == 0
    assert main([*command, "--d-osc", "4"]) == 2
    assert "d_osc differs" in capsys.readouterr().err
