"""The best epoch is kept, and a loss that is no number is never the best."""

import numpy as np

from lohe.attention.kept import keep_better
from lohe.attention.task import Batch


class Scripted:
    """A task whose validation losses are given."""

    def __init__(self, losses):
        self.losses = iter(losses)

    def batches(self, split, batch_size):
        yield Batch(inputs=np.zeros((1, 1)), targets=np.zeros(1))

    def loss(self, outputs, batch):
        return next(self.losses), lambda _: None


def test_the_smallest_loss_is_kept():
    losses = [np.nan, 3.0, 2.0, np.nan, 2.5]
    task, kept, best = Scripted(losses), None, []
    for epoch in range(len(losses)):
        kept = keep_better(kept, np.array([float(epoch)]), np.zeros((1, 1)), task)
        best.append(kept.vector[0])
    assert best == [0, 1, 2, 2, 2]
