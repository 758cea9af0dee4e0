"""Learning rates of the budget of language, for softmax and oscillators each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lohe.attention.studies.language import CORPORA, FOLDER, oscillators, softmax
from lohe.attention.studies.study import Arm, Study

__all__ = ["RECIPES"]

_RATES = (4e-3, 1.6e-2)  # the protocol has 8e-3


def _arms(corpus: str) -> Iterator[Arm]:
    models = (
        softmax(corpus, seeds=1),
        oscillators(corpus, 32, seeds=1),
        oscillators(corpus, 32, "p8", readout_exponent=8, seeds=1),
    )
    yield from models
    for rate in _RATES:
        for arm in models:
            yield replace(arm, name=f"{arm.name}-lr{rate:g}", recipe={"learning_rate": rate})


RECIPES = Study(
    name="recipes",
    question="Is the learning rate of the studies of language the best for every mechanism?",
    arms=tuple(arm for corpus in CORPORA for arm in _arms(corpus)),
    metric="validation_perplexity",
    larger_is_better=False,
    folder=FOLDER,
)
"""What the rate of the other studies was chosen by: one seed, scores on the validation split."""
