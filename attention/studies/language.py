"""Language models of oscillators of several dimensions, against softmax of as many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lohe.attention.studies.study import Arm, Study

__all__ = [
    "CORPORA",
    "FOLDER",
    "STORIES",
    "STORIES_FULL",
    "WIKITEXT",
    "WIKITEXT_FULL",
    "oscillators",
    "softmax",
]

CORPORA = ("stories", "wikitext")
FOLDER = "language"
"""Of the runs of all studies of language, which have arms in common."""

_SEEDS = 5


def softmax(corpus: str, name: str = "", *, seeds: int = _SEEDS, **model: Any) -> Arm:
    """Return an arm of softmax attention, called ``CORPUS-softmax`` and ``-NAME`` if there is one.

    Parameters
    ----------
    corpus
        A setting of language; see `CORPORA`.
    name
        What is different, for people.
    seeds
        Number of runs.
    **model
        Fields of `TransformerConfig` to set otherwise than the setting does.
    """
    name = "-".join(filter(None, (corpus, "softmax", name)))
    return Arm(name, corpus, model={"mechanism": "softmax"} | model, seeds=tuple(range(seeds)))


def oscillators(
    corpus: str, d_osc: int, name: str = "", *, seeds: int = _SEEDS, **model: Any
) -> Arm:
    """Return an arm of fixed-query attention, called ``CORPUS-dD_OSC`` and so on; see `softmax`."""
    name = "-".join(filter(None, (corpus, f"d{d_osc}", name)))
    model = {"mechanism": "fixed_query", "d_osc": d_osc} | model
    return Arm(name, corpus, model=model, seeds=tuple(range(seeds)))


def _arms(corpus: str) -> Iterator[Arm]:
    yield softmax(corpus)
    for d_osc in (2, 4, 8, 16, 32):
        yield oscillators(corpus, d_osc)
    for d_qk in (2, 4, 8, 16):
        yield softmax(corpus, f"qk{d_qk}", d_qk=d_qk)


def _study(name: str, title: str, folder: str) -> Study:
    return Study(
        name=name,
        question=(
            f"On {title}, does the gap of oscillators to softmax close as their dimension grows, "
            "and is it smaller than that of softmax whose queries and keys are as narrow?"
        ),
        arms=tuple(_arms(name)),
        metric="test_perplexity",
        larger_is_better=False,
        folder=folder,
    )


STORIES = _study("stories", "the sample of TinyStories", FOLDER)
"""The paper's gap at dimension 32 is 24 % of that at 2."""

WIKITEXT = _study("wikitext", "a quarter of WikiText-2", FOLDER)
"""The paper's gap at dimension 32 is 27 % of that at 2."""

STORIES_FULL = _study("stories-full", "TinyStories by the paper's protocol", "language-full")
WIKITEXT_FULL = _study("wikitext-full", "WikiText-2 by the paper's protocol", "language-full")
