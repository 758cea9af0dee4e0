"""Shuffled frames are told apart by models that know positions, and by no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lohe.attention.initialise import initialise
from lohe.attention.model import Model
from lohe.attention.task import Batch, Split
from lohe.attention.tasks.frame_shuffle import shuffled_accuracy
from lohe.attention.training import evaluate
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError


class Frames:
    """Random clips; the answers are what a given model says of them in their order."""

    name = "frames"
    config: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.inputs = np.random.default_rng(0).normal(size=(300, 12, 5))
        self.targets = np.zeros(300, dtype=np.int64)

    def batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        assert split == "test"
        for start in range(0, 300, batch_size):
            part = slice(start, start + batch_size)
            yield Batch(self.inputs[part], self.targets[part])

    def score(self, outputs: NDArray[Any], split: Split) -> dict[str, float]:
        assert split == "test"
        return {"accuracy": float(np.mean(outputs.argmax(axis=-1) == self.targets))}


def model(**changes: Any) -> Model:
    config = TransformerConfig(
        context=12, outputs=4, features=5, width=8, heads=2, hidden=8, **changes
    )
    parameters = initialise(config, np.random.default_rng(1), np.float64)
    parameters.vector[:] += np.random.default_rng(2).normal(0, 0.5, parameters.vector.shape)
    return Model(config, parameters)


@pytest.mark.parametrize(
    ("options", "knows"),
    [
        ({"mechanism": "softmax"}, False),
        ({"mechanism": "softmax", "positions": "sinusoidal"}, True),
        ({}, True),  # anchors are a positional code
        ({"anchor_kind": "content"}, False),
    ],
)
def test_order_matters_where_positions_do(options: dict[str, Any], knows: bool) -> None:
    task: Any = Frames()
    trained = model(**({"positions": "none"} | options))
    task.targets = evaluate(trained, task, "test").argmax(axis=-1)
    score = shuffled_accuracy(trained, task)
    assert score == shuffled_accuracy(trained, task)
    assert (score < 1.0) == knows


def test_no_shuffles_are_refused() -> None:
    with pytest.raises(InputError, match="0 shuffles"):
        shuffled_accuracy(model(), Frames(), shuffles=0)  # type: ignore[arg-type]
