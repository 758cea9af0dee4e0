r"""Positions and momenta of a model layer by layer, and the energy that its last token feels.

Token T of a causal model moves by the Hamiltonian of the tokens up to it, as if there were no
others (reading 5 of the package). Of a whole sequence that is, with the layer's own weights and
normed positions,

.. math::
   K = \frac{1}{2N}\sum_{hij} (x_i^\top A_h x_j)\,\langle y_i, y_j\rangle_h, \qquad
   U = -\frac12\sum_i x_i^\top V x_i

in the linear family, and in the softmax family

.. math::
   K = \frac12\sum_i \langle B u_i, u_i\rangle, \qquad
   U = -\frac12\sum_{h,i} \kappa_i \sum_{j\le i} E_{hij}.

A quadratic form sees the symmetric part of A and V alone: where they are not symmetric, the field
has a part that is the gradient of no energy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.config import AcceleratedConfig
from lohe.attention.accelerated.exponential import exponential_sums
from lohe.attention.accelerated.hamiltonian import Moved, shares_of
from lohe.attention.accelerated.layer import accelerated_layer
from lohe.attention.embedding import embedding
from lohe.attention.heads import merge_heads, split_heads
from lohe.attention.layer_norm import layer_norm
from lohe.attention.model import Model
from lohe.attention.parameters import layer_of
from lohe.attention.positions import add_positions
from lohe.dynamics.errors import InputError

__all__ = ["energies", "watch"]

Floats = NDArray[Any]


def watch(model: Model, tokens: NDArray[np.integer[Any]]) -> list[Moved]:
    """Run a model on tokens (B, T) without dropout.

    Returns
    -------
    list of Moved
        Positions and momenta (B, T, D) as they enter each layer, and after the last one.

    Raises
    ------
    InputError
        For tokens outside the vocabulary, and more than the context.
    """
    config, of = model.config, model.parameters
    if tokens.shape[1] > config.context:
        raise InputError(
            f"a sequence of {tokens.shape[1]} tokens; the model's context is {config.context}"
        )

    def embed(words: str, places: str) -> Floats:
        return add_positions(of[places], embedding(of[words], tokens)[0])[0]

    x = embed("input.table", "positions.table")
    y = np.zeros_like(x)
    if "momentum.table" in of:
        y = embed("momentum.table", "momentum.positions")
    found = [Moved(x, y, None)]
    for layer in range(config.layers):
        moved, _ = accelerated_layer(layer_of(of, f"layer{layer}"), config, layer, found[-1], None)
        found.append(moved)
    return found


def energies(
    weights: Mapping[str, Floats], config: AcceleratedConfig, position: Floats, momentum: Floats
) -> tuple[float, float]:
    """Return the kinetic and the potential energy of one sequence under a layer's Hamiltonian.

    Parameters
    ----------
    weights
        The layer's parameters by name.
    config
        Of a Hamiltonian scheme.
    position, momentum : (T, D) array
        Positions before their layer norm.

    Returns
    -------
    kinetic, potential : float

    Raises
    ------
    InputError
        If the scheme has no Hamiltonian, or an exponential overflows.
    """
    if not config.is_hamiltonian:
        raise InputError(f"the scheme {config.scheme} has no energy; choose a Hamiltonian one")
    wide = {name: weights[name].astype(np.float64) for name in weights}
    normed, _ = layer_norm(
        wide["norm1.gain"], wide["norm1.bias"], position[None].astype(np.float64)
    )
    y = momentum[None].astype(np.float64)
    width, heads = normed.shape[-1], config.heads
    scale = 1 / np.sqrt(width // heads)
    share, potential = shares_of(config, len(position), np.float64)
    weight = wide["attention.weight_qkv" if config.family == "linear" else "attention.weight_qk"]
    q, k = (split_heads(normed @ weight[i * width : (i + 1) * width].T, heads) for i in (0, 1))
    if config.family == "linear":
        apart = split_heads(y, heads)
        agree = (scale * (q @ k.mT)) * (apart @ apart.mT)
        pushed = normed @ weight[2 * width :].T
        return float(agree.sum() * share[-1, 0] / 2), float(-np.sum(pushed * normed) / 2)
    sums, _ = exponential_sums(scale * q, k, np.ones((*q.shape[:-1], 1)), causal=True)
    u = merge_heads(split_heads(y, heads) / np.sqrt(share * sums))
    kinetic = np.sum((u @ wide["attention.weight_b"].T) * u) / 2
    return float(kinetic), float(-np.sum(potential * sums) / 2)
