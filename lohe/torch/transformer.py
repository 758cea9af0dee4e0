"""The transformer of `lohe.attention` on any device of PyTorch's, an accelerator for example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from lohe.attention.positions import sinusoidal_table
from lohe.attention.task import Batch
from lohe.attention.transformer import Model, check_fit
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError
from lohe.torch.functional import fixed_query_attention, make_anchors

__all__ = ["transformer_on"]

Floats = NDArray[Any]
Pullback = Callable[[Floats], dict[str, Floats]]
Parameters = Mapping[str, Tensor]
Drop = Callable[[Tensor], Tensor]


def transformer_on(device: str) -> Callable[..., tuple[Floats, Pullback]]:
    """Return a function to be used in the place of `lohe.attention.transformer.apply_transformer`.

    It takes and returns NumPy arrays, so that training, its checkpoints and its results are the
    same wherever the model runs; between them everything happens on the device.

    Parameters
    ----------
    device : str
        PyTorch's name of it: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ...

    Returns
    -------
    callable
        ``apply(model, batch, *, rng=None) -> (outputs, pullback)``. Dropout draws other numbers
        than NumPy's, from the same generator, and is as reproducible.

    Raises
    ------
    InputError
        If there is no such device.

    Examples
    --------
    >>> apply = transformer_on("cpu")
    """
    try:
        where = torch.device(device)
        torch.empty(0, device=where)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"PyTorch cannot use the device {device!r}: {reason}") from error
    return partial(_apply, where)


def _apply(
    device: torch.device,
    model: Model,
    batch: Batch,
    *,
    rng: np.random.Generator | None = None,
) -> tuple[Floats, Pullback]:
    config = model.config
    check_fit(config, batch)
    of = {
        name: torch.from_numpy(array).to(device).requires_grad_()
        for name, array in model.parameters.items()
    }
    outputs = _transform(config, of, _move(batch, device), _dropout(config.dropout, rng, device))

    def pullback(d_outputs: Floats) -> dict[str, Floats]:
        d_tensor = torch.as_tensor(d_outputs, dtype=outputs.dtype, device=device)
        gradients = torch.autograd.grad(outputs, list(of.values()), d_tensor)
        return {name: g.numpy(force=True) for name, g in zip(of, gradients, strict=True)}

    return outputs.numpy(force=True), pullback


def _move(batch: Batch, device: torch.device) -> Any:
    """Return the batch with tensors for arrays."""

    def move(array: Any) -> Any:
        return None if array is None else torch.tensor(array, device=device)

    return Batch(
        move(batch.inputs), move(batch.targets), move(batch.key_mask), move(batch.position)
    )


def _dropout(rate: float, rng: np.random.Generator | None, device: torch.device) -> Drop:
    if rng is None or rate == 0:
        return lambda x: x
    generator = torch.Generator(device).manual_seed(int(rng.integers(2**63)))

    def drop(x: Tensor) -> Tensor:
        kept = torch.rand(x.shape, generator=generator, device=device) >= rate
        return x * kept / (1 - rate)

    return drop


def _transform(config: TransformerConfig, of: Parameters, batch: Any, drop: Drop) -> Tensor:
    if config.vocabulary:
        x = functional.embedding(batch.inputs.long(), of["input.table"])
    else:
        features = batch.inputs.to(of["input.weight"].dtype)
        x = functional.linear(features, of["input.weight"], of["input.bias"])
    tokens = x.shape[1]
    if config.positions == "sinusoidal":
        x = x + torch.as_tensor(sinusoidal_table(tokens, config.width)).to(x)
    elif config.positions == "learned":
        x = x + of["positions.table"][:tokens]
    x = drop(x)
    for layer in range(config.layers):
        prefix = f"layer{layer}"
        part = {
            name.removeprefix(f"{prefix}."): tensor
            for name, tensor in of.items()
            if name.startswith(f"{prefix}.")
        }
        x = x + drop(_attend(config, part, _norm(part, "norm1", x), batch.key_mask))
        x = x + drop(_feed_forward(part, _norm(part, "norm2", x)))
    if config.readout == "position":
        x = x[torch.arange(len(x), device=x.device), batch.position.long()]
    x = _norm(of, "norm", x)
    if config.readout == "mean":
        x = _mean(x, batch.key_mask)
    logits = functional.linear(x, of["output.weight"], of["output.bias"])
    if config.readout == "next":
        losses = functional.cross_entropy(
            logits.flatten(0, -2), batch.targets.long().flatten(), reduction="none"
        )
        return losses.view(batch.targets.shape)
    return logits


def _norm(of: Parameters, prefix: str, x: Tensor) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:], of[f"{prefix}.gain"], of[f"{prefix}.bias"])


def _feed_forward(of: Parameters, x: Tensor) -> Tensor:
    raised = functional.linear(x, of["feed_forward.weight_in"], of["feed_forward.bias_in"])
    return functional.linear(
        functional.gelu(raised), of["feed_forward.weight_out"], of["feed_forward.bias_out"]
    )


def _mean(x: Tensor, key_mask: Tensor | None) -> Tensor:
    if key_mask is None:
        return x.mean(dim=-2)
    seen = key_mask[..., None].to(x)
    return (x * seen).sum(dim=-2) / seen.sum(dim=-2)


def _attend(config: TransformerConfig, of: Parameters, x: Tensor, mask: Tensor | None) -> Tensor:
    joint = config.heads * config.query_width
    joined = functional.linear(x, of["attention.weight_qkv"])
    q, k, v = (
        part.unflatten(-1, (config.heads, -1)).transpose(-2, -3)
        for part in joined.split((joint, joint, config.width), dim=-1)
    )
    visible = None if mask is None else mask[:, None, :]
    if config.mechanism == "softmax":
        out = _softmax(q, k, v, causal=config.causal, visible=visible)
    else:
        raw = of["attention.anchors"]
        out = fixed_query_attention(
            q,
            k,
            v,
            make_anchors(raw, x, config.anchor_kind, config.anchor_margin),
            coupling=config.coupling,
            p=config.readout_exponent,
            causal=config.causal,
            key_mask=visible,
            mask_readout=config.mask_readout,
        )
    merged = out.transpose(-2, -3).flatten(-2)
    return functional.linear(merged, of["attention.weight_out"], of["attention.bias_out"])


def _softmax(q: Tensor, k: Tensor, v: Tensor, *, causal: bool, visible: Tensor | None) -> Tensor:
    if visible is None:
        return functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    seen = visible[..., None, :]
    if causal:
        tokens = q.shape[-2]
        seen = seen & torch.ones(tokens, tokens, dtype=torch.bool, device=q.device).tril()
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
