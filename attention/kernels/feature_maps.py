r"""Feature maps: couplings :math:`W_{ij} = \langle\varphi(q_i), \varphi(k_j)\rangle \ge 0`.

Such a coupling is a matrix of low rank, so that drives are sums over keys taken once
(Katharopoulos et al., arXiv 2006.16236), not once for every query.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from lohe.attention.arrays import Array
from lohe.attention.coupling import COUPLINGS
from lohe.attention.kernels.pair_function import NO_WORK
from lohe.attention.kernels.tensor_features import tensor_features_vjp, tensor_width

__all__ = ["FEATURE_MAPS", "FeatureMap"]

Pullback = Callable[[Array], Array]


@dataclass(frozen=True)
class FeatureMap:
    """A feature map of queries and keys.

    Parameters
    ----------
    name
        The name that a coupling is chosen by.
    width
        From the width d_h of a query to the number of features.
    apply_vjp
        ``(namespace, x) -> (features, pullback)`` along the last axis.
    coupling
        The coupling function that it takes of every coordinate, if it does that.
    """

    name: str
    width: Callable[[int], int]
    apply_vjp: Callable[[Any, Array], tuple[Array, Pullback]]
    coupling: str = ""


def _root(x: Array) -> float:
    """Return the factor that each side of the score q.k/sqrt(d_h) takes."""
    return float(x.shape[-1] ** -0.25)


def _coordinatewise(name: str) -> FeatureMap:
    """Take a coupling function of every coordinate; the coupling is the mean over coordinates."""
    function = COUPLINGS[name].function

    def apply_vjp(xp: Any, x: Array) -> tuple[Array, Pullback]:
        root, share = _root(x), x.shape[-1] ** -0.5
        features = function.value(xp, x * root, NO_WORK)
        features *= share

        def pullback(d_features: Array) -> Array:
            _, slope = function.value_and_slopes(xp, x * root, NO_WORK)
            slope *= root * share
            slope *= d_features
            return slope

        return features, pullback

    return FeatureMap(f"{name}_features", lambda d: d, apply_vjp, name)


def _softmax_features(xp: Any, x: Array) -> tuple[Array, Pullback]:
    root, size = _root(x), (2 * x.shape[-1]) ** 0.5
    scaled = x * root
    top = xp.max(xp.abs(scaled), axis=-1, keepdims=True)
    power = xp.concat([xp.exp(scaled - top), xp.exp(-scaled - top)], axis=-1)
    share = power / xp.sum(power, axis=-1, keepdims=True)

    def pullback(d_features: Array) -> Array:
        centred = d_features - xp.vecdot(share, d_features)[..., None]
        d_both = share * centred * (size * root)
        return d_both[..., : x.shape[-1]] - d_both[..., x.shape[-1] :]

    return share * size, pullback


def _quadratic_features(xp: Any, x: Array) -> tuple[Array, Pullback]:
    root, half = _root(x), 0.5**0.5
    squares, back = tensor_features_vjp(xp, x * root, 2)

    def pullback(d_features: Array) -> Array:
        return back(d_features[..., 1:] * half) * root

    return xp.concat([xp.ones_like(x[..., :1]), squares], axis=-1) * half, pullback


FEATURE_MAPS: Mapping[str, FeatureMap] = MappingProxyType(
    {
        features.name: features
        for features in (
            _coordinatewise("relu"),
            _coordinatewise("elu"),
            _coordinatewise("squareplus"),
            FeatureMap("softmax_features", lambda d: 2 * d, _softmax_features),
            FeatureMap("quadratic_features", lambda d: 1 + tensor_width(d, 2), _quadratic_features),
        )
    }
)
"""The feature maps by name; x is q or k divided by d_h^(1/4), so that <x, y> is the score.

``relu_features`` x^+ + 1e-3 of every coordinate: the cheapest, and no exponential;
``elu_features`` ELU(x) + 1 of every coordinate (Katharopoulos et al., arXiv 2006.16236);
``squareplus_features`` (x + sqrt(x^2 + 4 ln^2 2))/2, algebraic: no exponential;
``softmax_features`` softmax over [x, -x] (Zhang et al., Hedgehog, arXiv 2402.04347), which cannot
overflow, with both signs of every coordinate, so that opposite queries listen to opposite keys;
``quadratic_features`` 1 + s + s^2/2 >= 1/2 of the score s itself, the exponential's first terms,
algebraic too (Arora et al., Based, arXiv 2402.18668), from about d_h^2/2 features.
"""
