"""The study of agreement past a distractor, in made-up sentences."""

from __future__ import annotations

from typing import Any

from lohe.attention.studies.study import Arm, Study

__all__ = ["SVA"]

_MECHANISMS = ("fixed_query", "softmax")
_HIDDEN = (64, 16, 32, 56, 72)
_SEEDS = tuple(range(20))


def _templates(name: str, *, ambiguous: bool = False, **model: Any) -> Arm:
    options = {"ambiguous": True} if ambiguous else {}
    return Arm(name, "sva", options=options, model=model, seeds=_SEEDS)


SVA = Study(
    name="sva",
    question=(
        "Do oscillators keep agreement past a distractor where softmax fails in one run of five, "
        "and is it the width of the feed-forward layer, the padding or the word list that decides?"
    ),
    arms=(
        *(
            _templates(f"{mechanism}-ff{hidden}", mechanism=mechanism, hidden=hidden)
            for hidden in _HIDDEN
            for mechanism in _MECHANISMS
        ),
        # The authors' layer lets padding keep weight in the readout; "fish" and "deer" are theirs.
        _templates("fixed_query-ff64-open", hidden=64, mask_readout=False),
        _templates("fixed_query-ff64-ambiguous", ambiguous=True, hidden=64),
        _templates("softmax-ff64-ambiguous", ambiguous=True, hidden=64, mechanism="softmax"),
        _templates(
            "fixed_query-ff64-open-ambiguous", ambiguous=True, hidden=64, mask_readout=False
        ),
        *(
            _templates(f"{mechanism}-wide", mechanism=mechanism, width=64, hidden=128, layers=2)
            for mechanism in _MECHANISMS
        ),
    ),
    metric="test_hard_accuracy",
    failure=0.85,
)
"""The paper's task: +5.27 points on hard sentences and no failed run are claimed."""
