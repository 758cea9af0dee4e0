"""What every attention function does to its arrays first and to its gradients last."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_array_api_obj

from lohe.dynamics.errors import InputError

__all__ = [
    "Array",
    "all_finite",
    "all_true",
    "common_lead",
    "namespace_of",
    "read_arrays",
    "read_gradient",
    "read_key_mask",
    "sum_to",
    "widen",
]

Array = Any
"""An array of NumPy or of any other library that follows the array API standard."""

_MANY = 1 << 16  # entries from which their sums cost less to look at than they do


def read_arrays(**arrays: Any) -> tuple[Any, list[Array]]:
    """Return the arrays' namespace and the arrays, checked to be finite floats.

    Lists and integers become NumPy float64; float32 stays float32.

    Parameters
    ----------
    **arrays
        Arrays of two axes or more, by the name that an error message should use.

    Raises
    ------
    InputError
        For values that are no numbers, fewer than two axes, no entries, or NaN or infinity.
    """
    if not all(is_array_api_obj(array) for array in arrays.values()):
        arrays = {name: _to_numpy(name, array) for name, array in arrays.items()}
    try:
        xp = namespace_of(*arrays.values())
    except TypeError as error:
        raise InputError(f"{', '.join(arrays)} come from different array libraries") from error
    found, of_numpy = [], xp is np
    for name, given in arrays.items():
        integers = of_numpy and given.dtype.kind in "iub"
        array = given.astype(np.float64) if integers else given
        # NumPy's own isdtype takes longer than what a short sequence takes in all.
        if not (array.dtype.kind == "f" if of_numpy else xp.isdtype(array.dtype, "real floating")):
            raise InputError(f"{name} has dtype {array.dtype}; expected real floating numbers")
        if array.ndim < 2:
            raise InputError(f"{name} has shape {tuple(array.shape)}; expected (..., T, width)")
        if 0 in array.shape:
            raise InputError(f"{name} has shape {tuple(array.shape)}: it is empty")
        if not all_finite(xp, array):
            raise InputError(f"{name} has NaN or infinite entries")
        found.append(array)
    return xp, found


def namespace_of(*arrays: Array) -> Any:
    """Return the array namespace that all arrays belong to.

    Raises
    ------
    TypeError
        If they do not.
    """
    # NumPy 2 follows the standard itself; compat's wrappers cost more, their import 10 MB.
    if all(type(array) is np.ndarray for array in arrays):
        return np
    return array_namespace(*arrays)


def all_finite(xp: Any, array: Array) -> bool:
    """Return whether no entry is NaN or infinite."""
    if xp is np and array.size > _MANY:
        # What is not finite stays so in a sum. A product with ones may be a faster one, but BLAS's
        # threads wait for one another in it, ever so long where other programs run too.
        with np.errstate(over="ignore", invalid="ignore"):
            total = array.sum()
        if np.isfinite(total):
            return True  # otherwise it may be a sum of finite entries that overflows
    return all_true(xp, xp.isfinite(array))


def all_true(xp: Any, array: Array) -> bool:
    """Return whether every entry is true."""
    # The method saves NumPy's detour through Python, which short sequences feel.
    return bool(array.all() if xp is np else xp.all(array))


def _to_numpy(name: str, values: Any) -> Array:
    try:
        return np.asarray(values, dtype=None if isinstance(values, np.ndarray) else np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not an array of numbers") from error


def read_key_mask(xp: Any, queries: int, keys: int, *, causal: bool, key_mask: Any) -> Array | None:
    """Return the key mask, checked against the lengths of the token axes.

    Parameters
    ----------
    xp
        The array namespace.
    queries, keys
        Lengths of the two token axes.
    causal
        Query i sees keys j <= i only.
    key_mask : (..., keys) bool array or None
        True where a key is visible, False at padding.

    Returns
    -------
    (..., keys) bool array or None

    Raises
    ------
    InputError
        If the mask is not boolean or of another length, the lengths differ under ``causal``, or
        a query sees no key at all.
    """
    if causal and queries != keys:
        raise InputError(f"causal attention needs as many queries ({queries}) as keys ({keys})")
    if key_mask is None:
        return None
    mask = np.asarray(key_mask) if xp is np or isinstance(key_mask, list) else key_mask
    if not is_array_api_obj(mask) or not str(mask.dtype).endswith("bool"):
        raise InputError("key_mask must be a boolean array: True where a key is visible")
    if mask.ndim < 1 or mask.shape[-1] != keys:
        raise InputError(f"key_mask has shape {tuple(mask.shape)}; expected (..., {keys})")
    # The first query of a causal layer sees the first key alone.
    if not all_true(xp, mask[..., 0] if causal else xp.any(mask, axis=-1)):
        raise InputError("all keys of a query are masked; leave every query one visible key")
    return mask


def read_gradient(xp: Any, given: Any, like: Array, name: str = "d_out") -> Array:
    """Return the gradient of a result, in that result's type and checked to be of its shape.

    Raises
    ------
    InputError
        If it has another shape.
    """
    gradient = xp.asarray(given, dtype=like.dtype)
    if gradient.shape != like.shape:
        raise InputError(f"{name} has shape {gradient.shape}; expected {like.shape}")
    return gradient


def sum_to(xp: Any, array: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which its argument was broadcast.

    Examples
    --------
    >>> sum_to(np, np.ones((5, 3, 2)), (3, 1)).tolist()
    [[10.0], [10.0], [10.0]]
    """
    if array.shape == shape:
        return array
    extra = array.ndim - len(shape)
    if extra:
        array = xp.sum(array, axis=tuple(range(extra)))
    widened = tuple(i for i, size in enumerate(shape) if size == 1 and array.shape[i] != 1)
    return xp.sum(array, axis=widened, keepdims=True) if widened else array


def common_lead(*arrays: Array) -> tuple[int, ...]:
    """Return what the axes before the last two broadcast to.

    Raises
    ------
    ValueError
        If they do not.

    Examples
    --------
    >>> common_lead(np.ones((2, 1, 5, 3)), np.ones((4, 7, 3)))
    (2, 4)
    """
    return _broadcast(tuple(tuple(array.shape[:-2]) for array in arrays))


@lru_cache(maxsize=1024)
def _broadcast(leads: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    return np.broadcast_shapes(*leads)


def widen(xp: Any, array: Array, lead: tuple[int, ...]) -> Array:
    """Broadcast the axes before the last two to the given ones, as a view.

    Examples
    --------
    >>> widen(np, np.ones((4, 7, 3)), (2, 4)).shape
    (2, 4, 7, 3)
    """
    shape = (*lead, *array.shape[-2:])
    return array if tuple(array.shape) == shape else xp.broadcast_to(array, shape)
