"""The arguments that all attention by oscillators takes, read and checked in one place."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from lohe.attention.arrays import Array, common_lead, read_arrays, read_key_mask
from lohe.dynamics.errors import InputError

__all__ = ["read_arguments"]


def read_arguments(
    *, p: Any, causal: bool, key_mask: Any, **given: Any
) -> tuple[Any, dict[str, Array], Any, Array | None]:
    """Return what attention is given as arrays of one dtype and of shapes that agree.

    Parameters
    ----------
    p
        Readout exponent: a number, or an array (..., 1, 1).
    causal, key_mask
        As in `lohe.fixed_query_attention`.
    **given
        ``q``, ``k``, ``v`` and ``anchors``, and further tables of anchors, which may be None.

    Returns
    -------
    xp
        The array namespace.
    arrays : dict
        By name, without what is None.
    p
        As given, or as an array of the others' dtype.
    mask : (..., T) bool array or None

    Raises
    ------
    InputError
        If they are not finite numbers, do not agree, or leave a query no key.
    """
    given = {name: array for name, array in given.items() if array is not None}
    learned = {} if isinstance(p, Real) else {"p": p}
    xp, arrays = read_arrays(**given, **learned)
    if any(array.dtype != arrays[0].dtype for array in arrays):
        dtype = xp.result_type(*arrays)
        arrays = [xp.astype(array, dtype) for array in arrays]
    found = dict(zip([*given, *learned], arrays, strict=True))
    p = found.pop("p", p)
    _check_shapes(**found)
    _check_exponent(xp, p)
    queries, keys = found["q"].shape[-2], found["k"].shape[-2]
    mask = read_key_mask(xp, queries, keys, causal=causal, key_mask=key_mask)
    try:
        common_lead(*arrays, *([] if mask is None else [mask[..., None]]))
    except ValueError as error:
        raise InputError(f"the leading axes do not broadcast: {error}") from error
    return xp, found, p, mask


def _check_shapes(q: Array, k: Array, v: Array, anchors: Array, **tables: Array) -> None:
    if q.shape[-1] != k.shape[-1]:
        raise InputError(f"q {tuple(q.shape)} and k {tuple(k.shape)} differ in their last axis")
    keys, width = k.shape[-2], anchors.shape[-1]
    for name, array in {"v": v, "anchors": anchors, **tables}.items():
        if array.shape[-2] != keys:
            raise InputError(
                f"{name} has {array.shape[-2]} positions, k has {keys}; give one per key"
            )
    if width < 2:
        raise InputError("anchors need two coordinates or more: a sphere of dimension >= 1")
    for name, table in tables.items():
        if table.shape[-1] != width:
            raise InputError(f"{name} and anchors differ in their last axis")


def _check_exponent(xp: Any, p: Any) -> None:
    fixed = isinstance(p, Real)
    if not (math.isfinite(p) and p > 0 if fixed else xp.all(p > 0)):
        raise InputError(f"p is {p!r}; the readout exponent must be positive and finite")
    if not fixed and tuple(p.shape[-2:]) != (1, 1):
        raise InputError(f"p has shape {tuple(p.shape)}; expected a number or (..., 1, 1)")
