"""The heads of a trained model on real tokens, ready to be certified."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.head import Head
from lohe.attention.task import Batch
from lohe.attention.transformer import Model, apply_transformer
from lohe.dynamics.errors import InputError

__all__ = ["export_heads"]

Floats = NDArray[Any]


def export_heads(
    model: Model,
    batches: Iterable[Batch],
    *,
    labels: NDArray[np.str_] | None = None,
    name: str = "model",
) -> list[Head]:
    """Run a fixed-query model and keep what each of its heads saw.

    Parameters
    ----------
    model
        The trained model; dropout is off.
    batches
        Sequences of one common length T, N in all.
    labels : (N, T) array of str, optional
        What each token is.
    name
        Start of each head's name.

    Returns
    -------
    list of Head
        Layer by layer, head by head; sequences are numbered 0, 1, 2, ... in the batches' order.

    Raises
    ------
    InputError
        If the model's attention is softmax, which has no oscillators, or there is no batch.

    Notes
    -----
    Oscillators of padding are dropped when a head becomes a network.
    """
    config = model.config
    if config.mechanism != "fixed_query":
        raise InputError(f"{config.mechanism} attention has no oscillators; train fixed_query")
    seen: dict[int, list[tuple[Floats, Floats, Floats]]] = {i: [] for i in range(config.layers)}
    masks: list[NDArray[np.bool_]] = []
    for batch in batches:
        apply_transformer(
            model, batch, observe=lambda layer, *parts: seen[layer].append(_copied(*parts))
        )
        shape = batch.inputs.shape[:2]
        masks.append(np.ones(shape, bool) if batch.key_mask is None else batch.key_mask)
    if not masks:
        raise InputError("there is no batch to export the heads on")
    key_mask = np.concatenate(masks)
    heads = []
    for layer, parts in seen.items():
        q, k = (np.concatenate([part[index] for part in parts]) for index in (0, 1))
        anchors = parts[0][2]
        heads += [
            Head(
                np.ascontiguousarray(q[:, head]),
                np.ascontiguousarray(k[:, head]),
                anchors[head],
                coupling=config.coupling,
                causal=config.causal,
                key_mask=None if key_mask.all() else key_mask,
                labels=labels,
                sequence=np.arange(len(key_mask)),
                readout_exponent=config.readout_exponent,
                anchor_kind=config.anchor_kind,
                name=f"{name} layer {layer} head {head}",
                mask_readout=config.mask_readout,
            )
            for head in range(config.heads)
        ]
    return heads


def _copied(q: Floats, k: Floats, anchors: Floats | None) -> tuple[Floats, Floats, Floats]:
    assert anchors is not None
    return q.copy(), k.copy(), anchors.copy()
