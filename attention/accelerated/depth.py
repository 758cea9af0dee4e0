"""Depth as time for positions and momenta: how long they are, and what energy they hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.config import AcceleratedConfig
from lohe.attention.accelerated.damping import Damping
from lohe.attention.accelerated.hamiltonian import step_scalars
from lohe.attention.accelerated.nesterov import NESTEROV
from lohe.attention.accelerated.particles import mahalanobis_radii
from lohe.attention.accelerated.scalars import read_scalars
from lohe.attention.accelerated.watch import energies, watch
from lohe.attention.depth import Depth, Measure, by_layer
from lohe.attention.model import Model
from lohe.attention.parameters import layer_of

__all__ = ["accelerated_depth"]

Floats = NDArray[Any]

_NUMBERS = {
    "step_position": ("h_X", "step of the positions", "step"),
    "step_momentum": ("h_Y", "step of the momenta", "step"),
    "coupling": ("omega", "coupling of the two copies", "coupling of the copies"),
    "lookahead": ("mu", "how far ahead attention looks", "coefficient"),
    "memory": ("beta", "what is kept of the velocity", "coefficient"),
    "strength": ("gamma", "strength of the layer", "coefficient"),
}
"""Learned numbers of a layer: heading, meaning and axis."""


def accelerated_depth(
    model: Model, tokens: NDArray[np.integer[Any]], labels: NDArray[np.str_]
) -> Depth:
    """Follow one sequence through the layers of an accelerated model.

    Parameters
    ----------
    model
        Its config is an `AcceleratedConfig`.
    tokens, labels : (T,) array
        The sequence.

    Returns
    -------
    Depth
        Measures of all heads together: ``position_norm`` and ``momentum_norm``, means over tokens;
        of Hamiltonian schemes per token ``kinetic``, ``potential`` and ``energy`` as the tokens
        enter a layer, ``energy_after`` as they leave it, by that layer's own Hamiltonian, and
        ``damping``; ``radii_spread`` and ``radii_change`` where there are more tokens than
        dimensions; and the layer's learned numbers. The states ``positions`` and ``momenta``
        (L + 1, T, D).
    """
    config: AcceleratedConfig = model.config
    seen = watch(model, np.asarray(tokens)[None])
    positions = np.stack([each.position[0] for each in seen]).astype(np.float64)
    momenta = np.stack([each.momentum[0] for each in seen]).astype(np.float64)

    def lengths(name: str, of: str, x: Floats) -> Measure:
        rows = [np.linalg.norm(each, axis=-1).mean() for each in x]
        means = by_layer(rows, config.layers)
        return Measure(f"{name}_norm", name, f"mean length of the {of}", "mean length", means)

    measures = [lengths("position", "positions", positions)]
    if config.scheme != "baseline":
        measures.append(lengths("momentum", "momenta", momenta))
    measures += _radii(positions, config.layers)
    measures += _energies(model, positions, momenta)
    states = {"positions": positions, "momenta": momenta}
    return Depth("accelerated", config.mechanism, tuple(measures), states, labels)


def _radii(positions: Floats, layers: int) -> list[Measure]:
    """Measure the ellipses on which the tokens lie, about their mean."""
    if positions.shape[1] <= positions.shape[2]:
        return []
    centred = positions - positions.mean(axis=1, keepdims=True)
    radii = [mahalanobis_radii(x) for x in centred]
    spread = [each.std() / each.mean() for each in radii]
    change = [np.sqrt(np.mean((each - radii[0]) ** 2)) / each.mean() for each in radii]
    panel = "of the mean radius"
    return [
        Measure(
            "radii_spread",
            "spread",
            "standard deviation of the Mahalanobis radii over their mean",
            panel,
            by_layer(spread, layers),
        ),
        Measure(
            "radii_change",
            "change",
            "root mean square change of the radii since the input, over their mean",
            panel,
            by_layer(change, layers),
        ),
    ]


def _energies(model: Model, positions: Floats, momenta: Floats) -> list[Measure]:
    config: AcceleratedConfig = model.config
    layers, tokens = config.layers, positions.shape[1]
    weights = [layer_of(model.parameters, f"layer{layer}") for layer in range(layers)]
    measures = []
    if config.is_hamiltonian:
        before = [energies(of, config, positions[k], momenta[k]) for k, of in enumerate(weights)]
        after = [
            sum(energies(of, config, positions[k + 1], momenta[k + 1]))
            for k, of in enumerate(weights)
        ]
        parts = {
            "kinetic": ("kinetic", "kinetic energy a token", [k for k, _ in before]),
            "potential": ("potential", "potential energy a token", [u for _, u in before]),
            "energy": ("energy", "energy H a token as it enters", [k + u for k, u in before]),
            "energy_after": ("H after", "energy H a token as it leaves the layer", after),
        }
        measures += [
            Measure(name, short, meaning, "energy", by_layer(np.array(rows) / tokens, layers))
            for name, (short, meaning, rows) in parts.items()
        ]
        measures.append(
            Measure(
                "damping",
                "sigma",
                "what the damping leaves of a momentum in a layer",
                "damping factor",
                by_layer([_sigma(of, layer) for layer, of in enumerate(weights)], layers),
            )
        )
        names = [name for name in step_scalars(config.scheme) if name in _NUMBERS]
    else:
        names = [*NESTEROV] if config.scheme == "nesterov" else []
    found = [read_scalars(of, "attention.", names)[0] for of in weights]
    for name in names:
        short, meaning, panel = _NUMBERS[name]
        rows = by_layer([each[name] for each in found], layers)
        measures.append(Measure(name, short, meaning, panel, rows))
    return measures


def _sigma(weights: dict[str, Floats], layer: int) -> float:
    """Return what the damping leaves from time k + 1 to k + 2; reading 7 of the package."""
    found, _ = read_scalars(weights, "attention.", ("damping_log", "damping_linear"))
    damping = Damping(found["damping_log"], found["damping_linear"])
    return math.exp(-damping.fall(layer + 1.0, layer + 2.0))
