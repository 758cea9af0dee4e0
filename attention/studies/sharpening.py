"""Readouts that are sharpened by an exponent p, against softmax."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lohe.attention.studies.language import CORPORA, FOLDER, oscillators, softmax
from lohe.attention.studies.study import Arm, Study

__all__ = ["SHARPENING"]

_D = 32
_FEW = 3  # seeds of the arms that no claim rests on
_LONG = 256


def _power(corpus: str, p: int, name: str = "", *, d_osc: int = _D, **changes: Any) -> Arm:
    name = "-".join(filter(None, (f"p{p}", name)))
    return oscillators(corpus, d_osc, name, readout_exponent=p, **changes)


def _main(corpus: str) -> Iterator[Arm]:
    yield softmax(corpus)
    # Anchors are parameters that softmax lacks; 32 more hidden units outweigh them.
    yield softmax(corpus, "ff288", hidden=288)
    yield oscillators(corpus, _D)
    for p in (4, 8, 16):
        yield _power(corpus, p)
    yield _power(corpus, 8, "squareplus", coupling="squareplus")
    yield _power(corpus, 8, "relu", coupling="relu")
    yield _power(corpus, 8, "free", anchor_kind="free")
    yield oscillators(corpus, _D, "learned-p1", learned_exponent=True)
    # Anchors tell positions apart, so the encoding of positions may favour one mechanism.
    yield softmax(corpus, "learned-positions", positions="learned")
    yield _power(corpus, 8, "learned-positions", positions="learned")


def _more(corpus: str) -> Iterator[Arm]:
    yield oscillators(corpus, _D, "learned-positions", positions="learned", seeds=_FEW)
    yield softmax(corpus, "ff288-learned-positions", hidden=288, positions="learned", seeds=_FEW)
    yield _power(corpus, 2, seeds=_FEW)
    for d_osc in (2, 4, 8, 16):
        yield _power(corpus, 8, d_osc=d_osc, seeds=_FEW)
    for p in (4, 16):
        yield _power(corpus, p, "squareplus", coupling="squareplus", seeds=_FEW)
    yield _power(corpus, 16, "relu", coupling="relu", seeds=_FEW)
    yield oscillators(corpus, _D, "free", anchor_kind="free", seeds=_FEW)
    yield oscillators(
        corpus, _D, "learned-p8", learned_exponent=True, readout_exponent=8, seeds=_FEW
    )
    # Two tables of anchors, which 64 more hidden units outweigh.
    yield softmax(corpus, "ff320", hidden=320, seeds=_FEW)
    for p in (1, 8):
        yield _power(corpus, p, "content", anchor_kind="content", seeds=_FEW)
        yield _power(corpus, p, "two-sided", two_sided=True, seeds=_FEW)
        yield _power(
            corpus, p, "half-space", anchor_kind="half_space", anchor_margin=0.1, seeds=_FEW
        )
        yield _power(corpus, p, "coherent", coherence=0.1, seeds=_FEW)


def _long(corpus: str) -> Iterator[Arm]:
    # 128 more hidden units outweigh the anchors of 256 positions.
    larger = softmax(corpus, "ff384", hidden=384)
    for arm in (softmax(corpus), larger, oscillators(corpus, _D), _power(corpus, 8)):
        yield replace(
            arm, name=f"{arm.name}-T{_LONG}", options={"length": _LONG}, seeds=tuple(range(_FEW))
        )


SHARPENING = Study(
    name="sharpening",
    question=(
        "Do oscillators whose readout is raised to a power match softmax of as many parameters, "
        "without an exponential, and with which power, dimension, coupling and anchors?"
    ),
    arms=(
        *(arm for corpus in CORPORA for arm in _main(corpus)),
        *_more("stories"),
        *_long("stories"),
    ),
    metric="test_perplexity",
    larger_is_better=False,
    folder=FOLDER,
)
"""Beyond the paper."""
