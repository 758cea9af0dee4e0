"""A small pre-norm transformer whose attention is oscillators or softmax, with its adjoint."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.attended import Attended
from lohe.attention.block import block, name_gradients
from lohe.attention.dropout import dropout
from lohe.attention.embedding import embedding
from lohe.attention.incoherence import incoherence
from lohe.attention.layer_norm import layer_norm
from lohe.attention.linear import linear
from lohe.attention.model import Model
from lohe.attention.next_token import next_token_loss
from lohe.attention.positions import add_positions, sinusoidal_table
from lohe.attention.readout import mean_pool
from lohe.attention.task import Batch
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError

__all__ = ["Observer", "apply_regularised", "apply_transformer", "check_fit"]

Floats = NDArray[Any]
Observer = Callable[[int, Attended], None]


def apply_transformer(
    model: Model,
    batch: Batch,
    *,
    rng: np.random.Generator | None = None,
    observe: Observer | None = None,
) -> tuple[Floats, Callable[[Floats], dict[str, Floats]]]:
    """Run the model on a batch.

    Parameters
    ----------
    model
        Its parameters are read, not changed.
    batch
        Inputs with their masks and positions; targets are read by the read-out ``"next"`` only.
    rng
        Source of dropout; None turns it off.
    observe
        Called with (layer, attended) as each layer attends.

    Returns
    -------
    outputs : (B, outputs) array, or (B, T) with the read-out ``"next"``
        What the output layer gives; there, -ln P(target) at each position, see
        `next_token_loss`.
    pullback : callable
        ``pullback(d_outputs)`` gives the gradient of every parameter by name.

    Raises
    ------
    InputError
        For inputs that do not fit the model, and as its layers do.
    """
    outputs, _, pullback = apply_regularised(model, batch, rng=rng, observe=observe)
    return outputs, pullback


def apply_regularised(
    model: Model,
    batch: Batch,
    *,
    rng: np.random.Generator | None = None,
    observe: Observer | None = None,
    attend: Callable[..., Any] | None = None,
) -> tuple[Floats, float, Callable[..., dict[str, Floats]]]:
    """Run the model on a batch, and price the incoherence of its drives.

    The arguments and errors are those of `apply_transformer`; and ``attend(layer, q, k, v, anchors,
    **options)`` takes the place of the oscillators of each layer, see `oscillator_heads`.

    Returns
    -------
    outputs
        As `apply_transformer` gives them.
    price : float
        See `incoherence`: the mean over layers, heads and tokens that are not padding, in nats;
        0 for models whose ``coherence`` is 0.
    pullback : callable
        ``pullback(d_outputs, d_price=0.0)`` gives the gradient of every parameter by name.
    """
    config: TransformerConfig = model.config
    of = model.parameters
    check_fit(config, batch)
    if config.vocabulary:
        x, back_table = embedding(of["input.table"], batch.inputs)
    else:
        features = batch.inputs.astype(of.vector.dtype, copy=False)
        x, back_input = linear(of["input.weight"], of["input.bias"], features)
    if config.positions == "sinusoidal":
        x = x + sinusoidal_table(x.shape[1], config.width).astype(x.dtype)
    elif config.positions == "learned":
        x, back_positions = add_positions(of["positions.table"], x)
    x, back_dropout = dropout(config.dropout, x, rng)
    backs_block, coherences = [], []
    asked = config.readout == "position"
    watched = observe is not None or attend is not None  # a device settles all tokens at once
    all_attend = config.causal or config.coherence > 0 or watched or not asked
    for layer in range(config.layers):
        x, coherence, back_block = block(
            of,
            f"layer{layer}",
            x,
            rate=config.dropout,
            rng=rng,
            position=batch.position if asked and layer == config.layers - 1 else None,
            all_attend=all_attend,
            heads=config.heads,
            anchor_kind=config.anchor_kind,
            anchor_margin=config.anchor_margin,
            coupling=config.coupling,
            p=config.readout_exponent,
            causal=config.causal,
            key_mask=batch.key_mask,
            mask_readout=config.mask_readout,
            with_coherence=config.coherence > 0,
            observe=partial(observe, layer) if observe else None,
            attend=partial(attend, layer) if attend else None,
        )
        backs_block.append(back_block)
        if coherence is not None:
            coherences.append(coherence)
    price, back_price = 0.0, None
    if config.coherence > 0:
        real = None if batch.key_mask is None else batch.key_mask[:, None, :]
        price, back_price = incoherence(np.stack(coherences), real)
    x, back_norm = layer_norm(of["norm.gain"], of["norm.bias"], x)
    if config.readout == "mean":
        x, back_readout = mean_pool(x, batch.key_mask)
    back_output: Callable[[Floats], tuple[Floats | None, ...]]
    if config.readout == "next":
        outputs, back_output = next_token_loss(
            of["output.weight"], of["output.bias"], x, batch.targets
        )
    else:
        outputs, back_output = linear(of["output.weight"], of["output.bias"], x)

    def pullback(d_outputs: Floats, d_price: float = 0.0) -> dict[str, Floats]:
        *found, dx = back_output(d_outputs)
        assert dx is not None
        gradients = name_gradients("output", ("weight", "bias"), found)
        if config.readout == "mean":
            dx = back_readout(dx)
        *found, dx = back_norm(dx)
        gradients |= name_gradients("norm", ("gain", "bias"), found)
        d_coherences = [None] * config.layers if back_price is None else back_price(d_price)
        for back_block, d_coherence in zip(backs_block[::-1], d_coherences[::-1], strict=True):
            of_block, dx = back_block(dx, d_coherence)
            gradients |= of_block
        dx = back_dropout(dx)
        if config.positions == "learned":
            gradients["positions.table"], dx = back_positions(dx)
        if config.vocabulary:
            gradients["input.table"] = back_table(dx)
        else:
            *found, _ = back_input(dx)
            gradients |= name_gradients("input", ("weight", "bias"), found)
        return gradients

    return outputs, price, pullback


def check_fit(config: TransformerConfig, batch: Batch) -> None:
    """Check that a model can read a batch.

    Raises
    ------
    InputError
        If not, naming the difference.
    """
    shape = batch.inputs.shape
    expected = "(B, T)" if config.vocabulary else f"(B, T, {config.features})"
    axes = 2 if config.vocabulary else 3
    if len(shape) != axes or 0 in shape or (axes == 3 and shape[2] != config.features):
        raise InputError(f"inputs have shape {shape}; expected {expected}")
    if shape[1] > config.context:
        raise InputError(
            f"a sequence of {shape[1]} tokens; the model's context is {config.context}"
        )
    if batch.key_mask is not None and batch.key_mask.shape != shape[:2]:
        raise InputError(f"key_mask has shape {batch.key_mask.shape}; expected {shape[:2]}")
    if config.readout == "position" and batch.position is None:
        raise InputError("the model reads out a position; give each sequence one")
