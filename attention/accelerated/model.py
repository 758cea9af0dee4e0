"""The language model: embeddings of positions and momenta, layers, read-out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.config import AcceleratedConfig
from lohe.attention.accelerated.field import Gradients, add_gradients
from lohe.attention.accelerated.hamiltonian import Moved
from lohe.attention.accelerated.layer import accelerated_layer
from lohe.attention.dropout import dropout
from lohe.attention.embedding import embedding
from lohe.attention.language_model import predict_next
from lohe.attention.layer_norm import layer_norm
from lohe.attention.linear import linear
from lohe.attention.model import Model
from lohe.attention.parameters import layer_of
from lohe.attention.positions import add_positions
from lohe.attention.task import Batch
from lohe.dynamics.errors import InputError

__all__ = ["apply_accelerated", "logits_accelerated"]

Floats = NDArray[Any]
Tokens = NDArray[np.integer[Any]]


def apply_accelerated(
    model: Model, batch: Batch, *, rng: np.random.Generator | None = None
) -> tuple[Floats, float, Callable[..., Gradients]]:
    """Run the model on a batch.

    Parameters
    ----------
    model
        Its config is an `AcceleratedConfig`; its parameters are read, not changed.
    batch
        Inputs and targets, (B, T) words, without padding.
    rng
        Source of dropout; None turns it off.

    Returns
    -------
    outputs : (B, T) array
        -ln P(target) at each position, in nats.
    price : float
        0: the model has none.
    pullback : callable
        ``pullback(d_outputs, d_price=0.0)`` gives the gradient of every parameter by name.

    Raises
    ------
    InputError
        For inputs that do not fit the model, and where its numbers are no longer finite.
    """
    if batch.key_mask is not None:
        raise InputError("the model reads text without padding; leave key_mask out")
    x, back_trunk = _trunk(model, batch.inputs, rng)
    return predict_next(model.parameters, x, back_trunk, batch.targets)


def logits_accelerated(model: Model, tokens: Tokens) -> Floats:
    """Return the model's scores of the next word at every position.

    Parameters
    ----------
    model
        See `apply_accelerated`.
    tokens : (B, T) array of int
        Words.

    Returns
    -------
    (B, T, vocabulary) array

    Raises
    ------
    InputError
        As `apply_accelerated` does.
    """
    x, _ = _trunk(model, tokens, None)
    return linear(model.parameters["output.weight"], model.parameters["output.bias"], x)[0]


def _trunk(
    model: Model, tokens: Tokens, rng: np.random.Generator | None
) -> tuple[Floats, Callable[[Floats], Gradients]]:
    """Return the tokens that the read-out sees, (B, T, D), and the adjoint."""
    config, of = model.config, model.parameters
    _check(config, tokens)
    x, back_x = _embed(model, "input.table", "positions.table", tokens, rng)
    y, back_y = np.zeros_like(x), None
    if "momentum.table" in of:
        y, back_y = _embed(model, "momentum.table", "momentum.positions", tokens, rng)
    now, backs = Moved(x, y, None), []
    for layer in range(config.layers):
        weights = layer_of(of, f"layer{layer}")
        now, back = accelerated_layer(weights, config, layer, now, rng)
        backs.append((f"layer{layer}.", back))
    normed, back_norm = layer_norm(of["norm.gain"], of["norm.bias"], now.position)

    def pullback(d_normed: Floats) -> Gradients:
        d_gain, d_bias, dx = back_norm(d_normed)
        gradients = {"norm.gain": d_gain, "norm.bias": d_bias}
        d = Moved(dx, np.zeros_like(dx), None)
        for prefix, back in reversed(backs):
            of_layer, d = back(d)
            gradients |= {prefix + name: gradient for name, gradient in of_layer.items()}
        gradients = add_gradients(gradients, back_x(d.position))
        return gradients if back_y is None else add_gradients(gradients, back_y(d.momentum))

    return normed, pullback


def _embed(
    model: Model, words: str, places: str, tokens: Tokens, rng: np.random.Generator | None
) -> tuple[Floats, Callable[[Floats], Gradients]]:
    of = model.parameters
    x, back_words = embedding(of[words], tokens)
    x, back_places = add_positions(of[places], x)
    kept, back_drop = dropout(model.config.dropout, x, rng)

    def pullback(d: Floats) -> Gradients:
        d_places, d_words = back_places(back_drop(d))
        return {places: d_places, words: back_words(d_words)}

    return kept, pullback


def _check(config: AcceleratedConfig, tokens: Tokens) -> None:
    if tokens.ndim != 2 or 0 in tokens.shape:
        raise InputError(f"inputs have shape {tokens.shape}; expected (B, T)")
    if tokens.shape[1] > config.context:
        raise InputError(
            f"a sequence of {tokens.shape[1]} tokens; the model's context is {config.context}"
        )
