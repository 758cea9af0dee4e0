"""The sentences follow the templates, the label follows the grammar, the shares follow the law."""

import math

import numpy as np
import pytest

from lohe.attention.losses import logistic
from lohe.attention.tasks.sva import SubjectVerbAgreement
from lohe.attention.tasks.sva_words import AMBIGUOUS_NOUNS, NOUNS, PREPOSITIONS, VERBS
from lohe.dynamics.errors import InputError

TASK = SubjectVerbAgreement()
NUMBER = {form: column for pair in NOUNS for column, form in enumerate(pair)}
VERB_NUMBER = {form: column for pair in VERBS for column, form in enumerate(pair)}


def test_word_lists():
    assert (len(NOUNS), len(VERBS), len(PREPOSITIONS)) == (50, 30, 7)
    words = [form for pair in (*NOUNS, *VERBS) for form in pair]
    assert len(set(words)) == 160
    assert not set(words) & {*PREPOSITIONS, "the", ".", ""}
    assert len(TASK.vocabulary) == 170


@pytest.mark.parametrize("split", ["validation", "test"])
def test_sentences_and_labels_follow_the_grammar(split):
    sentences = TASK.split(split)
    for row, tokens in enumerate(TASK.words[sentences.tokens].tolist()):
        spoken = [word for word in tokens if word]
        if len(spoken) == 4:
            article, subject, verb, stop = spoken
            other = None
        else:
            article, subject, preposition, article2, other, verb, stop = spoken
            assert preposition in PREPOSITIONS
            assert article2 == "the"
        assert (article, stop, tokens[sentences.verb[row]]) == ("the", ".", verb)
        assert sentences.grammatical[row] == (NUMBER[subject] == VERB_NUMBER[verb])
        assert sentences.hard[row] == (other is not None and NUMBER[other] != NUMBER[subject])


def test_shares_follow_the_law():
    sentences = TASK.training
    count = len(sentences.tokens)
    assert count == 40_000
    plural = np.isin(TASK.words[sentences.tokens[:, 1]], [pair[1] for pair in NOUNS])
    for share, law in (
        ((sentences.verb == 5).mean(), 0.6),
        (sentences.hard.mean(), 0.3),
        (sentences.grammatical.mean(), 0.5),
        (plural.mean(), 0.5),
    ):
        assert abs(share - law) < 5 * math.sqrt(law * (1 - law) / count)
    for column, law in ((1, 1 / 100), (4, 1 / 100)):
        rows = (
            sentences.tokens[:, column] if column == 1 else sentences.tokens[sentences.verb == 5, 4]
        )
        shares = np.unique(rows, return_counts=True)[1] / len(rows)
        assert len(shares) == 100
        assert np.abs(shares - law).max() < 6 * math.sqrt(law / len(rows))


def test_label_cannot_be_read_off_one_word():
    """No position's word alone predicts the label much better than a coin."""
    sentences = TASK.training
    for column in range(7):
        for word in np.unique(sentences.tokens[:, column]):
            label = sentences.grammatical[sentences.tokens[:, column] == word]
            assert abs(label.mean() - 0.5) < 5.5 * 0.5 / math.sqrt(len(label))


def test_splits_are_drawn_apart():
    longer = [
        {tuple(row) for row in split.tokens[split.verb == 5].tolist()}
        for split in (TASK.training, TASK.validation, TASK.test)
    ]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert len(longer[one] & longer[other]) < 0.02 * min(len(longer[one]), len(longer[other]))
    again = SubjectVerbAgreement()
    assert np.array_equal(again.test.tokens, TASK.test.tokens)
    assert not np.array_equal(SubjectVerbAgreement(seed=1).test.tokens, TASK.test.tokens)


def test_ambiguous_nouns_are_behind_a_flag():
    ambiguous = {pair[0] for pair in AMBIGUOUS_NOUNS}
    assert not ambiguous & set(TASK.vocabulary)
    task = SubjectVerbAgreement(ambiguous=True, sizes=(1000, 1, 1))
    assert ambiguous <= set(task.vocabulary)
    assert len(task.vocabulary) == 168
    subjects = task.words[task.training.tokens[:, 1]]
    assert 0.01 < np.isin(subjects, list(ambiguous)).mean() < 0.08


def test_an_epoch_sees_every_sentence_once():
    task = SubjectVerbAgreement(sizes=(130, 5, 5))
    batches = list(task.training_batches(64, np.random.default_rng(0)))
    assert len(batches) == task.steps(64) == 3
    seen = np.concatenate([batch.inputs for batch in batches])
    assert sorted(map(tuple, seen)) == sorted(map(tuple, task.training.tokens))
    for batch in batches:
        assert np.array_equal(batch.key_mask, batch.inputs != 0)


def test_loss_and_score():
    task = SubjectVerbAgreement(sizes=(1, 40, 40))
    (batch,) = task.batches("test", 100)
    outputs = np.where(batch.targets, 3.0, -3.0)[:, None]
    assert task.score(outputs, "test") == {"accuracy": 1.0, "hard_accuracy": 1.0}
    assert task.score(-outputs, "test") == {"accuracy": 0.0, "hard_accuracy": 0.0}
    loss, gradient = task.loss(outputs, batch)
    assert loss == pytest.approx(math.log1p(math.exp(-3)))
    assert np.array_equal(gradient[:, 0], logistic(outputs[:, 0], batch.targets)[1](1.0))


def test_labels_mark_each_token_in_its_sentence():
    task = SubjectVerbAgreement(sizes=(1, 60, 1))
    labels = task.labels("validation")
    assert labels.shape == (60, 7)
    for row, tokens in enumerate(task.words[task.validation.tokens].tolist()):
        for column, word in enumerate(tokens):
            if word:
                assert f"[{word}]" in labels[row, column].split()
                assert labels[row, column].replace("[", "").replace("]", "") == " ".join(
                    w for w in tokens if w
                )
            else:
                assert labels[row, column] == ""


def test_bad_sizes_are_named():
    with pytest.raises(InputError, match="every split"):
        SubjectVerbAgreement(sizes=(10, 0, 1))
