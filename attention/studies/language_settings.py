"""Language modelling as studies train on it: a budget for two cores, and the paper's protocols."""

from __future__ import annotations

from dataclasses import replace

from lohe.attention.model import Model
from lohe.attention.recipe import Recipe
from lohe.attention.studies.describe import describe_attention
from lohe.attention.studies.study import Setting
from lohe.attention.task import Task
from lohe.attention.tasks.next_word import NextWord, language_config
from lohe.attention.tasks.stories import load_stories
from lohe.attention.tasks.text import Corpus
from lohe.attention.tasks.wikitext import load_wikitext

__all__ = ["stories", "stories_full", "wikitext", "wikitext_full"]

# 1,464 steps are few, so the rate is far above the paper's; `lohe bench recipes` tries others.
_BUDGET = Recipe(epochs=3, batch_size=16, learning_rate=8e-3, weight_decay=1e-4)
_PAPER = Recipe(
    epochs=5,
    batch_size=256,
    learning_rate=5e-4,
    weight_decay=1e-4,
    schedule="constant",
    keep="best",
)


def stories(*, words: int = 2000, tokens: int | None = 500_000, length: int = 64) -> Setting:
    """Return short stories within a budget of a core-minute a run.

    Parameters
    ----------
    words
        Size of the vocabulary.
    tokens
        Train on so many tokens at most.
    length
        Tokens of a window.
    """
    return _budget(load_stories(), words, tokens, length)


def wikitext(*, words: int = 2000, tokens: int | None = 500_000, length: int = 64) -> Setting:
    """Return WikiText-2 within the same budget; see `stories`."""
    return _budget(load_wikitext(), words, tokens, length)


def stories_full() -> Setting:
    """Return the protocol of Pasqualetti & Guo (arXiv 2606.12059) for TinyStories.

    Made for the whole data set and an accelerator.
    """
    return _paper(load_stories(), words=8004, length=128, recipe=_PAPER)


def wikitext_full() -> Setting:
    """Return their protocol for WikiText-2: 30 epochs of batches of 64."""
    recipe = replace(_PAPER, epochs=30, batch_size=64)
    return _paper(load_wikitext(), words=10_000, length=50, recipe=recipe)


def _budget(corpus: Corpus, words: int, tokens: int | None, length: int) -> Setting:
    task = NextWord(corpus, length=length, words=words, tokens=tokens)
    return Setting(task, language_config(task, heads=2, hidden=256), _BUDGET, _examine)


def _paper(corpus: Corpus, *, words: int, length: int, recipe: Recipe) -> Setting:
    task = NextWord(corpus, length=length, words=words)
    config = language_config(task, width=128, heads=4, hidden=512)
    return Setting(task, config, recipe, _examine)


def _examine(model: Model, task: Task) -> dict[str, float]:
    assert isinstance(task, NextWord)
    return {"test_unknown_share": task.unknown_share("test"), **describe_attention(model, task)}
