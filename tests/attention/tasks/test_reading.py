"""A model reads windows of the very text that it was tested on, or tokens of a file."""

import json

import numpy as np
import pytest

from lohe.attention.tasks.next_character import NextCharacter
from lohe.attention.tasks.next_word import NextWord
from lohe.attention.tasks.reading import labels_of, read_tokens, read_window, reopen
from lohe.attention.tasks.sva import SubjectVerbAgreement
from lohe.attention.tasks.text import Corpus
from lohe.attention.tasks.texts import open_text
from lohe.dynamics.errors import InputError

TEXT = b"To be, or not to be, that is the question.\n" * 20


@pytest.fixture(autouse=True)
def library(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "tinyshakespeare"
    folder.mkdir(parents=True)
    (folder / "input.txt").write_bytes(TEXT)
    monkeypatch.setenv("LOHE_DATA", str(folder.parent))
    monkeypatch.setenv("LOHE_CACHE", str(tmp_path))
    return folder


@pytest.mark.parametrize("tokens", [None, 300])
def test_the_task_is_found_again_from_its_record(tokens):
    task = open_text("shakespeare", length=8, tokens=tokens)
    again = reopen("shakespeare", json.loads(json.dumps(task.config)))
    assert again.config == task.config
    (one, other) = (read_window(each, 2).batch for each in (task, again))
    assert np.array_equal(one.inputs, other.inputs)
    assert np.array_equal(one.inputs[:, 1:], one.targets[:, :-1])


def test_another_text_is_not_taken_for_it(library):
    record = open_text("shakespeare", length=8).config
    (library / "input.txt").write_bytes(TEXT.replace(b"be", b"go"))
    with pytest.raises(InputError, match="not the one that the model was trained on"):
        reopen("shakespeare", record)


def test_sentences_are_read_without_their_padding():
    task = SubjectVerbAgreement(3, sizes=(64, 4, 9))
    again = reopen("sva", json.loads(json.dumps(task.config)))
    for number in range(9):
        read = read_window(again, number)
        assert read.batch.key_mask is None
        assert read.batch.inputs.all()
        assert "" not in read.labels
        assert read.labels[-1] != ""


def test_labels_say_what_was_read():
    characters = NextCharacter("rhyme", TEXT, length=8)
    assert "".join(read_window(characters, 0).labels) in TEXT.decode()
    texts = (("a", "dog", "saw", "a", "cat"),) * 6
    words = NextWord(Corpus("tiny", texts, texts, texts), length=4, words=10)
    assert list(read_window(words, 0).labels) == ["a", "dog", "saw", "a"]

    class Other:
        name = "other"

    assert list(labels_of(Other(), np.array([3, 1]))) == ["3", "1"]


@pytest.mark.parametrize("number", [-1, 10_000])
def test_there_is_no_such_window(number):
    with pytest.raises(InputError, match=f"no window {number}"):
        read_window(NextCharacter("rhyme", TEXT, length=8), number)


def test_a_task_without_text_is_named():
    with pytest.raises(InputError, match=r"simulate the \*\.head\.npz"):
        reopen("kws", {})


def test_tokens_of_a_file(tmp_path):
    path = tmp_path / "tokens.txt"
    path.write_text("3 1\n4 1 5\n")
    read = read_tokens(path, 6)
    assert read.batch.inputs.tolist() == [[3, 1, 4, 1, 5]]
    assert list(read.labels) == ["3", "1", "4", "1", "5"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"3 x", "more than the numbers"),
        (b"3", "give at least 2"),
        (b"3 6", "outside the vocabulary, 0 to 5"),
        (b"3 -1", "outside the vocabulary"),
        (b"3 99999999999999999999999", "more than the numbers"),
        (b"\xff\xfe\x00\x01", "is no text"),
        (None, "cannot read"),
    ],
)
def test_bad_files_of_tokens(tmp_path, content, message):
    path = tmp_path / "tokens.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_tokens(path, 6)
