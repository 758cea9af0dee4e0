"""Depth as time for phases: order, energy and locking, layer by layer and head by head."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.depth import Depth, Measure, by_layer
from lohe.attention.kuramoto.attention import Pulled, kuramoto_attention
from lohe.attention.kuramoto.config import KuramotoConfig
from lohe.attention.kuramoto.coupling import COUPLINGS
from lohe.attention.kuramoto.feed_forward import phase_feed_forward
from lohe.attention.kuramoto.frozen import frozen_steps
from lohe.attention.kuramoto.model import attention_options, embed
from lohe.attention.kuramoto.order import (
    attended_order,
    coupling_energy,
    order_parameter,
    phase_locking,
)
from lohe.attention.model import Model
from lohe.attention.parameters import layer_of

__all__ = ["Passed", "kuramoto_depth", "pass_layers"]

Floats = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Passed:
    """One layer.

    Parameters
    ----------
    seen
        What its attention saw and did; ``seen.x`` are the points that enter the layer.
    pulled, turned : (B, T, H, n, d) array
        Points after the pull, and after the feed-forward layer.
    """

    seen: Pulled
    pulled: Floats
    turned: Floats


def pass_layers(model: Model, tokens: NDArray[np.integer[Any]]) -> list[Passed]:
    """Run a model on tokens (B, T) without dropout, and return what each layer did."""
    config, of = model.config, model.parameters
    manifold, options = config.manifold, attention_options(config)
    state, _ = embed(config, of["input.table"], tokens)
    found = []
    for layer in range(config.layers):
        weights, seen = layer_of(of, f"layer{layer}"), list[Pulled]()
        x, _ = manifold.points(state)
        of_attention = layer_of(weights, "attention")
        pull, _ = kuramoto_attention(manifold, of_attention, x, observe=seen.append, **options)
        state, _ = manifold.moved(state, pull)
        pulled, _ = manifold.points(state)
        turn, _ = phase_feed_forward(
            manifold, weights["feed_forward.weight_in"], weights["feed_forward.weight_out"], pulled
        )
        state, _ = manifold.moved(state, turn)
        turned, _ = manifold.points(state)
        found.append(Passed(seen[0], pulled, turned))
    return found


def kuramoto_depth(
    model: Model, tokens: NDArray[np.integer[Any]], labels: NDArray[np.str_]
) -> Depth:
    """Follow one sequence through the layers of a phase model.

    Parameters
    ----------
    model
        Its config is a `KuramotoConfig`.
    tokens, labels : (T,) array
        The sequence.

    Returns
    -------
    Depth
        Measures of heads, each the mean over the head's oscillators: ``order`` and
        ``order_pulled``, for each kind of coupling its ``…_order``, ``…_energy`` and
        ``…_attracted``, and ``locking``, on circles only. The state ``points`` (L + 1, T, H, n, d).
    """
    config: KuramotoConfig = model.config
    passed = pass_layers(model, tokens[None])
    points = [*(layer.seen.x for layer in passed), passed[-1].turned]
    measures = [
        Measure(
            "order",
            "order",
            "length of the mean point of all tokens",
            "order parameter",
            by_layer([_heads(order_parameter(x)) for x in points], config.layers),
        ),
        Measure(
            "order_pulled",
            "pulled",
            "the same after the pull, before the feed-forward layer",
            "order parameter",
            by_layer([_heads(order_parameter(each.pulled)) for each in passed], config.layers),
        ),
    ]
    for number, kind in enumerate(COUPLINGS[config.coupling]):
        whose = {"attended": "those attended to", "successor": "their successors"}[kind]
        rows = [(layer.seen.x, layer.seen.means[kind]) for layer in passed]
        steps = [
            [frozen_steps(model, layer, head)[number] for head in range(config.heads)]
            for layer in range(config.layers)
        ]
        measures += [
            Measure(
                f"{kind}_order",
                kind,
                f"length of the mean point of {whose}",
                "order parameter",
                by_layer([_heads(attended_order(mean)[0]) for _, mean in rows], config.layers),
            ),
            Measure(
                f"{kind}_energy",
                "energy",
                f"minus the mean cosine to {whose}",
                "energy of the coupling",
                by_layer(
                    [coupling_energy(x, mean)[0].mean(axis=0) / x.shape[3] for x, mean in rows],
                    config.layers,
                ),
            ),
            Measure(
                f"{kind}_attracted",
                "attracted",
                f"share of oscillators that {whose} attract; others they repel",
                "share attracted",
                by_layer([np.mean(np.array(each) > 0, axis=-1) for each in steps], config.layers),
            ),
        ]
    if config.d_osc == 2:
        locked = [phase_locking(x, y).mean(axis=-1) for x, y in pairwise(points)]
        measures.append(
            Measure(
                "locking",
                "locking",
                "phase locking of the tokens with themselves a layer later",
                "phase locking",
                by_layer(locked, config.layers),
            )
        )
    states = {"points": np.stack([x[0] for x in points])}
    return Depth("kuramoto", config.mechanism, tuple(measures), states, labels)


def _heads(x: Floats) -> Floats:
    """Return means over all but the heads of (…, H, n)."""
    return np.asarray(x.mean(axis=-1).reshape(-1, x.shape[-2]).mean(axis=0))
