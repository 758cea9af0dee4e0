"""The claims of Nunley on phase models (arXiv 2606.11585 and 2606.18694), and our questions."""

from __future__ import annotations

from collections.abc import Iterator

from lohe.commands.bench_claims import Ahead, Tied
from lohe.commands.bench_verdict import Claim

__all__ = ["PHASES"]

_TITLES = {"enwik8": "enwik8", "shakespeare": "Tiny Shakespeare"}

_QUESTIONS = {
    "no-gate": "What does a model without gates lose?",
    "sigmoid-gate": "What does a gate between 0 and 1 lose?",
    "no-drift": "What does a model without drift lose?",
    "learned-drift": "What does a learned drift change?",
    "free-values": "Are free values as good as phases?",
    "offset": "What does an angle at which scores peak change?",
    "unseen-self": "What changes if no token sees itself?",
    "frustration": "What does a learned lag change?",
    "successor": "Is a pull towards successors as good as one towards the attended?",
    "both": "What do both pulls change?",
}


def _against_baseline(text: str) -> Iterator[Claim]:
    baseline, title = f"{text}-rotary", _TITLES[text]
    yield Ahead(
        f"{title}: a rotary transformer of as many parameters is 0.021 bits ahead of phases.",
        (baseline, f"{text}-kuramoto"),
        published=0.021,
    )
    yield Tied(
        f"{title}: do phases tie it if they are pulled towards successors, too?",
        (f"{text}-kuramoto-successors", baseline),
    )


def _parts() -> Iterator[Claim]:
    base = "enwik8-kuramoto-quarter"
    for name, question in _QUESTIONS.items():
        yield Tied(question, (f"{base}-{name}", base), margin=0.005)


PHASES: tuple[Claim, ...] = (
    *_against_baseline("enwik8"),
    *_against_baseline("shakespeare"),
    *_parts(),
)
"""Scores are bits per character, so that all is as published."""
