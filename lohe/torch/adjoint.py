"""Hand-written adjoints in PyTorch's autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function

from lohe.dynamics.errors import InputError

__all__ = ["as_array", "as_tensor", "with_adjoint"]


def with_adjoint(vjp: Callable[..., tuple[Any, ...]], *tensors: Tensor) -> tuple[Tensor, ...]:
    """Apply a function that returns ``(*values, pullback)`` and let autograd use the pullback.

    Parameters
    ----------
    vjp
        Takes arrays, see `as_array`. Its pullback takes the gradient of the first value and
        returns that of each argument, as a tuple, or as an array if there is one argument.
    *tensors
        Its arguments, on one device.

    Returns
    -------
    tuple of tensors
        The values. Only the first has a gradient.

    Raises
    ------
    InputError
        From a backward pass with ``create_graph=True``.
    """
    values: tuple[Tensor, ...] = _Adjoint.apply(vjp, *tensors)
    return values


class _Adjoint(Function):
    @staticmethod
    def forward(ctx: Any, vjp: Callable[..., tuple[Any, ...]], *tensors: Tensor) -> Any:
        *arrays, ctx.pullback = vjp(*(as_array(tensor) for tensor in tensors))
        values = tuple(as_tensor(array) for array in arrays)
        # The pullback has them already: PyTorch is to notice if one is changed in place meanwhile.
        ctx.save_for_backward(*tensors, values[0])
        ctx.mark_non_differentiable(*values[1:])
        return values

    @staticmethod
    def backward(ctx: Any, d_value: Tensor, *_: Any) -> Any:
        if torch.is_grad_enabled():
            raise InputError(
                "oscillator attention has no second derivative; call backward without create_graph"
            )
        _ = ctx.saved_tensors
        gradients = ctx.pullback(as_array(d_value))
        if not isinstance(gradients, tuple):
            gradients = (gradients,)
        return None, *(as_tensor(gradient) for gradient in gradients)


def as_array(tensor: Tensor) -> Any:
    """Show a CPU tensor as a NumPy array of the same memory; leave others to the array API."""
    tensor = tensor.detach()
    return tensor.numpy() if tensor.device.type == "cpu" else tensor


def as_tensor(array: Any) -> Tensor:
    """Show a NumPy array as a tensor of the same memory; leave tensors as they are."""
    return torch.from_numpy(array) if isinstance(array, np.ndarray) else array
