"""Language modelling: windows tile the texts, the future stays hidden, models learn."""

from dataclasses import replace

import numpy as np
import pytest

from lohe.attention.initialise import initialise
from lohe.attention.model import Model
from lohe.attention.recipe import Recipe
from lohe.attention.task import Task
from lohe.attention.tasks.next_word import NextWord, language_config
from lohe.attention.tasks.text import Corpus
from lohe.attention.training import train
from lohe.attention.transformer import apply_transformer
from lohe.dynamics.errors import InputError

TALE = ["the", "cat", "sat", "on", "the", "mat", ".", "the", "dog", "saw", "the", "cat", "."]


def tales(count: int) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(TALE[i % 3 :] + TALE) for i in range(count))


@pytest.fixture
def task() -> NextWord:
    return NextWord(Corpus("tales", tales(30), tales(4), tales(5)), length=8, words=50)


def stream(batches) -> np.ndarray:
    parts = list(batches)
    inputs = np.concatenate([batch.inputs for batch in parts])
    targets = np.concatenate([batch.targets for batch in parts])
    assert np.array_equal(inputs[:, 1:], targets[:, :-1])
    assert np.array_equal(inputs[1:, 0], targets[:-1, -1])
    return inputs.ravel()


def test_held_out_windows_tile_the_stories(task: Task):
    spoken = stream(task.batches("test", 3))
    expected = [w for tale in tales(5) for w in (*tale, "<end>")]
    assert task.vocabulary.decode(spoken) == expected[: len(spoken)]
    assert len(expected) - len(spoken) <= task.length
    assert task.labels("test", 2).ravel().tolist() == expected[:16]


def test_an_epoch_holds_every_word_but_those_at_the_ends(task):
    rng = np.random.default_rng(0)
    batches = list(task.training_batches(4, rng))
    assert len(batches) == task.steps(4)
    counts = [np.bincount(np.concatenate([b.inputs.ravel() for b in batches]), minlength=9)]
    counts.append(np.bincount(task.vocabulary.encode(tales(30)), minlength=9))
    missing = counts[1] - counts[0]
    assert (missing >= 0).all()
    assert missing.sum() <= 2 * task.length + 1


def test_phases_and_orders_come_from_the_generator(task):
    def first(seed):
        return next(iter(task.training_batches(50, np.random.default_rng(seed)))).inputs

    assert np.array_equal(first(1), first(1))
    assert not np.array_equal(first(1), first(2))


@pytest.mark.parametrize("mechanism", ["fixed_query", "softmax"])
def test_the_past_does_not_depend_on_the_future_by_a_bit(task, mechanism):
    config = language_config(task, mechanism=mechanism, d_osc=3)
    model = Model(config, initialise(config, np.random.default_rng(0), np.float32))
    batch = next(task.batches("test", 4))
    before = apply_transformer(model, batch)[0]
    for position in range(1, task.length):
        changed = batch.inputs.copy()
        changed[:, position:] = (changed[:, position:] + 1) % len(task.vocabulary)
        after = apply_transformer(model, replace(batch, inputs=changed))[0]
        assert np.array_equal(before[:, :position], after[:, :position])
        assert not np.array_equal(before[:, position:], after[:, position:])


@pytest.mark.parametrize("mechanism", ["fixed_query", "softmax"])
def test_learns_a_tale_by_heart(task, mechanism):
    config = language_config(task, width=16, hidden=16, layers=1, dropout=0.0, mechanism=mechanism)
    recipe = Recipe(epochs=25, batch_size=16, learning_rate=1e-2)
    _, run = train(task, config, recipe, seed=0)
    assert run.history[0]["validation_perplexity"] > 4
    # Where a tale begins within the stream, only its length tells; the rest is certain.
    assert run.metrics["test_perplexity"] < 2


def test_untrained_words_cost_the_logarithm_of_their_number(task):
    config = language_config(task)
    model = Model(config, initialise(config, np.random.default_rng(0)))
    model.parameters["output.weight"][:] = 0
    model.parameters["output.bias"][:] = 0
    losses = np.concatenate([apply_transformer(model, b)[0] for b in task.batches("test", 7)])
    words = len(task.vocabulary)
    assert task.score(losses, "test")["perplexity"] == pytest.approx(words, rel=1e-5)


def test_too_few_stories_are_named():
    with pytest.raises(InputError, match="the test texts of tales make less than two windows"):
        NextWord(Corpus("tales", tales(30), tales(30), tales(1)), length=64)


def test_a_cap_keeps_the_first_tokens_and_the_words_of_all(task):
    corpus = Corpus("tales", tales(30), tales(4), tales(5))
    capped = NextWord(corpus, length=8, words=50, tokens=200)
    assert capped.config["tokens"] == {**task.config["tokens"], "training": 200, "validation": 20}
    assert capped.config["sha256"] != task.config["sha256"]
    assert capped.vocabulary.words == task.vocabulary.words
    (batch,) = capped.training_batches(50, np.random.default_rng(0))
    assert batch.inputs.shape == (23, 8)
    rows = [next(t.batches("validation", 2)).inputs for t in (capped, task)]
    assert np.array_equal(*rows)
