"""The study of agreement past a distractor, in made-up sentences."""

from __future__ import annotations

from typing import Any

from lohe.attention.studies.study import SOFTMAX, Arm, Study

__all__ = ["SVA"]

_HIDDEN = (64, 16, 32, 56, 72)
_SEEDS = tuple(range(20))


def _templates(name: str, *, ambiguous: bool = False, **model: Any) -> Arm:
    options = {"ambiguous": True} if ambiguous else {}
    return Arm(name, "sva", options, model, seeds=_SEEDS)


def _pair(name: str, *, ambiguous: bool = False, **model: Any) -> tuple[Arm, Arm]:
    """Return oscillators and softmax of one shape."""
    return (
        _templates(f"fixed_query-{name}", ambiguous=ambiguous, **model),
        _templates(f"softmax-{name}", ambiguous=ambiguous, **SOFTMAX, **model),
    )


SVA = Study(
    name="sva",
    question=(
        "Do oscillators keep agreement past a distractor where softmax fails in one run of five, "
        "and is it the width of the feed-forward layer, the padding or the word list that decides?"
    ),
    arms=(
        *(arm for hidden in _HIDDEN for arm in _pair(f"ff{hidden}", hidden=hidden)),
        # The authors' layer lets padding keep weight in the readout; "fish" and "deer" are theirs.
        _templates("fixed_query-ff64-open", hidden=64, mask_readout=False),
        *_pair("ff64-ambiguous", ambiguous=True, hidden=64),
        _templates(
            "fixed_query-ff64-open-ambiguous",
            ambiguous=True,
            hidden=64,
            mask_readout=False,
        ),
        *_pair("wide", width=64, hidden=128, layers=2),
    ),
    metric="test_hard_accuracy",
    failure=0.85,
)
"""The paper's task: +5.27 points on hard sentences and no failed run are claimed."""
