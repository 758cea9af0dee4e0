from hypothesis import given
from hypothesis import strategies as st

from lohe.reports.tokens import token, words

names = st.text("abc.'", min_size=1, max_size=4)


@given(st.lists(names, min_size=2, max_size=6))
def test_a_marked_sentence_gives_its_tokens_back(sentence):
    marked = [
        " ".join([*sentence[:k], f"[{word}]", *sentence[k + 1 :]])
        for k, word in enumerate(sentence)
    ]
    assert words(marked) == ("", tuple(sentence))


@given(st.lists(names, max_size=3), st.lists(names, min_size=2, max_size=5))
def test_what_labels_share_and_what_differs_make_them_up(shared, rest):
    labels = [" ".join([*shared, word]) for word in rest]
    common, parts = words(labels)
    assert [f"{common} {part}".strip() for part in parts] == labels
    assert all(parts)


@given(st.lists(st.text(max_size=8), max_size=4))
def test_any_labels_have_words(labels):
    assert len(words(labels)[1]) == len(labels)


def test_a_bracket_alone_is_the_token_itself():
    assert token("[PAD]") == "[PAD]"
    assert token("a [b] [c]") == "a [b] [c]"
