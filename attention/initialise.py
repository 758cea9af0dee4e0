"""The parameters of a new transformer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.parameters import Parameters
from lohe.attention.transformer_config import TransformerConfig

__all__ = ["initialise"]

Floats = NDArray[Any]


def initialise(
    config: TransformerConfig, rng: np.random.Generator, dtype: Any = np.float32
) -> Parameters:
    """Draw the parameters of a new model.

    Linear weights and biases are uniform within 1/sqrt(inputs), embeddings standard normal and
    norms the identity, as PyTorch's defaults are; learned positions are normal with deviation
    0.02, anchors uniform on the sphere; those in a half-space have standard normal raw parameters,
    and those of tokens linear weights.

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

    def uniform(*shape: int, inputs: int) -> Floats:
        return np.asarray(rng.uniform(-1, 1, shape) / np.sqrt(inputs))

    width, hidden = config.width, config.hidden
    arrays: dict[str, Floats] = {}
    if config.vocabulary:
        arrays["input.table"] = rng.standard_normal((config.vocabulary, width))
    else:
        arrays["input.weight"] = uniform(width, config.features, inputs=config.features)
        arrays["input.bias"] = uniform(width, inputs=config.features)
    if config.positions == "learned":
        arrays["positions.table"] = 0.02 * rng.standard_normal((config.context, width))
    for layer in range(config.layers):
        of_block = {
            "norm1.gain": np.ones(width),
            "norm1.bias": np.zeros(width),
            "attention.weight_qkv": uniform(
                2 * config.heads * config.query_width + width, width, inputs=width
            ),
            "attention.weight_out": uniform(width, width, inputs=width),
            "attention.bias_out": uniform(width, inputs=width),
            "norm2.gain": np.ones(width),
            "norm2.bias": np.zeros(width),
            "feed_forward.weight_in": uniform(hidden, width, inputs=width),
            "feed_forward.bias_in": uniform(hidden, inputs=width),
            "feed_forward.weight_out": uniform(width, hidden, inputs=hidden),
            "feed_forward.bias_out": uniform(width, inputs=hidden),
        }
        if config.mechanism == "fixed_query":
            of_block["attention.anchors"] = _draw_anchors(config, rng)
            if config.two_sided:
                of_block["attention.opposed"] = _draw_anchors(config, rng)
            if config.learned_exponent:
                start = math.log(config.readout_exponent)
                of_block["attention.log_exponent"] = np.full(config.heads, start)
        arrays |= {f"layer{layer}.{name}": array for name, array in of_block.items()}
    arrays |= {"norm.gain": np.ones(width), "norm.bias": np.zeros(width)}
    arrays["output.weight"] = uniform(config.outputs, width, inputs=width)
    arrays["output.bias"] = uniform(config.outputs, inputs=width)
    return Parameters(arrays, dtype)


def _draw_anchors(config: TransformerConfig, rng: np.random.Generator) -> Floats:
    shape = config.heads, config.context
    if config.anchor_kind == "content":
        projections = rng.uniform(-1, 1, (config.heads, config.d_osc, config.width))
        return np.asarray(projections / np.sqrt(config.width))
    if config.anchor_kind == "half_space":
        return rng.standard_normal((*shape, config.d_osc - 1))
    anchors = rng.standard_normal((*shape, config.d_osc))
    return np.asarray(anchors / np.linalg.norm(anchors, axis=-1, keepdims=True))
