"""Kuramoto attention: gated cosine scores, causal softmax, and a pull towards the mean found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from lohe.attention.kuramoto.coupling import COUPLINGS, coupled_means
from lohe.attention.kuramoto.points import (
    angle_gradient,
    heads_first,
    sum_tokens,
    tokens_first,
    turn_planes,
    unit_phasors,
)
from lohe.attention.kuramoto.scores import queries_and_keys
from lohe.attention.kuramoto.sphere import Sphere
from lohe.attention.kuramoto.torus import Torus
from lohe.attention.linear import linear
from lohe.attention.rotary.weights import attention_weights

__all__ = [
    "PREFIX",
    "Manifold",
    "Pulled",
    "kuramoto_attention",
    "pull_to",
    "values_of",
]

Floats = NDArray[Any]
Gradients = dict[str, Floats]
Manifold = Torus | Sphere

PREFIX = {"attended": "", "successor": "successor_"}
"""Of the names of the step and the lag of each kind of coupling."""


@dataclass(frozen=True, eq=False)
class Pulled:
    """What one layer's attention saw and did.

    Parameters
    ----------
    x : (B, T, H, n, d) array
        Points of the tokens.
    q, k : (B, H, T, n d) array
        Queries and keys.
    means : mapping of str to (B, T, H, n, d) array
        Means of what was coupled to, by the kind of coupling, before any lag.
    sees_itself : bool
        Whether a token attends to itself.
    """

    x: Floats
    q: Floats
    k: Floats
    means: Mapping[str, Floats]
    sees_itself: bool

    def weights(self) -> Floats:
        """Return the weights A, (B, H, T, T); a token's sum is 1, or 0 if it sees none."""
        return attention_weights(self.q, self.k, sees_itself=self.sees_itself)


def kuramoto_attention(
    manifold: Manifold,
    weights: Mapping[str, Floats],
    x: Floats,
    *,
    gate_kind: str = "signed",
    frequency: Floats | None = None,
    coupling: str = "attended",
    sees_itself: bool = True,
    start: int = 0,
    observe: Callable[[Pulled], None] | None = None,
) -> tuple[Floats, Callable[[Floats], tuple[Gradients, Floats]]]:
    r"""Return how far each oscillator is pulled towards the mean of what its token attends to.

    .. math:: s_{tu} = \tau \sum_k g_k(x_t) \cos(\theta_{uk} - \theta_{tk} + \omega_k (t - u)),
        \quad A = \mathrm{softmax}(s), \quad
        \Delta\theta_t = \eta \odot \sum_u A_{tu} \sin(\theta_u - \theta_t)

    on the torus (arXiv 2606.11585; what the paper leaves open is in `lohe.attention.kuramoto`).

    Parameters
    ----------
    manifold
        Where the oscillators live.
    weights : mapping of str to array
        ``log_tau`` (H,): logarithms of the heads' tau. ``step`` (H, n): eta; ``successor_step``
        for that coupling. ``gate_weight`` and ``gate_bias``: see `gate`. Optional: ``log_drift``
        (H, n, p), logarithms of omega, p = d // 2; ``lag`` and ``successor_lag`` (H, n, p):
        angles alpha by which the mean is turned back; ``value_weight`` (H n d, H n d): a linear map
        of the token's coordinates that takes the place of the points as values.
    x : (B, T, H, n, d) array
        Points.
    gate_kind
        See `GATES`; ``"none"`` reads no gate.
    frequency : (H, n, p) array, optional
        Fixed omega in radians per token, used where there is no ``log_drift``. None: no drift.
    coupling
        See `COUPLINGS`.
    sees_itself : bool
        Whether a token attends to itself, too.
    start : int
        Position of the first token.
    observe
        Called with what happened.

    Returns
    -------
    change : array
        Of the states; see `Torus.pull`.
    pullback : callable
        ``pullback(dchange) -> (gradients by name, dx)``.
    """
    q, k, back_scores = queries_and_keys(
        weights, x, gate_kind=gate_kind, frequency=frequency, start=start
    )
    values, back_values = values_of(weights, x)
    kinds = COUPLINGS[coupling]
    flat, back_means = coupled_means(q, k, heads_first(values), kinds, sees_itself=sees_itself)
    means = {kind: tokens_first(mean, x) for kind, mean in zip(kinds, flat, strict=True)}
    if observe is not None:
        observe(Pulled(x, q, k, means, sees_itself))
    change, back_pull = pull_to(manifold, weights, x, means)

    def pullback(dchange: Floats) -> tuple[Gradients, Floats]:
        gradients, dx, dmeans = back_pull(dchange)
        dq, dk, dvalues = back_means([heads_first(dmean) for dmean in dmeans])
        of_values, dx_of_values = back_values(tokens_first(dvalues, x))
        of_scores, dx_of_scores = back_scores(dq, dk)
        dx += dx_of_values
        dx += dx_of_scores
        return gradients | of_values | of_scores, dx

    return change, pullback


def pull_to(
    manifold: Manifold, weights: Mapping[str, Floats], x: Floats, means: Mapping[str, Floats]
) -> tuple[Floats, Callable[[Floats], tuple[Gradients, Floats, list[Floats]]]]:
    """Return the pull towards means, each turned back by its lag.

    Returns
    -------
    change : array
        See `Torus.pull`.
    pullback : callable
        ``pullback(dchange) -> (gradients by name, dx, dmeans)``.
    """
    change: Any = 0
    backs = []
    for kind, mean in means.items():
        lag = weights.get(PREFIX[kind] + "lag")
        lagged, back_lag = (mean, None) if lag is None else turn_planes(mean, unit_phasors(lag))
        pull, back_pull = manifold.pull(x, lagged, weights[PREFIX[kind] + "step"])
        change = change + pull
        backs.append((PREFIX[kind], lagged, back_lag, back_pull))

    def pullback(dchange: Floats) -> tuple[Gradients, Floats, list[Floats]]:
        gradients, dmeans = {}, []
        dx: Any = 0
        for prefix, lagged, back_lag, back_pull in backs:
            dx_of_kind, dmean, gradients[prefix + "step"] = back_pull(dchange)
            if back_lag is not None:
                gradients[prefix + "lag"] = sum_tokens(angle_gradient(lagged, dmean))
                dmean = back_lag(dmean)
            dx = dx + dx_of_kind
            dmeans.append(dmean)
        return gradients, dx, dmeans

    return change, pullback


def values_of(
    weights: Mapping[str, Floats], x: Floats
) -> tuple[Floats, Callable[[Floats], tuple[Gradients, Floats]]]:
    """Return what a token holds for others: its points, or a linear map of all its coordinates.

    Returns
    -------
    values : (B, T, H, n, d) array
    pullback : callable
        ``pullback(dvalues) -> (gradients by name, dx)``.
    """
    if "value_weight" not in weights:
        return x, lambda dvalues: ({}, dvalues)
    values, back = linear(weights["value_weight"], None, x.reshape(*x.shape[:2], -1))

    def pullback(dvalues: Floats) -> tuple[Gradients, Floats]:
        dweight, _, dx = back(dvalues.reshape(values.shape))
        return {"value_weight": dweight}, dx.reshape(x.shape)

    return values.reshape(x.shape), pullback
