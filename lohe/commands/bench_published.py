"""The published claims on trained models, and our own questions.

Those on fixed-query attention are of Pasqualetti & Guo (arXiv 2606.12059), with the figures of the
authors' stored runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from lohe.attention.studies.linzen import LINZEN_RATES
from lohe.attention.studies.speech import SPEECH_RATES
from lohe.commands.bench_claims import Ahead, FailsLess, Loses, Tied
from lohe.commands.bench_gap_ratio import GapRatio
from lohe.commands.bench_published_momentum import MOMENTUM
from lohe.commands.bench_published_phases import PHASES
from lohe.commands.bench_verdict import Claim

__all__ = ["CLAIMS"]

_FF = (16, 32, 56, 64, 72)
_FAILED = 0.85

_AGREEMENT: tuple[Claim, ...] = (
    Ahead(
        "Oscillators get 5.27 points more of the hard sentences right (their padding and nouns).",
        ("fixed_query-ff64-open-ambiguous", "softmax-ff64-ambiguous"),
        published=0.0527,
        controls={
            "padding masked": ("fixed_query-ff64-ambiguous", "softmax-ff64-ambiguous"),
            "no ambiguous nouns either": ("fixed_query-ff64", "softmax-ff64"),
            "width 64, two layers": ("fixed_query-wide", "softmax-wide"),
        },
        failure=_FAILED,
    ),
    FailsLess(
        "No run with oscillators fails, one in five with softmax does (all five widths).",
        _FAILED,
        tuple(f"fixed_query-ff{hidden}" for hidden in _FF),
        tuple(f"softmax-ff{hidden}" for hidden in _FF),
        published=(0.0, 0.2),
        controls={"width 64, two layers": ("fixed_query-wide", "softmax-wide")},
    ),
)

_REAL_SENTENCES: tuple[Claim, ...] = (
    Ahead(
        "The same in real sentences with one attractor.",
        ("fixed_query-stock", "softmax-stock"),
        published=0.0527,
        controls={"width 64, two layers": ("fixed_query-wide", "softmax-wide")},
        recipes=LINZEN_RATES,
        chosen_by="validation_balanced_accuracy",
    ),
)

_SPEECH_CONTROLS = {
    "sinusoidal positions": ("fixed_query-sinusoidal", "softmax-sinusoidal"),
    "learned positions": ("fixed_query-learned", "softmax-learned"),
}

_KEYWORDS: tuple[Claim, ...] = (
    Ahead(
        "Oscillators get 1.00 point more of the keywords right.",
        ("fixed_query-none", "softmax-none"),
        published=0.01,
        controls=_SPEECH_CONTROLS,
        recipes=SPEECH_RATES,
    ),
    Ahead(
        "The same by the published recipe, which is made for eleven times the clips.",
        ("fixed_query-stock", "softmax-stock"),
        published=0.01,
    ),
    Loses(
        "Anchors tell positions apart: with no encoding, frames in random order cost oscillators "
        "accuracy, and softmax nothing.",
        ("fixed_query-none", "softmax-none"),
        "test_shuffled_accuracy",
    ),
)

_DIGITS: tuple[Claim, ...] = (
    Ahead(
        "The same of spoken digits.",
        ("fixed_query-none", "softmax-none"),
        published=0.01,
        controls=_SPEECH_CONTROLS,
    ),
)


def _language(corpus: str, ratio: float) -> Iterator[Claim]:
    base = f"{corpus}-softmax"
    yield GapRatio(
        f"From dimension 2 to 32 the gap to softmax closes to {100 * ratio:.0f} %.",
        (f"{corpus}-d32", base),
        (f"{corpus}-d2", base),
        published=ratio,
        controls={
            "softmax with queries of width 16 and 2": (
                (f"{base}-qk16", base),
                (f"{base}-qk2", base),
            )
        },
    )
    for d in (2, 16):
        yield Tied(
            f"Is what is missing at dimension {d} that of queries as narrow?",
            (f"{corpus}-d{d}", f"{base}-qk{d}"),
        )


_ABLATIONS: tuple[Claim, ...] = (
    Ahead(
        "Softplus is better than ReLU by 0.07 of perplexity.",
        ("stories-d8", "stories-d8-relu"),
        published=0.072,
    ),
    Tied("ELU + 1 is as good as softplus (9.782 against 9.784).", ("stories-d8-elu", "stories-d8")),
    GapRatio(
        "The gap does not close with width (theirs of dimension 2 on WikiText-2, 11.9 at width 256 "
        "and 12.3 at 128: 97 %; ours at 128 and 64).",
        ("stories-d8-width128", "stories-softmax-width128"),
        ("stories-d8", "stories-softmax"),
        published=0.97,
        contradiction=0.5,
    ),
    Tied("Are free anchors as good as unit ones?", ("stories-d8-free", "stories-d8")),
    Tied(
        "Are anchors in a half-space, where T4 holds for all inputs?",
        ("stories-d8-half-space", "stories-d8"),
    ),
)


def _beyond() -> Iterator[Claim]:
    """Yield what is asked of the stories alone, of fewer seeds."""
    for d in (2, 4, 8, 16):
        yield Tied(
            f"stories: Does p = 8 tie softmax at dimension {d}?",
            (f"stories-d{d}-p8", "stories-softmax"),
            more=("stories-softmax-ff288",),
        )
    yield Tied(
        "stories: Does p = 8 tie softmax on windows of 256?",
        ("stories-d32-p8-T256", "stories-softmax-T256"),
        more=("stories-softmax-ff384-T256",),
    )
    yield Tied(
        "stories: Does p = 8 tie softmax if both learn their positions?",
        ("stories-d32-p8-learned-positions", "stories-softmax-learned-positions"),
        more=("stories-softmax-ff288-learned-positions",),
    )
    for name in ("content", "two-sided", "half-space", "coherent"):
        for p, base in ((1, "stories-d32"), (8, "stories-d32-p8")):
            yield Tied(
                f"stories: What does {name} change at p = {p}?", (f"stories-d32-p{p}-{name}", base)
            )


def _sharpening(corpus: str) -> Iterator[Claim]:
    softmax = f"{corpus}-softmax"
    questions = {
        "Does p = 1 tie softmax?": "d32",
        "Does p = 4?": "d32-p4",
        "Does p = 8?": "d32-p8",
        "Does p = 16?": "d32-p16",
        "Does p = 8 with squareplus, without an exponential?": "d32-p8-squareplus",
        "Does p = 8 with ReLU?": "d32-p8-relu",
        "Does p = 8 with free anchors?": "d32-p8-free",
        "Does a learned p?": "d32-learned-p1",
    }
    for question, arm in questions.items():
        yield Tied(
            f"{corpus}: {question}", (f"{corpus}-{arm}", softmax), more=(f"{softmax}-ff288",)
        )


CLAIMS: Mapping[str, tuple[Claim, ...]] = MappingProxyType(
    {
        "sva": _AGREEMENT,
        "linzen": _REAL_SENTENCES,
        "kws": _KEYWORDS,
        "fsdd": _DIGITS,
        "stories": tuple(_language("stories", 0.24)),
        "wikitext": tuple(_language("wikitext", 0.27)),
        "ablations": _ABLATIONS,
        "kuramoto": PHASES,
        "accelerated": MOMENTUM,
        "sharpening": (*_sharpening("stories"), *_sharpening("wikitext"), *_beyond()),
    }
)
"""By study; a test holds that every arm they name is in it."""
