"""The parameters of a new phase model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lohe.attention.kuramoto.attention import PREFIX
from lohe.attention.kuramoto.config import KuramotoConfig
from lohe.attention.kuramoto.coupling import COUPLINGS
from lohe.attention.kuramoto.gate import OPEN
from lohe.attention.parameters import Parameters
from lohe.attention.rotary.rotation import rotary_frequencies

__all__ = ["initialise_kuramoto", "is_scalar_kuramoto", "kuramoto_shapes"]

# A token's score with itself, the largest there is, in nats above that with a token at random
# phases: about the logarithm of some hundred others, so that neither takes all the weight.
_OWN_SCORE = 4.0

# Radians that all layers together turn an oscillator by, root mean square over random tokens.
_TURN = 0.35

# Share of the way towards the mean that all layers together go.
_PULL = 2.0

# Root mean square of silu(a) b for independent standard normal a and b.
_GATED = 0.596

_SCALARS = ("log_tau", "step", "lag", "offset", "log_drift")


def is_scalar_kuramoto(name: str) -> bool:
    """Return whether a parameter belongs to one oscillator or head and is no entry of a matrix."""
    return name.endswith(_SCALARS)


def kuramoto_shapes(config: KuramotoConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of every parameter by name."""
    coordinates = config.width * config.d_osc
    changes = config.width * config.manifold.freedoms
    layer: dict[str, tuple[int, ...]] = {"attention.log_tau": (config.heads,)}
    if config.gate != "none":
        layer["attention.gate_weight"] = (config.width, coordinates)
        layer["attention.gate_bias"] = (config.width,)
    if config.drift == "learned":
        layer["attention.log_drift"] = config.planes
    if config.values == "free":
        layer["attention.value_weight"] = (coordinates, coordinates)
    if config.offset:
        layer["attention.offset"] = config.planes
    for kind in COUPLINGS[config.coupling]:
        layer[f"attention.{PREFIX[kind]}step"] = config.oscillators
        if config.frustration:
            layer[f"attention.{PREFIX[kind]}lag"] = config.planes
    layer["feed_forward.weight_in"] = (2 * config.hidden, coordinates)
    layer["feed_forward.weight_out"] = (changes, config.hidden)
    shapes: dict[str, tuple[int, ...]] = {"input.table": (config.vocabulary, changes)}
    for number in range(config.layers):
        shapes |= {f"layer{number}.{name}": shape for name, shape in layer.items()}
    return shapes | {
        "output.weight": (config.outputs, coordinates),
        "output.bias": (config.outputs,),
    }


def initialise_kuramoto(
    config: KuramotoConfig, rng: np.random.Generator, dtype: Any = np.float32
) -> Parameters:
    """Draw the parameters of a new model.

    Layers begin with small steps, the smaller the more layers there are, so that the phases of a
    deep model neither synchronise nor scramble before it is trained: the pull's eta is 2/layers (at
    most 1), shared by both kinds if there are two, and the feed-forward layer turns by
    0.35/sqrt(layers) radians. tau is such that a token weighs itself, which pulls at nothing, about
    as much as some hundred others together. Gates begin near a constant, lags at 0, drifts at the
    rotary spectrum, free values at the points themselves, and all words about equally likely.

    The angles of words are normal with deviation 1, and unit vectors likewise gather around their
    first axis, so that every oscillator has a phase that most words share, by which positions can
    be told. The offsets of head number h are h omega: of tokens that share their phases it looks
    for the one h positions back.

    Parameters
    ----------
    config
        The model.
    rng
        Source of randomness.
    dtype
        float32 to train, float64 to check.
    """
    count = config.width // config.heads
    bias, opening = OPEN[config.gate]
    spectrum = rotary_frequencies(count * (config.d_osc // 2), config.base)
    # A coordinate's mean square is 1/d_osc, so a unit sum needs weights of this deviation.
    unit = 1 / math.sqrt(config.width)
    deviations = {
        "gate_weight": 0.5 * unit,
        "weight_in": unit,
        "weight_out": _TURN / (_GATED * math.sqrt(config.layers * config.hidden)),
        "output.weight": unit / math.sqrt(config.width),
    }
    constants = {
        "log_tau": math.log(_OWN_SCORE / (count * opening)),
        "gate_bias": bias,
        "step": min(1.0, _PULL / config.layers) / len(COUPLINGS[config.coupling]),
        "lag": 0.0,
        "output.bias": 0.0,
    }
    arrays = {}
    for name, shape in kuramoto_shapes(config).items():
        constant = next((c for end, c in constants.items() if name.endswith(end)), None)
        if constant is not None:
            arrays[name] = np.full(shape, constant)
        elif name.endswith("log_drift"):
            arrays[name] = np.broadcast_to(np.log(spectrum).reshape(shape[1:]), shape)
        elif name.endswith("value_weight"):
            arrays[name] = np.eye(shape[0])
        elif name.endswith("offset"):
            arrays[name] = np.multiply.outer(np.arange(config.heads), spectrum).reshape(shape)
        else:
            deviation = next((d for end, d in deviations.items() if name.endswith(end)), 1.0)
            arrays[name] = deviation * rng.standard_normal(shape)
    if config.d_osc > 2:
        arrays["input.table"][:, :: config.d_osc] += math.sqrt(config.d_osc - 1)
    return Parameters(arrays, dtype)
