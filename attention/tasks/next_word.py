"""Language modelling: predict every next word of a corpus.

Pasqualetti & Guo (arXiv 2606.12059) take 8,004 words and windows of 128 tokens for stories, 10,000
words and windows of 50 for WikiText-2; sizes here are parameters, and the smaller defaults fit one
core.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.task import Batch, Split
from lohe.attention.tasks.text import Corpus, Vocabulary
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError

__all__ = ["NextWord", "language_config"]

Floats = NDArray[Any]


class NextWord:
    """Predict every next word in windows of a stream of texts.

    The texts of a split follow one another, each closed by an end token, and are cut into
    windows of T inputs, whose targets are the inputs one later. Training windows start at a phase
    drawn for each epoch; held-out ones at the beginning. What is left at the end is not used.

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
        self.name = corpus.name
        self.vocabulary = Vocabulary(corpus.training, words)
        self.length = length
        self._streams = {
            "training": self.vocabulary.encode(corpus.training)[:tokens],
            "validation": self.vocabulary.encode(corpus.validation)[: tokens and tokens // 10],
            "test": self.vocabulary.encode(corpus.test),
        }
        for name, stream in self._streams.items():
            if len(stream) <= 2 * length:
                raise InputError(
                    f"the {name} texts of {corpus.name} make less than two windows of {length}"
                )
        self.config: Mapping[str, Any] = {
            "length": length,
            "words": len(self.vocabulary),
            "tokens": {name: len(stream) for name, stream in self._streams.items()},
            "sha256": hashlib.sha256(
                b"".join(stream.astype("<i8").tobytes() for stream in self._streams.values())
            ).hexdigest(),
        }

    def unknown_share(self, split: Split) -> float:
        """Return the share of a split's tokens that the vocabulary does not hold."""
        return float((self._streams[split] == 0).mean())

    def steps(self, batch_size: int) -> int:
        """Return the number of training batches of one epoch."""
        return -(-self._training_windows() // batch_size)

    def training_batches(self, batch_size: int, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield one epoch of training batches in random order, from a random phase."""
        phase = int(rng.integers(self.length))
        order = rng.permutation(self._training_windows())
        yield from self._cut(self._streams["training"][phase:], order, batch_size)

    def batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        """Yield a held-out split in its order."""
        stream = self._streams[split]
        yield from self._cut(stream, np.arange((len(stream) - 1) // self.length), batch_size)

    def loss(self, outputs: Floats, batch: Batch) -> tuple[float, Floats]:
        """Return the mean of the positions' losses, which the model gives, and its gradient."""
        share = outputs.dtype.type(1 / outputs.size)
        return float(outputs.mean()), np.full_like(outputs, share)

    def score(self, outputs: Floats, split: Split) -> dict[str, float]:
        """Return the perplexity: e to the mean loss of a token, unknown words and ends included."""
        return {"perplexity": float(np.exp(outputs.mean(dtype=np.float64)))}

    def labels(self, split: Split, windows: int) -> NDArray[np.str_]:
        """Return the words of a held-out split's first windows, (windows, T)."""
        words = np.array(self.vocabulary.words)
        return np.asarray(words[next(self.batches(split, windows)).inputs])

    def _training_windows(self) -> int:
        # One window fewer than the stream holds, so that every phase leaves as many.
        return (len(self._streams["training"]) - 1) // self.length - 1

    def _cut(
        self, stream: NDArray[np.int64], windows: NDArray[np.int64], batch_size: int
    ) -> Iterator[Batch]:
        """Yield numbered windows of a stream; each begins with the last target of that before."""
        for start in range(0, len(windows), batch_size):
            first = windows[start : start + batch_size, None] * self.length
            tokens = stream[first + np.arange(self.length + 1)]
            yield Batch(inputs=tokens[:, :-1], targets=tokens[:, 1:])


def language_config(task: NextWord, **changes: Any) -> TransformerConfig:
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
        "outputs": len(task.vocabulary),
        "vocabulary": len(task.vocabulary),
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
