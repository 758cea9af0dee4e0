"""The parameters of a new model with accelerated attention."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.config import AcceleratedConfig
from lohe.attention.accelerated.hamiltonian import step_scalars
from lohe.attention.accelerated.nesterov import NESTEROV
from lohe.attention.accelerated.scalars import raw_scalar
from lohe.attention.parameters import Parameters

__all__ = ["initialise_accelerated"]

Floats = NDArray[Any]

_DEVIATION = 0.02

_SCALARS = {
    "damping_log": 3.0,
    "damping_linear": 1e-4,
    "coupling": 0.5,
    "lookahead": 0.9,
    "memory": 0.9,
    "strength": 1.0,
}


def initialise_accelerated(
    config: AcceleratedConfig, rng: np.random.Generator, dtype: Any = np.float32
) -> Parameters:
    """Draw the parameters of a new model.

    Embeddings and weights are normal with deviation 0.02; norms and B are the identity, biases 0.
    The damping starts at 3/t + 1e-4, Nesterov's coefficients at 0.9, 0.9 and 1, the coupling of
    copies at 1/2.

    Parameters
    ----------
    config
        The model.
    rng
        Source of randomness.
    dtype
        float32 to train, float64 to check.

    Returns
    -------
    parameters : Parameters
        Of the given dtype.
    """
    normal, width = partial(_normal, rng), config.width
    arrays = {
        "input.table": normal(config.vocabulary, width),
        "positions.table": normal(config.context, width),
    }
    if config.scheme != "baseline" and config.start == "embedding":
        arrays["momentum.table"] = normal(config.vocabulary, width)
        arrays["momentum.positions"] = normal(config.context, width)
    for layer in range(config.layers):
        arrays |= {f"layer{layer}.{name}": array for name, array in _layer(config, rng)}
    arrays |= dict(_norm("norm", width))
    arrays["output.weight"] = normal(config.vocabulary, width)
    arrays["output.bias"] = np.zeros(config.vocabulary)
    return Parameters(arrays, dtype)


def _layer(config: AcceleratedConfig, rng: np.random.Generator) -> Iterator[tuple[str, Floats]]:
    normal, width, hidden = partial(_normal, rng), config.width, config.hidden
    yield from _norm("norm1", width)
    if config.family == "softmax" and config.is_hamiltonian:
        yield "attention.weight_qk", normal(2 * width, width)
        yield "attention.weight_b", np.eye(width)
    else:
        yield "attention.weight_qkv", normal(3 * width, width)
    if config.family == "softmax" and not config.is_hamiltonian:
        yield "attention.weight_out", normal(width, width)
        yield "attention.bias_out", np.zeros(width)
    names: tuple[str, ...] = ()
    if config.is_hamiltonian:
        names = step_scalars(config.scheme)
        if config.momentum_norm:
            yield from _norm("attention.momentum_norm", width)
    elif config.scheme == "nesterov":
        names = NESTEROV
        yield from _norm("attention.momentum_norm", width)
    elif config.family == "linear":
        names = ("step_position",)
    yield from _scalars(config, "attention", names)
    if config.feeds_by == "none":
        return
    yield from _norm("norm2", width)
    yield "feed_forward.weight_in", normal(hidden, width)
    yield "feed_forward.bias_in", np.zeros(hidden)
    yield "feed_forward.weight_out", normal(width, hidden)
    yield "feed_forward.bias_out", np.zeros(width)
    if config.feeds_by == "momentum":
        yield from _norm("feed_forward.momentum_norm", width)
        yield from _scalars(config, "feed_forward", NESTEROV)


def _normal(rng: np.random.Generator, *shape: int) -> Floats:
    return _DEVIATION * rng.standard_normal(shape)


def _norm(name: str, width: int) -> Iterator[tuple[str, Floats]]:
    yield f"{name}.gain", np.ones(width)
    yield f"{name}.bias", np.zeros(width)


def _scalars(
    config: AcceleratedConfig, part: str, names: tuple[str, ...]
) -> Iterator[tuple[str, Floats]]:
    for name in names:
        value = _SCALARS.get(name, config.step)
        yield f"{part}.{name}", np.asarray(raw_scalar(name, value))
