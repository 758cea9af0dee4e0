"""Characters: the splits are the text, every byte has a number, bits are base-2 losses."""

import math

import numpy as np
import pytest

from lohe.attention.task import Task
from lohe.attention.tasks.library import locate
from lohe.attention.tasks.next_character import NextCharacter, load_enwik8, load_shakespeare
from lohe.dynamics.errors import InputError

TEXT = bytes(range(97, 117)) * 37


@pytest.fixture
def task() -> NextCharacter:
    return NextCharacter("letters", TEXT, length=8)


def text_of(task, split):
    parts = list(task.batches(split, 3))
    assert all(np.array_equal(b.inputs[:, 1:], b.targets[:, :-1]) for b in parts)
    return b"".join(task.decode(b.inputs.ravel()) for b in parts)


def test_splits_follow_one_another(task: Task):
    sizes = task.config["characters"]
    assert sum(sizes.values()) == len(TEXT)
    assert sizes["training"] == len(TEXT) * 9 // 10
    held_out = TEXT[sizes["training"] :]
    for split, start in (("validation", 0), ("test", sizes["validation"])):
        found = text_of(task, split)
        assert found == held_out[start : start + len(found)]
        assert sizes[split] - len(found) <= task.length


def test_score_is_in_bits(task):
    assert task.score(np.full((2, 3), math.log(20)), "test")["bits"] == pytest.approx(math.log2(20))


def test_training_can_be_cut_short():
    task = NextCharacter("letters", TEXT, length=8, characters=200)
    sizes = task.config["characters"]
    assert (sizes["training"], sizes["validation"]) == (200, 20)
    assert task.alphabet == bytes(range(97, 117))
    assert task.steps(5) == 5


def test_short_texts_are_refused():
    with pytest.raises(InputError, match="validation texts of letters make less than two windows"):
        NextCharacter("letters", TEXT, length=20)


@pytest.mark.data
def test_data_sets():
    for name in ("enwik8", "tinyshakespeare"):
        try:
            locate(name)
        except InputError as error:
            pytest.skip(str(error))
    text = load_enwik8()
    task = NextCharacter("enwik8", text, length=128)
    assert task.config["characters"] == {
        "training": 3_600_000, "validation": 200_000, "test": 200_000
    }  # fmt: skip
    assert 190 < len(task.alphabet) < 210
    assert load_enwik8(100) == text[:100]
    with pytest.raises(InputError, match="ask for fewer"):
        load_enwik8(10**9)
    plays = load_shakespeare()
    assert plays.startswith(b"First Citizen:")
    assert len(NextCharacter("tinyshakespeare", plays).alphabet) == 65
