"""A trained model whose attention runs on imperfect arrays, one for each head of each layer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.architecture import Apply
from lohe.attention.fixed_query import fixed_query_attention_vjp
from lohe.attention.model import Model
from lohe.attention.task import Batch
from lohe.attention.transformer import apply_regularised
from lohe.dynamics.errors import InputError
from lohe.hardware.nonideal.attention import Answer, device_attention, device_attention_vjp
from lohe.hardware.nonideal.device import Device, draw_device
from lohe.hardware.nonideal.imperfections import Imperfections

__all__ = ["apply_on_devices", "apply_on_new_devices", "draw_model_devices"]

Floats = NDArray[Any]


def draw_model_devices(
    model: Model, imperfections: Imperfections, tokens: int, rng: np.random.Generator
) -> list[Device]:
    """Draw the arrays of a model: for each layer one device with a leading axis of heads.

    Parameters
    ----------
    model
        A transformer of fixed-query oscillators.
    imperfections
        What may be wrong.
    tokens : int
        Length of its sequences, which is how many oscillators and anchors an array has.
    rng
        Source of randomness.

    Raises
    ------
    InputError
        For models of another kind, and harmonics of oscillators that are not on a circle.
    """
    config = model.config
    if config.mechanism != "fixed_query":
        raise InputError(f"a model of {config.mechanism} has no oscillators that rest")
    return [
        draw_device(
            imperfections,
            oscillators=tokens,
            keys=tokens,
            d_osc=config.d_osc,
            rng=rng,
            instances=(config.heads,),
        )
        for _ in range(config.layers)
    ]


def apply_on_devices(
    devices: list[Device], rng: np.random.Generator, answer: Answer | None = None
) -> Apply:
    """Return what runs a model on its arrays, to be used like an architecture's own function.

    Parameters
    ----------
    devices
        Of each layer; see `draw_model_devices`.
    rng
        Of what is drawn at each use.
    answer
        How the states that were read answer to drives. By default the gradient is that of the
        ideal layer at the same queries, keys and values, and takes nothing from the device.

    Examples
    --------
    ``evaluate(model, task, "test", apply_on_devices(devices, rng))``
    """

    def attend(
        layer: int, q: Floats, k: Floats, v: Floats, anchors: Floats, **options: Any
    ) -> tuple[Floats, Callable[..., Any]]:
        if answer is not None:
            return device_attention_vjp(
                devices[layer], q, k, v, anchors, rng=rng, answer=answer, **options
            )
        out = device_attention(devices[layer], q, k, v, anchors, rng=rng, **options)

        def pullback(d_out: Floats) -> Any:  # the ideal layer runs only where it is asked for
            _, back = fixed_query_attention_vjp(q, k, v, anchors, **options)
            return back(d_out)

        return out, pullback

    return partial(apply_regularised, attend=attend)


def apply_on_new_devices(
    imperfections: Imperfections, tokens: int, rng: np.random.Generator
) -> Apply:
    """Return what runs a model on other arrays at every call, to train for any of them.

    The gradient is that of the ideal layer; see `apply_on_devices`.

    Parameters
    ----------
    imperfections
        What may be wrong.
    tokens : int
        See `draw_model_devices`.
    rng
        Of the arrays, and of what is drawn at each use.
    """

    def apply(model: Model, batch: Batch, **options: Any) -> Any:
        devices = draw_model_devices(model, imperfections, tokens, rng)
        return apply_on_devices(devices, rng)(model, batch, **options)

    return apply
