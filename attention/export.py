"""The heads of a trained model on real tokens, ready to be certified."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.attended import Attended
from lohe.attention.head import Head
from lohe.attention.heads import head_weights
from lohe.attention.model import Model
from lohe.attention.task import Batch
from lohe.attention.transformer import apply_transformer
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError
from lohe.dynamics.tokens import COUPLING_NAMES, Tokens

__all__ = ["export_heads", "export_tokens", "save_heads", "states_tokens"]

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
    layers, key_mask = _watch(model, batches)
    heads = []
    for layer, seen in enumerate(layers):
        assert seen.anchors is not None
        exponents = np.broadcast_to(seen.exponent, (config.heads, 1, 1)).ravel()
        heads += [
            Head(
                np.ascontiguousarray(seen.q[:, head]),
                np.ascontiguousarray(seen.k[:, head]),
                np.ascontiguousarray(seen.anchors[..., head, :, :]),
                coupling=config.coupling,
                causal=config.causal,
                key_mask=None if key_mask.all() else key_mask,
                labels=labels,
                sequence=np.arange(len(key_mask)),
                readout_exponent=float(exponents[head]),
                anchor_kind="free" if config.anchor_kind == "free" else "unit",
                name=f"{name} layer {layer} head {head}",
                mask_readout=config.mask_readout,
                opposed=None
                if seen.opposed is None
                else np.ascontiguousarray(seen.opposed[..., head, :, :]),
            )
            for head in range(config.heads)
        ]
    return heads


def export_tokens(
    model: Model,
    batches: Iterable[Batch],
    *,
    labels: NDArray[np.str_] | None = None,
    sequences: int = 32,
) -> list[Tokens]:
    """Run a fixed-query model and keep each head's inputs and weights, for claims about inputs.

    Parameters
    ----------
    model, batches, labels
        As in `export_heads`.
    sequences
        How many of the N sequences to keep, spread evenly over them.

    Returns
    -------
    list of Tokens
        Layer by layer, head by head. They hold what enters the projections, after the norm, and
        speak of exact arithmetic on it; the model itself rounds to its own precision.

    Raises
    ------
    InputError
        As `export_heads`, and where `states_tokens` says no.
    """
    config = model.config
    if not states_tokens(config):
        raise InputError(
            "tokens cannot be exported where anchors are made of them, or are two for a key, or "
            f"the coupling is not one of {', '.join(COUPLING_NAMES)}"
        )
    layers, key_mask = _watch(model, batches)
    kept = np.unique(np.linspace(0, len(key_mask) - 1, sequences).round().astype(np.intp))
    mask = None if key_mask[kept].all() else key_mask[kept]
    found = []
    for layer, seen in enumerate(layers):
        assert seen.anchors is not None
        joint = model.parameters[f"layer{layer}.attention.weight_qkv"]
        query_weights, key_weights, _ = head_weights(joint, config.heads)
        found += [
            Tokens(
                seen.x[kept],
                query_weights[head],
                key_weights[head],
                seen.anchors[head],
                coupling=config.coupling,
                causal=config.causal,
                key_mask=mask,
                labels=None if labels is None else labels[kept],
            )
            for head in range(config.heads)
        ]
    return found


def save_heads(
    stem: str | os.PathLike[str],
    model: Model,
    batches: Sequence[Batch],
    *,
    labels: NDArray[np.str_] | None = None,
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Write each head of a fixed-query model to a file and, where it can be, its tokens too.

    Parameters
    ----------
    stem
        What the files' names begin with: ``STEM-layerL-headH.head.npz`` and ``….tokens.npz``.
    model, batches, labels
        As in `export_heads`.

    Returns
    -------
    heads, tokens : tuple of Path

    Raises
    ------
    InputError
        As `export_heads`, or if a file cannot be written.
    """
    heads, tokens = [], []
    with_weights = []
    if states_tokens(model.config):
        with_weights = export_tokens(model, batches, labels=labels)
    for index, head in enumerate(export_heads(model, batches, labels=labels, name=Path(stem).name)):
        layer, number = divmod(index, model.config.heads)
        heads.append(Path(f"{os.fspath(stem)}-layer{layer}-head{number}.head.npz"))
        head.save(heads[-1])
        if with_weights:
            tokens.append(heads[-1].with_name(heads[-1].name.replace(".head.npz", ".tokens.npz")))
            with_weights[index].save(tokens[-1])
    return tuple(heads), tuple(tokens)


def states_tokens(config: TransformerConfig) -> bool:
    """Return whether `export_tokens` can state a model's heads.

    It can where the couplings are a function of the score and one table of anchors drives.
    """
    tabled = config.anchor_kind != "content" and not config.two_sided
    return tabled and config.coupling in COUPLING_NAMES


def _watch(model: Model, batches: Iterable[Batch]) -> tuple[list[Attended], NDArray[np.bool_]]:
    """Run the model; return what each layer saw, and the (N, T) mask of what is not padding."""
    config = model.config
    if config.mechanism != "fixed_query":
        raise InputError(f"{config.mechanism} attention has no oscillators; train fixed_query")
    seen: list[list[Attended]] = [[] for _ in range(config.layers)]
    masks: list[NDArray[np.bool_]] = []
    for batch in batches:
        apply_transformer(model, batch, observe=lambda layer, part: seen[layer].append(part))
        shape = batch.inputs.shape[:2]
        masks.append(np.ones(shape, bool) if batch.key_mask is None else batch.key_mask)
    if not masks:
        raise InputError("there is no batch to export the heads on")
    return [_join(parts) for parts in seen], np.concatenate(masks)


def _join(parts: list[Attended]) -> Attended:
    """Lay batches end to end; a table of anchors is the same in all of them."""

    def along_batches(name: str) -> Floats:
        return np.concatenate([getattr(part, name) for part in parts])

    def table(name: str) -> Floats | None:
        first = getattr(parts[0], name)
        return first if first is None or first.ndim == 3 else along_batches(name)

    x, q, k = (along_batches(name) for name in ("x", "q", "k"))
    return Attended(x, q, k, table("anchors"), table("opposed"), parts[0].exponent)
