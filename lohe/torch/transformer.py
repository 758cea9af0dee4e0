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

from lohe.attention.incoherence import FLOOR
from lohe.attention.model import Model
from lohe.attention.positions import sinusoidal_table
from lohe.attention.task import Batch
from lohe.attention.transformer import check_fit
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError
from lohe.torch.heads import oscillator_heads

__all__ = ["transformer_on"]

Floats = NDArray[Any]
Pullback = Callable[..., dict[str, Floats]]
Parameters = Mapping[str, Tensor]
Drop = Callable[[Tensor], Tensor]


def transformer_on(device: str) -> Callable[..., tuple[Floats, float, Pullback]]:
    """Return a function to be used in the place of `lohe.attention.transformer.apply_regularised`.

    It takes and returns NumPy arrays, so that training, its checkpoints and its results are the
    same wherever the model runs; between them everything happens on the device.

    Parameters
    ----------
    device : str
        PyTorch's name of it: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ...

    Returns
    -------
    callable
        ``apply(model, batch, *, rng=None) -> (outputs, price, pullback)``, the pullback to be
        called once. Dropout draws other numbers than in NumPy, seeded by the same generator.

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
) -> tuple[Floats, float, Pullback]:
    config = model.config
    check_fit(config, batch)
    of = {
        name: torch.from_numpy(array).to(device).requires_grad_()
        for name, array in model.parameters.items()
    }
    drop = _dropout(config.dropout, rng, device)
    outputs, price = _transform(config, of, _move(batch, device), drop)

    def pullback(d_outputs: Floats, d_price: float = 0.0) -> dict[str, Floats]:
        loss = (outputs * torch.as_tensor(d_outputs).to(outputs)).sum() + d_price * price
        gradients = torch.autograd.grad(loss, list(of.values()))
        return {name: g.numpy(force=True) for name, g in zip(of, gradients, strict=True)}

    return outputs.numpy(force=True), price.item(), pullback


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


def _transform(
    config: TransformerConfig, of: Parameters, batch: Any, drop: Drop
) -> tuple[Tensor, Tensor]:
    if config.vocabulary:
        x = functional.embedding(batch.inputs.long(), of["input.table"])
    else:
        features = batch.inputs.to(of["input.weight"].dtype)
        x = functional.linear(features, of["input.weight"], of["input.bias"])
    tokens = x.shape[1]
    if config.positions == "sinusoidal":
        table = sinusoidal_table(tokens, config.width)
        x = x + torch.tensor(table, dtype=x.dtype, device=x.device)
    elif config.positions == "learned":
        x = x + of["positions.table"][:tokens]
    x = drop(x)
    coherences = []
    for layer in range(config.layers):
        prefix = f"layer{layer}"
        part = {
            name.removeprefix(f"{prefix}."): tensor
            for name, tensor in of.items()
            if name.startswith(f"{prefix}.")
        }
        attended, *coherence = _attend(config, part, _norm(part, "norm1", x), batch.key_mask)
        coherences += coherence
        x = x + drop(attended)
        x = x + drop(_feed_forward(part, _norm(part, "norm2", x)))
    price = _incoherence(coherences, batch.key_mask) if coherences else x.new_zeros(())
    if config.readout == "position":
        x = x[torch.arange(len(x), device=x.device), batch.position.long()]
    x = _norm(of, "norm", x)
    if config.readout == "mean":
        x = _mean(x, batch.key_mask)
    outputs = functional.linear(x, of["output.weight"], of["output.bias"])
    if config.readout == "next":
        targets = batch.targets.long()
        losses = functional.cross_entropy(
            outputs.flatten(0, 1), targets.flatten(), reduction="none"
        )
        outputs = losses.view(targets.shape)
    return outputs, price


def _incoherence(coherences: list[Tensor], key_mask: Tensor | None) -> Tensor:
    """Return the price of `lohe.attention.incoherence.incoherence`."""
    coherence = torch.stack(coherences)
    real = coherence.new_ones(()) if key_mask is None else key_mask[:, None, :].to(coherence)
    share = real.broadcast_to(coherence.shape) / real.broadcast_to(coherence.shape).sum()
    return (share * ((coherence**2 + FLOOR**2) / (1 + FLOOR**2)).log()).sum() / -2


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


def _attend(
    config: TransformerConfig, of: Parameters, x: Tensor, mask: Tensor | None
) -> tuple[Tensor, ...]:
    joint = config.heads * config.query_width
    joined = functional.linear(x, of["attention.weight_qkv"])
    q, k, v = (
        part.unflatten(-1, (config.heads, -1)).transpose(-2, -3)
        for part in joined.split((joint, joint, config.width), dim=-1)
    )
    visible = None if mask is None else mask[:, None, :]
    if config.mechanism == "softmax":
        attended: tuple[Tensor, ...] = (_softmax(q, k, v, causal=config.causal, visible=visible),)
    else:
        attended = oscillator_heads(
            {name.removeprefix("attention."): tensor for name, tensor in of.items()},
            x,
            q,
            k,
            v,
            anchor_kind=config.anchor_kind,
            anchor_margin=config.anchor_margin,
            coupling=config.coupling,
            p=config.readout_exponent,
            causal=config.causal,
            key_mask=visible,
            mask_readout=config.mask_readout,
            with_coherence=config.coherence > 0,
        )
    out, *coherence = attended
    merged = out.transpose(-2, -3).flatten(-2)
    y = functional.linear(merged, of["attention.weight_out"], of["attention.bias_out"])
    return y, *coherence


def _softmax(q: Tensor, k: Tensor, v: Tensor, *, causal: bool, visible: Tensor | None) -> Tensor:
    if visible is None:
        return functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    seen = visible[..., None, :]
    if causal:
        tokens = q.shape[-2]
        seen = seen & torch.ones(tokens, tokens, dtype=torch.bool, device=q.device).tril()
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
