"""Stories: the split is each story's own, training resumes to the bit."""

import numpy as np
import pytest

from lohe.attention.head import Head
from lohe.attention.recipe import Recipe
from lohe.attention.tasks.next_word import NextWord
from lohe.attention.tasks.stories import load_stories, read_stories
from lohe.attention.tasks.stories_training import train_stories
from lohe.attention.tasks.text import Corpus
from lohe.dynamics.errors import InputError

TALE = ("the", "cat", "sat", "on", "the", "mat", ".", "the", "dog", "saw", "the", "cat", ".")


@pytest.fixture
def small(monkeypatch) -> None:
    few = Recipe(epochs=3, batch_size=8, learning_rate=1e-2)
    monkeypatch.setattr("lohe.attention.tasks.stories_training.RECIPE", few)


def test_the_split_of_a_story_depends_on_nothing_but_the_story(tmp_path):
    texts = [f"story {'abcdefghij'[i % 10] * (1 + i // 10)}" for i in range(200)]
    whole, halves = tmp_path / "a.txt", (tmp_path / "b.txt", tmp_path / "c.txt")
    separator = "\n<|endoftext|>\n"
    whole.write_text(separator.join([*texts, texts[7]]))
    for file, part in zip(halves, (texts[100:], texts[:120]), strict=True):
        file.write_text(separator.join(part) + separator)
    first, second = read_stories([whole]), read_stories(halves)
    for split in ("training", "validation", "test"):
        found = getattr(first, split)
        assert found
        assert set(found) == set(getattr(second, split))
        assert len(found) == len(set(found))
    everything = first.training + first.validation + first.test
    assert len(everything) == 200
    assert len(read_stories([whole], 150).training) < len(first.training)
    with pytest.raises(InputError, match="too few"):
        read_stories([whole], 2)
    with pytest.raises(InputError, match="cannot read"):
        read_stories([tmp_path / "none.txt"])


@pytest.mark.usefixtures("small")
def test_goes_on_after_an_interruption_to_the_bit(tmp_path):
    task = NextWord(Corpus("stories", (TALE,) * 30, (TALE,) * 4, (TALE,) * 5), length=8, words=50)

    def stop(done, total):
        if done == 2 * task.steps(8) + 1:
            raise KeyboardInterrupt

    options = {"task": task, "head_windows": 3, "epochs": 3, "width": 8, "hidden": 8}
    with pytest.raises(KeyboardInterrupt):
        train_stories(tmp_path / "a", progress=stop, **options)
    whole, resumed = (train_stories(tmp_path / name, **options) for name in "ba")
    assert len(resumed.heads) == 8
    assert whole.run.metrics == resumed.run.metrics
    for one, other in zip(whole.heads, resumed.heads, strict=True):
        found = Head.load(one)
        assert np.array_equal(found.q, Head.load(other).q)
        assert found.causal
        assert found.labels.tolist() == task.labels("test", 3).tolist()
        assert found.network().n == 3 * task.length


@pytest.mark.data
def test_the_sample_is_read_whole():
    try:
        found = load_stories()
    except InputError as error:
        pytest.skip(str(error))
    assert len(found.training) + len(found.validation) + len(found.test) == 4843
    task = NextWord(found)
    assert task.unknown_share("validation") < 0.01
