"""Hand-written adjoints in PyTorch's autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch._compile import _disable_dynamo
from torch.autograd import Function

from lohe.dynamics.errors import InputError

__all__ = ["as_array", "as_tensor", "with_adjoint"]

_HALF = {torch.float16, torch.bfloat16}


def with_adjoint(
    vjp: Callable[..., tuple[Any, ...]], *tensors: Tensor, smooth: int = 1
) -> tuple[Tensor, ...]:
    """Apply a function that returns ``(*values, pullback)`` and let autograd use the pullback.

    Parameters
    ----------
    vjp
        Takes arrays, see `as_array`. Its pullback takes the gradients of the first `smooth`
        values and returns that of each argument, as a tuple, or as an array if there is one
        argument; None, for an argument that was not given, is left out.
    *tensors
        Its arguments, on one device. Half precision is widened to float32.
    smooth : int
        How many of the values have a gradient.

    Returns
    -------
    tuple of tensors
        The values.

    Raises
    ------
    InputError
        From a backward pass with ``create_graph=True``.
    """
    wide = (tensor.float() if tensor.dtype in _HALF else tensor for tensor in tensors)
    call = _not_compiled if torch.compiler.is_compiling() else _Adjoint.apply
    values: tuple[Tensor, ...] = call(vjp, smooth, *wide)
    return values


# What vjp does is not PyTorch's to compile. `torch.compiler.disable` is the same, but imports the
# compiler at once, which takes seconds; this one does in its first call.
@_disable_dynamo  # type: ignore[untyped-decorator]
def _not_compiled(vjp: Callable[..., tuple[Any, ...]], smooth: int, *tensors: Tensor) -> Any:
    return _Adjoint.apply(vjp, smooth, *tensors)


class _Adjoint(Function):
    @staticmethod
    def forward(
        ctx: Any, vjp: Callable[..., tuple[Any, ...]], smooth: int, *tensors: Tensor
    ) -> Any:
        *arrays, ctx.pullback = vjp(*(as_array(tensor) for tensor in tensors))
        values = tuple(as_tensor(array) for array in arrays)
        # The pullback has them already: PyTorch is to notice if one is changed in place meanwhile.
        ctx.save_for_backward(*tensors, *values[:smooth])
        ctx.mark_non_differentiable(*values[smooth:])
        ctx.smooth = smooth
        return values

    @staticmethod
    def backward(ctx: Any, *d_values: Tensor) -> Any:
        if torch.is_grad_enabled():
            raise InputError(
                "oscillator attention has no second derivative; call backward without create_graph"
            )
        _ = ctx.saved_tensors
        found = ctx.pullback(*(as_array(d_value) for d_value in d_values[: ctx.smooth]))
        gradients = found if isinstance(found, tuple) else (found,)
        return None, None, *(as_tensor(gradient) for gradient in gradients if gradient is not None)


def as_array(tensor: Tensor) -> Any:
    """Show a CPU tensor as a NumPy array of the same memory; leave others to the array API."""
    tensor = tensor.detach()
    return tensor.numpy() if tensor.device.type == "cpu" else tensor


def as_tensor(array: Any) -> Tensor:
    """Show a NumPy array as a tensor of the same memory; leave tensors as they are."""
    if not isinstance(array, np.ndarray):
        return array
    # PyTorch cannot mark a tensor as not to be written to.
    return torch.from_numpy(array if array.flags.writeable else array.copy())
