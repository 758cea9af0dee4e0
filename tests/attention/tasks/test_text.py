"""Words survive the way to numbers and back; what is unknown is marked."""

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lohe.attention.tasks.text import END, UNKNOWN, Vocabulary, split_words
from lohe.dynamics.errors import InputError

WORDS = st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=3), min_size=1, max_size=8)


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_a_vocabulary_with_room_for_all_words_loses_nothing(texts):
    vocabulary = Vocabulary(texts, size=10_000)
    spoken = vocabulary.decode(vocabulary.encode(texts))
    assert spoken == [word for text in texts for word in (*text, END)]


@given(st.lists(WORDS, min_size=1, max_size=5), st.integers(3, 6))
def test_a_small_vocabulary_keeps_the_most_frequent(texts, size):
    vocabulary = Vocabulary(texts, size)
    said = [word for text in texts for word in text]
    kept = set(vocabulary.words) - {UNKNOWN, END}
    assert len(vocabulary) == min(size, 2 + len(set(said)))
    assert all(said.count(a) >= said.count(b) for a in kept for b in set(said) - kept)
    numbers = vocabulary.encode(texts)
    assert (numbers == 0).sum() == sum(word not in kept for word in said)
    assert (numbers == 1).sum() == len(texts)


@given(WORDS)
def test_words_come_back_from_a_text(words):
    assert split_words(" ".join(words).upper()) == words


def test_marks_and_digits_are_words_of_their_own():
    assert split_words('"Wow!" — don’t…') == ['"', "wow", "!", '"', "—", "don't", "…"]
    assert UNKNOWN not in split_words(UNKNOWN)


def test_numbers_do_not_depend_on_the_order_of_texts():
    texts = [["b", "a"], ["a"], ["c", "b"]]
    assert Vocabulary(texts, 9).words == Vocabulary(texts[::-1], 9).words


def test_too_small_a_vocabulary_is_named():
    with pytest.raises(InputError, match="no room for a word"):
        Vocabulary([["a"]], 2)
    assert Vocabulary([["a"]], 3).encode([]).dtype == np.int64
