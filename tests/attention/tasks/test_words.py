"""The word task gives each clip once per epoch, varied in training only, and learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lohe.attention.recipe import Recipe
from lohe.attention.task import Task
from lohe.attention.tasks.augment import Augmentation
from lohe.attention.tasks.logmel import Standardiser
from lohe.attention.tasks.recordings import Clips, Corpus
from lohe.attention.tasks.words import WordTask, frame_labels, head_batches, spread_over
from lohe.attention.training import train
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError


def clips(seed: int, n: int) -> Clips:
    """Words that differ in the band that is loud."""
    rng = np.random.default_rng(seed)
    targets = np.sort(rng.integers(0, 3, n))
    features = rng.normal(-6, 1, (n, 49, 40)).astype(np.float32)
    for i, target in enumerate(targets):
        features[i, 10:40, 10 * target : 10 * target + 8] += 4
    names = tuple(f"{'abc'[t]} {i:08x}" for i, t in enumerate(targets))
    return Clips(features, targets, names)


@pytest.fixture
def corpus() -> Corpus:
    train_clips = clips(0, 70)
    return Corpus(
        name="toy",
        words=("a", "b", "c"),
        train=train_clips,
        validation=clips(1, 20),
        test=clips(2, 30),
        noise=clips(3, 2).features,
        standardiser=Standardiser.fit(train_clips.features),
        edition="made up",
    )


def test_an_epoch_holds_each_clip_once(corpus: Corpus) -> None:
    task: Task = WordTask(corpus)
    batches = list(task.training_batches(32, np.random.default_rng(0)))
    assert [len(b.targets) for b in batches] == [32, 32, 6]
    assert task.steps(32) == 3
    seen = np.concatenate([b.inputs for b in batches])
    wanted = corpus.standardiser.apply(corpus.train.features)
    key = np.lexsort(seen[:, 0].T), np.lexsort(wanted[:, 0].T)
    np.testing.assert_array_equal(seen[key[0]], wanted[key[1]])
    np.testing.assert_array_equal(
        np.concatenate([b.targets for b in batches])[key[0]], corpus.train.targets[key[1]]
    )


def test_passes_give_each_clip_as_often(corpus: Corpus) -> None:
    task = WordTask(corpus, passes=3)
    batches = list(task.training_batches(32, np.random.default_rng(0)))
    assert task.steps(32) == len(batches) == 7
    seen = np.concatenate([b.inputs for b in batches]).reshape(3, 70, -1)
    assert not np.array_equal(seen[0], seen[1])
    for one in seen[1:]:
        np.testing.assert_array_equal(np.sort(one[:, 0]), np.sort(seen[0][:, 0]))
    with pytest.raises(InputError, match="0 passes"):
        WordTask(corpus, passes=0)


def test_augmentation_varies_training_and_leaves_the_rest(corpus: Corpus) -> None:
    plain, varied = WordTask(corpus), WordTask(corpus, Augmentation(gain=1.0, bands=5))
    runs = [
        next(iter(t.training_batches(70, np.random.default_rng(s)))).inputs
        for t, s in ((varied, 0), (varied, 0), (varied, 1), (plain, 0))
    ]
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
    assert not np.array_equal(runs[0], runs[3])
    for split in ("validation", "test"):
        pairs = zip(plain.batches(split, 7), varied.batches(split, 7), strict=True)
        assert all(np.array_equal(a.inputs, b.inputs) for a, b in pairs)
    assert varied.config["augmentation"]["gain"] == 1.0
    assert varied.config["clips"] == {"train": 70, "validation": 20, "test": 30}


def test_scores_count_the_words(corpus: Corpus) -> None:
    task = WordTask(corpus)
    outputs = np.eye(3)[corpus.test.targets] * 50
    assert task.score(outputs, "test") == {"accuracy": 1.0, "loss": pytest.approx(0, abs=1e-12)}
    wrong = outputs.copy()
    wrong[:3] = np.roll(wrong[:3], 1, axis=1)
    assert task.score(wrong, "test")["accuracy"] == pytest.approx(0.9)


def test_answers_are_clustered_by_voices_that_are_new(corpus: Corpus) -> None:
    outputs = np.random.default_rng(0).normal(size=(30, 3))
    task = WordTask(corpus)
    known = task.answers(outputs)["accuracy"]
    assert known.items.clusters == tuple(range(30))
    voices = replace(corpus.test, names=tuple(f"a new{i % 4}" for i in range(30)))
    new = WordTask(replace(corpus, test=voices)).answers(outputs)["accuracy"]
    assert new.items.clusters == tuple(i % 4 for i in range(30))
    for found in (known, new):
        score = task.score(outputs, "test")["accuracy"]
        assert found.items.weights @ found.right == pytest.approx(score)


def test_a_small_model_learns_it_under_augmentation(corpus: Corpus) -> None:
    config = TransformerConfig(
        context=49, outputs=3, features=40, width=8, heads=2, hidden=16, positions="none"
    )
    task = WordTask(corpus, Augmentation(shift=2, gain=0.5, noise=2))
    recipe = Recipe(epochs=12, batch_size=16, learning_rate=2e-2)
    _, run = train(task, config, recipe, seed=0)
    assert run.metrics["test_accuracy"] > 0.9


def test_heads_see_clips_of_every_word_with_their_frames_named(corpus: Corpus) -> None:
    few = spread_over(corpus.test, 10)
    assert len(few) == 10
    assert set(few.targets) == {0, 1, 2}
    labels = frame_labels(few)
    assert labels.shape == (10, 49)
    assert labels[0, 17] == f"{few.names[0]} frame 17"
    batches = list(head_batches(corpus, few, 4))
    assert [len(b.targets) for b in batches] == [4, 4, 2]
    assert len(spread_over(corpus.test, 1000)) == len(corpus.test)
    with pytest.raises(InputError, match="at least 1"):
        spread_over(corpus.test, 0)
