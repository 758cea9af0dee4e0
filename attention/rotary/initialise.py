"""The parameters of a new baseline."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lohe.attention.parameters import Parameters
from lohe.attention.rotary.config import RotaryConfig

__all__ = ["initialise_rotary", "rotary_shapes"]


def rotary_shapes(config: RotaryConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of every parameter by name."""
    width, hidden, words = config.width, config.hidden, config.vocabulary
    shapes: dict[str, tuple[int, ...]] = {"input.table": (words, width)}
    for layer in range(config.layers):
        shapes |= {
            f"layer{layer}.norm1.gain": (width,),
            f"layer{layer}.attention.weight_qkv": (3 * width, width),
            f"layer{layer}.attention.weight_out": (width, width),
            f"layer{layer}.norm2.gain": (width,),
            f"layer{layer}.feed_forward.weight_in": (2 * hidden, width),
            f"layer{layer}.feed_forward.weight_out": (width, hidden),
        }
    return shapes | {
        "norm.gain": (width,),
        "output.weight": (config.outputs, width),
        "output.bias": (config.outputs,),
    }


def initialise_rotary(
    config: RotaryConfig, rng: np.random.Generator, dtype: Any = np.float32
) -> Parameters:
    """Draw the parameters of a new baseline.

    Gains are 1 and biases 0. The table is standard normal. Matrices are normal with deviation
    1/sqrt(inputs); those that add to the residual stream are divided by sqrt(2 layers), so that
    its size does not depend on the depth, and the output's by sqrt(width), so that all words begin
    about equally likely.

    Parameters
    ----------
    config
        The model.
    rng
        Source of randomness.
    dtype
        float32 to train, float64 to check.
    """
    arrays = {}
    for name, shape in rotary_shapes(config).items():
        if name.endswith("gain"):
            arrays[name] = np.ones(shape)
        elif name.endswith("bias"):
            arrays[name] = np.zeros(shape)
        else:
            arrays[name] = rng.standard_normal(shape)
            if name != "input.table":
                arrays[name] /= math.sqrt(shape[1])
            if name.endswith("weight_out"):
                arrays[name] /= math.sqrt(2 * config.layers)
            elif name == "output.weight":
                arrays[name] /= math.sqrt(config.width)
    return Parameters(arrays, dtype)
