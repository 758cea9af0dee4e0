"""One pre-norm block: attention, then the feed-forward layer, each beside a residual path."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.dropout import dropout
from lohe.attention.feed_forward import feed_forward
from lohe.attention.layer_norm import layer_norm
from lohe.attention.multi_head import multi_head
from lohe.attention.parameters import layer_of
from lohe.attention.readout import at_position

__all__ = ["BLOCK", "block", "name_gradients"]

Floats = NDArray[Any]
Gradients = dict[str, Floats]

BLOCK = {
    "norm1": ("gain", "bias"),
    "norm2": ("gain", "bias"),
    "feed_forward": ("weight_in", "bias_in", "weight_out", "bias_out"),
}
"""Names of the parameters of a block's layers, in the order in which they take them; its
attention has those of `multi_head`."""


def name_gradients(
    prefix: str, names: Sequence[str], gradients: Sequence[Floats | None]
) -> Gradients:
    """Name a layer's gradients as ``prefix.name``; None, for an absent parameter, is left out."""
    return {
        f"{prefix}.{name}": gradient
        for name, gradient in zip(names, gradients, strict=True)
        if gradient is not None
    }


def block(
    parameters: Mapping[str, Floats],
    prefix: str,
    x: Floats,
    *,
    rate: float,
    rng: np.random.Generator | None,
    position: NDArray[np.integer[Any]] | None = None,
    all_attend: bool = True,
    **attention: Any,
) -> tuple[Floats, Floats | None, Callable[..., tuple[Gradients, Floats]]]:
    """Apply y = m + drop(F(norm2(m))), m = x + drop(A(norm1(x))).

    Parameters
    ----------
    parameters, prefix
        The parameters ``prefix.norm1.gain`` and so on, see `BLOCK`, and
        ``prefix.attention.weight_qkv`` and so on.
    x : (B, T, D) array
        Tokens.
    rate, rng
        Of both dropouts; see `dropout`.
    position : (B,) array of int, optional
        Token of each sequence that is asked for. What follows the attention acts on each token
        alone, and is then done for these only.
    all_attend : bool
        False lets only the tokens that are asked for attend; see `multi_head`.
    **attention
        Options of `multi_head`.

    Returns
    -------
    y : (B, T, D) array, or (B, D) at the given positions
    coherence : (B, heads, T) array or None
        Of the drives; see `multi_head`.
    pullback : callable
        ``pullback(dy, d_coherence=None) -> (gradients by name, dx)``.
    """

    def of(part: str) -> list[Floats]:
        return [parameters[f"{prefix}.{part}.{name}"] for name in BLOCK[part]]

    gain, bias = of("norm1")
    normed, back_norm1 = layer_norm(gain, bias, x)
    weights = layer_of(parameters, f"{prefix}.attention")
    asking = None if all_attend else position
    attended, coherence, back_attention = multi_head(weights, normed, position=asking, **attention)
    if position is not None and all_attend:
        attended, back_pick = at_position(attended, position)
    kept, back_drop1 = dropout(rate, attended, rng)
    if position is None:
        middle = x + kept
    else:
        asked, back_position = at_position(x, position)
        middle = asked + kept
    gain, bias = of("norm2")
    normed, back_norm2 = layer_norm(gain, bias, middle)
    weight_in, bias_in, weight_out, bias_out = of("feed_forward")
    fed, back_feed = feed_forward(weight_in, bias_in, weight_out, bias_out, normed)
    kept, back_drop2 = dropout(rate, fed, rng)

    def pullback(dy: Floats, d_coherence: Floats | None = None) -> tuple[Gradients, Floats]:
        found: dict[str, Sequence[Floats | None]] = {}
        *found["feed_forward"], d_normed = back_feed(back_drop2(dy))
        *found["norm2"], d_branch = back_norm2(d_normed)
        d_middle = dy + d_branch
        d_attended = back_drop1(d_middle)
        if position is not None and all_attend:
            d_attended = back_pick(d_attended)
        of_attention, d_attended = back_attention(d_attended, d_coherence)
        *found["norm1"], d_branch = back_norm1(d_attended)
        gradients = {
            f"{prefix}.attention.{name}": gradient for name, gradient in of_attention.items()
        }
        for part, of_part in found.items():
            gradients |= name_gradients(f"{prefix}.{part}", BLOCK[part], of_part)
        return gradients, d_branch + (d_middle if position is None else back_position(d_middle))

    return middle + kept, coherence, pullback
