"""Real sentences: read as published, split without a common text, scored per attractor."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from lohe.attention.task import Task
from lohe.attention.tasks import linzen_task
from lohe.attention.tasks.linzen import LinzenCorpus, load_linzen, split_of
from lohe.attention.tasks.linzen_task import RECIPE, LinzenTask, linzen_config
from lohe.attention.training import evaluate, train
from lohe.attention.transformer import apply_transformer
from lohe.dynamics.errors import InputError

NOUNS = ("key", "dog", "cat", "car")


def sentence(rng: np.random.Generator, attractors: int) -> tuple[str, str]:
    """Say "the key of the dogs of the cats": a subject, then as many nouns of other number."""
    plural = rng.random() < 0.4
    nouns = [str(noun) for noun in rng.choice(NOUNS, attractors + 1)]
    forms = [noun + "s" * (plural ^ (i > 0)) for i, noun in enumerate(nouns)]
    return "VBP" if plural else "VBZ", "the " + " of the ".join(forms)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for name, count, of in (
        ("val", 300, (0, 0, 1)),
        *((f"test.{k}", 20 + k, (k,)) for k in range(1, 6)),
    ):
        lines = ["\t".join(sentence(rng, int(rng.choice(of)))) for _ in range(count)]
        (tmp_path / f"numpred.{name}").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def corpus(folder: Path) -> LinzenCorpus:
    return load_linzen(folder)


def test_splits_share_no_text_and_hold_every_line(folder: Path, corpus: LinzenCorpus) -> None:
    training, validation, natural = (
        {*part.words} for part in (corpus.training, corpus.validation, corpus.natural)
    )
    tested = {words for part in corpus.attractors.values() for words in part.words}
    assert not training & (validation | natural | tested)
    assert not validation & natural
    assert [len(corpus.attractors[k]) for k in range(1, 6)] == [21, 22, 23, 24, 25]
    lines = [line.split("\t") for line in (folder / "numpred.val").read_text().splitlines()]
    left_out = sum(
        tuple(text.split()) in tested and split_of(text.split()) == "train" for _, text in lines
    )
    parts = (corpus.training, corpus.validation, corpus.natural)
    assert sum(map(len, parts)) == 300 - left_out
    numbers = {tuple(text.split()): tag == "VBP" for tag, text in lines}
    assert all(
        numbers[w] == p for w, p in zip(corpus.natural.words, corpus.natural.plural, strict=True)
    )


def test_texts_are_split_by_their_hash() -> None:
    shares = [split_of(("text", str(i))) for i in range(20_000)]
    for part, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
        assert abs(shares.count(part) / 20_000 - share) < 0.01
    # Written down, so that no edit can quietly move a sentence from test to train.
    pinned = {
        "the ruins of the tower": "train",
        "a girl raised by NNS": "validation",
        "the village": "test",
    }
    assert {text: split_of(text.split()) for text in pinned} == pinned


def test_batches_say_every_sentence_once_and_point_at_its_last_word(corpus: LinzenCorpus) -> None:
    task: Task = LinzenTask(corpus, words=30, length=30)
    batches = list(task.training_batches(16, np.random.default_rng(0)))
    assert len(batches) == task.steps(16)
    words = np.array(LinzenTask(corpus, words=30, length=30).vocabulary.words)
    said = []
    for batch in batches:
        assert batch.key_mask is not None
        assert batch.position is not None
        assert batch.key_mask.any(axis=0).all()  # padded to the longest, no further
        assert np.array_equal(batch.key_mask.sum(axis=1) - 1, batch.position)
        assert np.all(batch.inputs[~batch.key_mask] == 1)
        said += [
            (tuple(words[row[mask]].tolist()), bool(plural))
            for row, mask, plural in zip(batch.inputs, batch.key_mask, batch.targets, strict=True)
        ]
    wanted = zip(corpus.training.words, corpus.training.plural.tolist(), strict=True)
    assert sorted(said) == sorted(wanted)


def test_padding_changes_nothing(corpus: LinzenCorpus) -> None:
    """One sentence at a time, or with longer ones: the same logits."""
    task = LinzenTask(corpus, words=30, length=30)
    model, _ = train(task, linzen_config(task, width=8, hidden=8), RECIPE, seed=0, dtype=float)
    outputs = evaluate(model, task, "test")

    alone = [apply_transformer(model, batch)[0] for batch in task.batches("test", 1)]
    np.testing.assert_allclose(np.concatenate(alone), outputs, atol=1e-12)


def test_scores_are_of_each_number_of_attractors(corpus: LinzenCorpus) -> None:
    task = LinzenTask(corpus, words=30, length=30)
    right = np.concatenate([b.targets for b in task.batches("test", 7)])
    outputs = np.where(right, 2.0, -2.0)[:, None]
    perfect = task.score(outputs, "test")
    suffixes = ["", "_1", "_2", "_3", "_4", "_5"]
    assert {*perfect} == {f"{b}accuracy{s}" for b in ("", "balanced_") for s in suffixes}
    assert {*perfect.values()} == {1.0}
    singular = task.score(np.full_like(outputs, -1), "test")
    for suffix in suffixes:
        assert singular[f"balanced_accuracy{suffix}"] == 0.5
        part = corpus.attractors[int(suffix[1:])] if suffix else corpus.natural
        assert singular[f"accuracy{suffix}"] == pytest.approx(1 - part.plural.mean())
        assert task.majority()[f"majority_accuracy{suffix}"] == singular[f"accuracy{suffix}"]


def test_answers_are_of_the_small_files_and_make_the_balanced_scores(
    corpus: LinzenCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linzen_task, "_MOST_ITEMS", 24)
    task = LinzenTask(corpus, words=30, length=30)
    rows = sum(len(batch.targets) for batch in task.batches("test", 7))
    outputs = np.random.default_rng(0).normal(size=(rows, 1))
    answers, scores = task.answers(outputs), task.score(outputs, "test")
    small = {f"_{k}" for k, part in corpus.attractors.items() if len(part) <= 24}
    assert {*answers} - {"balanced_accuracy"} == {f"balanced_accuracy{s}" for s in small}
    assert small == {"_1", "_2", "_3", "_4"}
    for name, found in answers.items():
        assert found.items.weights @ found.right == pytest.approx(scores[name])
    third = answers["balanced_accuracy_3"].items
    assert len({*third.clusters}) == len({*corpus.attractors[3].words})


def test_damage_is_named(folder: Path, corpus: LinzenCorpus) -> None:
    with pytest.raises(InputError, match="a verb follows 17 words"):
        LinzenTask(corpus, length=16)
    with (folder / "numpred.test.3").open("a") as file:
        file.write("VBD\tthe key\n")
    with pytest.raises(InputError, match=r"numpred\.test\.3, line 24 is not VBZ or VBP"):
        load_linzen(folder)
    (folder / "numpred.test.3").write_text("")
    with pytest.raises(InputError, match=r"numpred\.test\.3 is empty"):
        load_linzen(folder)
    (folder / "numpred.test.3").unlink()
    with pytest.raises(InputError, match=r"cannot read .*numpred\.test\.3"):
        load_linzen(folder)


@pytest.mark.skipif(not os.environ.get("LOHE_DATA"), reason="set LOHE_DATA to the data sets")
@pytest.mark.data
def test_the_real_sentences_are_whole() -> None:
    corpus = load_linzen()
    assert corpus.edition == "validation, and test with 1 to 5 attractors"
    parts = (corpus.training, corpus.validation, corpus.natural)
    assert [len(part) for part in parts] == [12455, 1607, 1684]
    assert [len(corpus.attractors[k]) for k in range(1, 6)] == [52599, 9380, 2051, 561, 159]
    majority = LinzenTask(corpus).majority()
    shares = [
        majority[f"majority_accuracy{suffix}"] for suffix in ("", "_1", "_2", "_3", "_4", "_5")
    ]
    # As docs/attention.md has them.
    assert [round(100 * share) for share in shares] == [71, 42, 23, 15, 7, 8]
