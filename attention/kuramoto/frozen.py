r"""Heads of a phase model with their weights held fixed: networks of oscillators without drives.

For fixed weights A every circle, or sphere, of a head is pulled by :math:`P_{x_t}\sum_u J_{tu}
x_u` with :math:`J_{tu} = A_{tu}` for :math:`u \ne t` (theorem L5): a `Network` of one oscillator a
token, the same for all circles of the head but for the pace, which is each circle's own step eta.
The pull towards successors is one, too, with :math:`J_{tv} = A_{t,v-1}` for :math:`1 \le v < t`.
What is not one is refused, never approximated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.attention.kuramoto.attention import PREFIX, Pulled
from lohe.attention.kuramoto.config import KuramotoConfig
from lohe.attention.kuramoto.coupling import COUPLINGS
from lohe.attention.kuramoto.order import watch
from lohe.attention.model import Model
from lohe.attention.rotary.weights import attention_weights
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network

__all__ = ["frozen_network", "frozen_networks", "frozen_steps", "why_no_network"]

Floats = NDArray[Any]


def frozen_networks(
    model: Model,
    tokens: NDArray[np.integer[Any]],
    *,
    oscillator: int | None = None,
    labels: ArrayLike | None = None,
) -> dict[tuple[int, int], Network]:
    """Run a phase model on one sequence, and return the network of every head.

    Parameters
    ----------
    model
        Its config is a `KuramotoConfig`.
    tokens : (T,) array of int
        The sequence; two tokens or more.
    oscillator : int, optional
        A circle of every head, at whose own steps the networks run. By default a head's circles
        have one network together, which runs as for a step of 1.
    labels : (T,) array of str, optional
        What each token is.

    Returns
    -------
    dict of (layer, head) to Network
        See `frozen_network`.

    Raises
    ------
    InputError
        Where `why_no_network` has a reason, and as the model does.
    """
    config: KuramotoConfig = model.config
    reason = why_no_network(config, oscillator)
    if reason is not None:
        raise InputError(reason)
    tokens = np.asarray(tokens)
    if tokens.ndim != 1 or tokens.size < 2:
        raise InputError(f"tokens have shape {tokens.shape}; give one sequence of at least 2")
    found = {}
    for layer, pulled in enumerate(watch(model, tokens[None])):
        for head in range(config.heads):
            steps: tuple[float, ...] = (1.0,)
            if oscillator is not None:
                steps = tuple(map(float, frozen_steps(model, layer, head)[:, oscillator]))
            found[layer, head] = frozen_network(
                pulled, head, coupling=config.coupling, steps=steps, labels=labels
            )
    return found


def frozen_network(
    pulled: Pulled,
    head: int,
    *,
    coupling: str = "attended",
    steps: tuple[float, ...] = (1.0,),
    labels: ArrayLike | None = None,
) -> Network:
    r"""Return the network of one head of what a layer saw, for its first sequence.

    Weights are computed in 64-bit floats from the queries and keys that the model had.

    Parameters
    ----------
    pulled
        What the layer saw; values are phases, and nothing lags.
    head : int
        Which head.
    coupling
        What pulls; see `COUPLINGS`.
    steps
        The step eta of each kind of coupling. Time runs as for a circle with these steps.
    labels : (T,) array of str, optional
        What each token is.
    """
    kinds = COUPLINGS[coupling]
    q, k = (each[0, head].astype(np.float64) for each in (pulled.q, pulled.k))
    weights = attention_weights(q, k, sees_itself=pulled.sees_itself)
    heard = {"attended": weights, "successor": _successors(weights)}
    crosstalk = np.zeros_like(weights)
    for kind, step in zip(kinds, steps, strict=True):
        crosstalk += step * heard[kind]
    np.fill_diagonal(crosstalk, 0)  # nobody is pulled by itself
    tokens, dimension = pulled.x.shape[1], pulled.x.shape[-1]
    return Network(np.zeros((tokens, dimension)), crosstalk=crosstalk, labels=labels)


def frozen_steps(model: Model, layer: int, head: int) -> Floats:
    """Return the steps of a head, (kinds of coupling, oscillators of the head), as the model has.

    A negative step drives its oscillators away from what they hear: the flow runs backwards.
    """
    config: KuramotoConfig = model.config
    names = [f"layer{layer}.attention.{PREFIX[kind]}step" for kind in COUPLINGS[config.coupling]]
    return np.stack([model.parameters[name][head] for name in names]).astype(np.float64)


def why_no_network(config: KuramotoConfig, oscillator: int | None = None) -> str | None:
    """Return why heads of such a model, or their circle `oscillator`, are no networks, or None."""
    if config.values == "free":
        return (
            'with values="free" an oscillator hears a linear map of all that a token holds, which '
            'is no oscillator; train values="phases" to have networks'
        )
    if config.frustration:
        return (
            "with frustration every coupling turns what is heard by a lag, and a network's "
            "crosstalk is a number; train without frustration to have networks"
        )
    count = config.oscillators[1]
    if oscillator is None and len(COUPLINGS[config.coupling]) > 1:
        return (
            "two pulls act at once, each with steps of its own, so every oscillator of a head has "
            f"a network of its own; choose an oscillator from 0 to {count - 1}"
        )
    if oscillator is not None and not 0 <= oscillator < count:
        return f"no oscillator {oscillator}: a head has {count}, numbered from 0"
    return None


def _successors(weights: Floats) -> Floats:
    """Return how much each token hears of each, if it hears the successors of those it sees."""
    heard = np.zeros_like(weights)
    heard[:, 1:] = weights[:, :-1]
    return np.tril(heard, -1)  # the successor of the token itself is the token itself
