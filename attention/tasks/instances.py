"""What a trained language model leaves to be certified: its heads on the first of its test text."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import numpy as np

from lohe.attention.architecture import KURAMOTO, TRANSFORMER, architecture_of
from lohe.attention.export import save_heads
from lohe.attention.kuramoto.frozen import frozen_networks, why_no_network
from lohe.attention.model import Model
from lohe.attention.tasks.reading import labels_of, read_window
from lohe.attention.tasks.windows import Windows

__all__ = ["network_path", "save_instances"]


def save_instances(
    stem: str | os.PathLike[str], model: Model, task: Windows, *, windows: int = 1
) -> tuple[list[Path], str | None]:
    """Write a network or a head to a file for each head that is one.

    Parameters
    ----------
    stem
        What the files' names begin with.
    model
        Of any architecture.
    task
        The text.
    windows
        How many windows of the test text heads of fixed queries are exported on. The networks of
        phase models are of the first one: two would have two leaders, and never agree.

    Returns
    -------
    files : list of Path
    note : str or None
        Why there is none, if the model is not of a kind that never has one.

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    kind = architecture_of(model.config)
    if kind is TRANSFORMER and model.config.mechanism == "fixed_query":
        batches = list(islice(task.batches("test", 1), windows))
        labels = np.stack([labels_of(task, batch.inputs[0]) for batch in batches])
        heads, tokens = save_heads(stem, model, batches, labels=labels)
        return [*heads, *tokens], None
    if kind is not KURAMOTO:
        return [], None
    reason = why_no_network(model.config)
    if reason is not None:
        return [], reason
    read = read_window(task, 0)
    files = []
    for (layer, head), network in frozen_networks(
        model, read.batch.inputs[0], labels=read.labels
    ).items():
        files.append(network_path(stem, layer, head))
        network.save(files[-1])
    return files, None


def network_path(stem: str | os.PathLike[str], layer: int, head: int) -> Path:
    """Return where the network of a head goes.

    Examples
    --------
    >>> network_path("runs/a", 0, 1).name
    'a-layer0-head1.network.npz'
    """
    return Path(f"{os.fspath(stem)}-layer{layer}-head{head}.network.npz")
