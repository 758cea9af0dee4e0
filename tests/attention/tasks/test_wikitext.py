"""WikiText-2: paragraphs are texts, rare words stay unknown, the set is read whole."""

import pytest

from lohe.attention.tasks.next_word import NextWord
from lohe.attention.tasks.text import UNKNOWN
from lohe.attention.tasks.wikitext import load_wikitext, read_wikitext
from lohe.dynamics.errors import InputError


def write(folder, **files: str):
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


def test_lines_become_texts_of_lower_case_words(tmp_path):
    write(
        tmp_path, train=" \n = Big Cats = \n \n The <unk> sat @-@ up .\n", valid="A b", test="C\n"
    )
    corpus = read_wikitext(tmp_path)
    assert corpus.training == (
        ("=", "big", "cats", "="),
        ("the", UNKNOWN, "sat", "@-@", "up", "."),
    )
    assert (corpus.validation, corpus.test) == ((("a", "b"),), (("c",),))


def test_what_the_corpus_calls_unknown_has_number_zero(tmp_path):
    write(tmp_path, train="<unk> <unk> <unk> a\n" * 9, valid="a <unk>\n" * 9, test="a\n" * 9)
    task = NextWord(read_wikitext(tmp_path), length=2, words=3)
    assert task.vocabulary.words == (UNKNOWN, "<end>", "a")
    assert task.unknown_share("validation") == pytest.approx(1 / 3)


def test_missing_and_empty_files_are_named(tmp_path):
    write(tmp_path, train="a", valid="a")
    with pytest.raises(InputError, match=r"cannot read .*test\.txt"):
        read_wikitext(tmp_path)
    write(tmp_path, test="\n \n")
    with pytest.raises(InputError, match=r"test\.txt holds no word; verify"):
        read_wikitext(tmp_path)


@pytest.mark.data
def test_the_data_set_is_read_whole():
    try:
        corpus = load_wikitext()
    except InputError as error:
        pytest.skip(str(error))
    words = [sum(map(len, split)) for split in (corpus.training, corpus.validation, corpus.test)]
    assert words == [2_051_910, 213_886, 241_211]
