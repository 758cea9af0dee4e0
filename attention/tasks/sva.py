"""The subject-verb agreement task: tell whether the verb's form fits its subject.

Sentences are "the N V ." or, with a distractor between subject and verb, "the N P the N2 V .".
The verb agrees with its subject in half of them, and that is the label, read out as one logit at
the verb. This is our reading of the benchmark in Pasqualetti & Guo (arXiv 2606.12059): the verb's
form is among the inputs, so the label must not be readable off the verb alone. The words are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.losses import logistic
from lohe.attention.recipe import Recipe
from lohe.attention.task import Batch, Split
from lohe.attention.tasks.sva_words import AMBIGUOUS_NOUNS, NOUNS, PREPOSITIONS, VERBS
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError

__all__ = [
    "LENGTH",
    "RECIPE",
    "Sentences",
    "SubjectVerbAgreement",
    "agreement_config",
    "sva_config",
]

LENGTH = 7
"""Tokens of the longer template; the shorter one has 4 and is padded."""

RECIPE = Recipe(epochs=20, batch_size=64, learning_rate=5e-4, weight_decay=1e-4)
"""AdamW, cosine per step, clip 1, as the paper has it."""

_P_DISTRACTOR = 0.6
_P_DISTRACTOR_AGREES = 0.5
_P_GRAMMATICAL = 0.5

Floats = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Sentences:
    """Sentences as token numbers.

    Parameters
    ----------
    tokens : (N, 7) array of int
        0 is padding.
    verb : (N,) array of int
        Position of the verb.
    grammatical : (N,) bool array
        Whether the verb agrees with its subject: the label.
    hard : (N,) bool array
        Whether a distractor disagrees with the subject.
    """

    tokens: NDArray[np.int64]
    verb: NDArray[np.int64]
    grammatical: NDArray[np.bool_]
    hard: NDArray[np.bool_]


class SubjectVerbAgreement:
    """The task: 40,000 training, 4,000 validation and 4,000 test sentences.

    Parameters
    ----------
    seed : int
        Of the sentences. The splits are drawn independently of each other; the shorter template
        has only 6,000 sentences, so those recur in every split, the longer one 4.2 million.
    ambiguous : bool
        Put "fish" and "deer", whose plural is their singular, among the nouns, as the authors'
        lists do. With such a subject nothing tells which verb is right.
    sizes : (int, int, int)
        Sentences for training, validation and test.

    Raises
    ------
    InputError
        If a size is not positive.

    Examples
    --------
    >>> task = SubjectVerbAgreement(sizes=(64, 4, 4))
    >>> task.steps(64)
    1
    """

    name = "sva"

    def __init__(
        self,
        seed: int = 0,
        *,
        ambiguous: bool = False,
        sizes: tuple[int, int, int] = (40_000, 4_000, 4_000),
    ) -> None:
        if min(sizes) < 1:
            raise InputError(f"sizes are {sizes}; every split needs a sentence")
        self.config: Mapping[str, Any] = {
            "sentences_seed": seed,
            "ambiguous": ambiguous,
            "sizes": list(sizes),
        }
        nouns = (*NOUNS[: -len(AMBIGUOUS_NOUNS)], *AMBIGUOUS_NOUNS) if ambiguous else NOUNS
        words = ["", "the", ".", *PREPOSITIONS]
        words += [form for pair in (*nouns, *VERBS) for form in pair]
        self.vocabulary = tuple(dict.fromkeys(words))
        index = {word: number for number, word in enumerate(self.vocabulary)}
        self._nouns = np.array([[index[form] for form in pair] for pair in nouns])
        self._verbs = np.array([[index[form] for form in pair] for pair in VERBS])
        self._prepositions = np.array([index[word] for word in PREPOSITIONS])
        self._the, self._stop = index["the"], index["."]
        streams = np.random.SeedSequence(seed).spawn(3)
        self.training, self.validation, self.test = (
            self.draw(size, np.random.default_rng(stream))
            for size, stream in zip(sizes, streams, strict=True)
        )

    def draw(self, count: int, rng: np.random.Generator) -> Sentences:
        """Draw sentences: numbers, nouns, preposition and verb uniformly."""
        number = rng.integers(2, size=count)  # 0 singular, 1 plural; the forms' columns
        distracted = rng.random(count) < _P_DISTRACTOR
        agrees = rng.random(count) < _P_DISTRACTOR_AGREES
        grammatical = rng.random(count) < _P_GRAMMATICAL
        subject = self._nouns[rng.integers(len(self._nouns), size=count), number]
        other_number = np.where(agrees, number, 1 - number)
        other = self._nouns[rng.integers(len(self._nouns), size=count), other_number]
        form = np.where(grammatical, number, 1 - number)
        verb = self._verbs[rng.integers(len(self._verbs), size=count), form]
        preposition = rng.choice(self._prepositions, size=count)
        the, stop = np.full(count, self._the), np.full(count, self._stop)
        pad = np.zeros(count, dtype=np.int64)
        shorter = np.stack([the, subject, verb, stop, pad, pad, pad], axis=1)
        longer = np.stack([the, subject, preposition, the, other, verb, stop], axis=1)
        return Sentences(
            tokens=np.where(distracted[:, None], longer, shorter),
            verb=np.where(distracted, 5, 2),
            grammatical=grammatical,
            hard=distracted & ~agrees,
        )

    def split(self, name: Split) -> Sentences:
        """Return the sentences of a held-out split."""
        return {"validation": self.validation, "test": self.test}[name]

    def steps(self, batch_size: int) -> int:
        """Return the number of training batches of one epoch."""
        return -(-len(self.training.tokens) // batch_size)

    def training_batches(self, batch_size: int, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield one epoch of training batches in random order."""
        order = rng.permutation(len(self.training.tokens))
        for start in range(0, len(order), batch_size):
            yield _batch(self.training, order[start : start + batch_size])

    def batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        """Yield a held-out split in its order."""
        sentences = self.split(split)
        for start in range(0, len(sentences.tokens), batch_size):
            yield _batch(sentences, slice(start, start + batch_size))

    def loss(self, outputs: Floats, batch: Batch) -> tuple[float, Floats]:
        """Return the logistic loss of "grammatical" and its gradient."""
        value, pullback = logistic(outputs[:, 0], batch.targets)
        return value, pullback(1.0)[:, None]

    def score(self, outputs: Floats, split: Split) -> dict[str, float]:
        """Return the accuracy over all sentences, and over those whose distractor disagrees."""
        sentences = self.split(split)
        right = (outputs[:, 0] > 0) == sentences.grammatical
        scores = {"accuracy": float(right.mean())}
        if sentences.hard.any():
            scores["hard_accuracy"] = float(right[sentences.hard].mean())
        return scores

    @cached_property
    def words(self) -> NDArray[np.str_]:
        """The vocabulary as an array, for `labels`."""
        return np.array(self.vocabulary)

    def labels(self, split: Split) -> NDArray[np.str_]:
        """Return a label per token, (N, 7): its sentence with the token in brackets.

        Examples
        --------
        >>> str(SubjectVerbAgreement(sizes=(1, 1, 1)).labels("test")[0, 0])[:5]
        '[the]'
        """
        tokens = self.split(split).tokens
        rows = []
        for sentence in self.words[tokens].tolist():
            spoken = [word for word in sentence if word]
            marked = [
                " ".join([*spoken[:i], f"[{word}]", *spoken[i + 1 :]])
                for i, word in enumerate(spoken)
            ]
            rows.append(marked + [""] * (LENGTH - len(spoken)))
        return np.array(rows)


def _batch(sentences: Sentences, chosen: slice | NDArray[np.int64]) -> Batch:
    tokens = sentences.tokens[chosen]
    return Batch(
        inputs=tokens,
        targets=sentences.grammatical[chosen],
        key_mask=tokens != 0,
        position=sentences.verb[chosen],
    )


def sva_config(task: SubjectVerbAgreement, **changes: Any) -> TransformerConfig:
    """Return the paper's model for the task; see `agreement_config`."""
    return agreement_config(**({"context": LENGTH, "vocabulary": len(task.vocabulary)} | changes))


def agreement_config(**changes: Any) -> TransformerConfig:
    """Return the paper's model for agreement: width 32, 1 head, 1 layer, d_osc 2.

    Attention is not causal: padding, at the end, is masked as keys.

    Parameters
    ----------
    **changes
        Fields of `TransformerConfig` to set, ``context`` and ``vocabulary`` at least.
    """
    protocol: dict[str, Any] = {
        "outputs": 1,
        "width": 32,
        "heads": 1,
        "layers": 1,
        "hidden": 64,
        "d_osc": 2,
        "positions": "sinusoidal",
        "readout": "position",
        "dropout": 0.1,
    }
    return TransformerConfig(**(protocol | changes))
