"""How the word tasks are trained: the published protocol, and ours for small data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lohe.attention.recipe import Recipe
from lohe.attention.tasks.augment import NONE, Augmentation
from lohe.attention.tasks.logmel import BANDS, FRAMES
from lohe.attention.transformer_config import TransformerConfig

__all__ = ["PROTOCOLS", "SMALL_DATA", "STOCK", "Protocol", "word_config"]


@dataclass(frozen=True)
class Protocol:
    """Optimiser, length and augmentation of a run; the model is `word_config` in both."""

    recipe: Recipe
    augmentation: Augmentation


STOCK = Protocol(
    Recipe(
        epochs=30,
        batch_size=64,
        learning_rate=1e-3,
        weight_decay=1e-4,
        decay="gradient",
        schedule="cosine",
        schedule_per="epoch",
    ),
    NONE,
)
"""As published, on eleven times the clips: Adam, 30 epochs, no augmentation."""

SMALL_DATA = Protocol(
    Recipe(
        epochs=60,
        batch_size=64,
        learning_rate=1e-2,
        weight_decay=1e-4,
        decay="gradient",
        schedule="cosine",
        schedule_per="epoch",
    ),
    Augmentation(shift=4, tempo=0.15, warp=0.1, gain=1),
)
"""Ours for about 2,600 clips: chosen for oscillators, on the validation clips of keywords alone.

With an eleventh of the clips an epoch has an eleventh of the steps, and the stock rate stops
short: 0.57 of the validation clips right, 0.59 after 60 epochs. Ten times the rate learns the
training clips by heart (0.77); varying onset, loudness, tempo and vocal tract then carries over to
new speakers (0.81). Blanking stripes (0.74) and mixing background noise in (0.61) did not help a
model of this size, and 120 epochs (0.83) are better by no more than chance on 283 clips. The
two protocols are means of three seeds, the others one seed each: benchmarks/results/kws.json. All
but the two protocols were tried with oscillators alone, so the study of keywords has arms of both
mechanisms at 0.3 and 3 times the rate, and each can be judged at its own best.
"""

PROTOCOLS = {"stock": STOCK, "small": SMALL_DATA}
"""By the name on the command line."""


def word_config(words: int = 10, **changes: Any) -> TransformerConfig:
    """Return the stock model: width 32, 2 heads, 1 layer, mean-pool, no positional encoding.

    Parameters
    ----------
    words
        To tell apart.
    **changes
        Fields of `TransformerConfig` to set otherwise.

    Examples
    --------
    >>> config = word_config(mechanism="softmax")
    >>> config.context, config.features, config.hidden
    (49, 40, 128)
    """
    stock: dict[str, Any] = {
        "context": FRAMES,
        "outputs": words,
        "features": BANDS,
        "width": 32,
        "heads": 2,
        "layers": 1,
        "hidden": 4 * 32,
        "d_osc": 2,
        "positions": "none",
        "readout": "mean",
        "dropout": 0.1,
    }
    return TransformerConfig(**(stock | changes))
