"""What language models share, whatever turns their tokens: their sizes and their read-out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.next_token import next_token_loss
from lohe.dynamics.errors import InputError

__all__ = ["check_language_sizes", "predict_next"]

Floats = NDArray[Any]
Gradients = dict[str, Floats]


def check_language_sizes(config: Any) -> None:
    """Check the sizes that every language model has.

    Raises
    ------
    InputError
        If one is not positive, or they do not fit together.
    """
    for name in ("context", "outputs", "vocabulary", "width", "heads", "layers", "hidden"):
        if getattr(config, name) < 1:
            raise InputError(f"{name} is {getattr(config, name)}; it must be at least 1")
    if config.outputs != config.vocabulary:
        raise InputError(
            f"outputs is {config.outputs} and vocabulary {config.vocabulary}; "
            "a language model's outputs are its words, as many as its vocabulary"
        )
    if config.width % config.heads:
        raise InputError(f"width {config.width} does not divide into {config.heads} heads")
    if not 0 <= config.dropout < 1:
        raise InputError(f"dropout is {config.dropout}; choose from 0 up to below 1")


def predict_next(
    parameters: Mapping[str, Floats],
    x: Floats,
    back_x: Callable[[Floats], Gradients],
    targets: NDArray[np.integer[Any]],
) -> tuple[Floats, float, Callable[..., Gradients]]:
    """Read out tokens, and return what a language model's ``apply`` returns.

    Parameters
    ----------
    parameters
        With ``output.weight`` and ``output.bias``.
    x : (B, T, D) array
        Tokens as they enter the output layer.
    back_x : callable
        ``back_x(dx)`` gives the gradient of every other parameter by name.
    targets : (B, T) array of int
        Words.

    Returns
    -------
    outputs : (B, T) array
        See `next_token_loss`.
    price : float
        0: the model puts no price on itself.
    pullback : callable
        ``pullback(d_outputs, d_price=0.0)`` gives the gradient of every parameter by name.

    Raises
    ------
    InputError
        As `next_token_loss` does.
    """
    weight, bias = parameters["output.weight"], parameters["output.bias"]
    outputs, back_output = next_token_loss(weight, bias, x, targets)

    def pullback(d_outputs: Floats, d_price: float = 0.0) -> Gradients:
        dweight, dbias, dx = back_output(d_outputs)
        return {"output.weight": dweight, "output.bias": dbias} | back_x(dx)

    return outputs, 0.0, pullback
