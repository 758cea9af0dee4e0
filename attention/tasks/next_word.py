"""Language modelling: predict every next word of a corpus.

Pasqualetti & Guo (arXiv 2606.12059) take 8,004 words and windows of 128 tokens for stories, 10,000
words and windows of 50 for WikiText-2; sizes here are parameters, and the smaller defaults fit one
core.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.task import Split
from lohe.attention.tasks.text import Corpus, Vocabulary
from lohe.attention.tasks.windows import Windows
from lohe.attention.transformer_config import TransformerConfig

__all__ = ["NextWord", "language_config"]

Floats = NDArray[Any]


class NextWord(Windows):
    """Predict every next word in windows of a stream of texts.

    The texts of a split follow one another, each closed by an end token.

    Parameters
    ----------
    corpus
        See `load_stories` and `load_wikitext`.
    length : int
        Tokens T of a window.
    words : int
        Size of the vocabulary, which comes from all training texts; see `Vocabulary`.
    tokens : int, optional
        Train on so many tokens at most, the first ones, and validate on a tenth as many.

    Raises
    ------
    InputError
        If a split is shorter than two windows.
    """

    def __init__(
        self, corpus: Corpus, *, length: int = 128, words: int = 4000, tokens: int | None = None
    ) -> None:
        self.vocabulary = Vocabulary(corpus.training, words)
        streams = {
            "training": self.vocabulary.encode(corpus.training)[:tokens],
            "validation": self.vocabulary.encode(corpus.validation)[: tokens and tokens // 10],
            "test": self.vocabulary.encode(corpus.test),
        }
        super().__init__(corpus.name, streams, length, len(self.vocabulary))
        self.config = {
            "length": length,
            "words": len(self.vocabulary),
            "tokens": self.sizes(),
            "sha256": self.digest(),
        }

    def unknown_share(self, split: Split) -> float:
        """Return the share of a split's tokens that the vocabulary does not hold."""
        return float((self._streams[split] == 0).mean())

    def score(self, outputs: Floats, split: Split) -> dict[str, float]:
        """Return the perplexity: e to the mean loss of a token, unknown words and ends included."""
        return {"perplexity": float(np.exp(outputs.mean(dtype=np.float64)))}

    def labels(self, split: Split, windows: int) -> NDArray[np.str_]:
        """Return the words of a held-out split's first windows, (windows, T)."""
        words = np.array(self.vocabulary.words)
        return np.asarray(words[next(self.batches(split, windows)).inputs])


def language_config(task: Windows, **changes: Any) -> TransformerConfig:
    """Return the default model for the task: causal, 2 layers of 4 heads, width 64.

    The paper's is twice as wide, with a feed-forward layer of width 512.

    Parameters
    ----------
    task
        Gives the vocabulary and the context.
    **changes
        Fields of `TransformerConfig` to set otherwise.
    """
    defaults: dict[str, Any] = {
        "context": task.length,
        "outputs": task.symbols,
        "vocabulary": task.symbols,
        "width": 64,
        "heads": 4,
        "layers": 2,
        "hidden": 256,
        "d_osc": 2,
        "positions": "sinusoidal",
        "readout": "next",
        "causal": True,
        "dropout": 0.1,
    }
    return TransformerConfig(**(defaults | changes))
