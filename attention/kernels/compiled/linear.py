r"""Causal attention in linear time, compiled: a few tokens at a time, all of it in cache.

The couplings are of features that act on every coordinate, the readout is affine (p = 1). All that
the past leaves behind are :math:`\sum_j \varphi(k_j) r_j^\top`, which drives the oscillators, and
:math:`\sum_j (r_j, 1) (v_j, 1)^\top`, which they read out. The adjoint goes along the tokens once
more, for what depends on the past, and then back, for what depends on the future.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types

from lohe.attention.arrays import Array
from lohe.attention.kernels.compiled.affine_readout import (
    add_keys,
    forget,
    moment_of,
    pull_keys,
    pull_quotient,
    pull_read,
    read_chunk,
    reading_of,
    take_keys,
)
from lohe.attention.kernels.compiled.chunk import (
    CHUNK,
    add_product,
    copy,
    masked,
    past_only,
    square,
)
from lohe.attention.kernels.compiled.functions import (
    NUMBERS,
    STRIP,
    room_for,
    value,
    value_and_slope,
)
from lohe.attention.kernels.compiled.jit import (
    array_type,
    compiled,
    dot,
    in_four_axes,
    inlined,
    room_like,
)
from lohe.attention.kernels.linear_blocks import LEAST_WEIGHT
from lohe.attention.kernels.settle import EPSILON
from lohe.attention.kernels.threads import map_tasks

__all__ = ["compiled_linear_vjp"]

Gradients = tuple[Array, Array, Array, Array]


def compiled_linear_vjp(
    q: Array, k: Array, v: Array, anchors: Array, driving: Array, read: Array, *, coupling: str
) -> tuple[Array, Callable[[Array], Gradients]]:
    """Attend causally with readout exponent 1, and return the adjoint.

    Parameters
    ----------
    q, k : (*lead, T, d_h) arrays
    v : (*lead, T, d_v) array
    anchors : (*lead, T, d) array
    driving, read : (*lead, T, 1) arrays
        1 where a key drives, and where it is read; else 0. Leading axes are the same for all.
    coupling
        The features of a row are this coupling function of each of its coordinates.

    Returns
    -------
    out : (*lead, T, d_v) array
    pullback : callable
        ``pullback(d_out) -> (dq, dk, dv, danchors)`` with all leading axes.
    """
    dtype = np.dtype(v.dtype)
    arrays = tuple(in_four_axes(array) for array in (q, k, v, anchors, driving, read))
    columns = arrays[0].shape[1]
    entries = range(arrays[0].shape[0] * columns)
    number = NUMBERS[coupling]
    constants = np.array([q.shape[-1] ** -0.25, q.shape[-1] ** -0.5, EPSILON, LEAST_WEIGHT], dtype)
    out = room_like(arrays[2])
    attend, pull = _attend(dtype), _pull(dtype)

    def forwards(entry: int) -> None:
        where = divmod(entry, columns)
        attend(arrays, out, where, number, constants, room_for(dtype))

    def backwards(d_out: Array, gradients: Gradients, entry: int) -> None:
        where = divmod(entry, columns)
        pull((*arrays, d_out), gradients, where, number, constants, room_for(dtype))

    map_tasks(forwards, entries)

    def pullback(d_out: Array) -> Gradients:
        found, given = tuple(room_like(array) for array in arrays[:4]), in_four_axes(d_out)
        map_tasks(lambda entry: backwards(given, found, entry), entries)
        dq, dk, dv, danchors = found
        return (
            dq.reshape(q.shape), dk.reshape(k.shape),
            dv.reshape(v.shape), danchors.reshape(anchors.shape),
        )  # fmt: skip

    return out.reshape(v.shape), pullback


def _attend_types(number: Any) -> Any:
    read, written = array_type(number, 4, read_only=True), array_type(number, 4)
    where, room = types.UniTuple(types.int64, 2), numba.typeof(room_for(np.dtype(number.name)))
    return types.void(types.UniTuple(read, 6), written, where, types.int64, number[::1], room)


def _pull_types(number: Any) -> Any:
    read, written = array_type(number, 4, read_only=True), array_type(number, 4)
    where, room = types.UniTuple(types.int64, 2), numba.typeof(room_for(np.dtype(number.name)))
    found = types.UniTuple(written, 4)
    return types.void(types.UniTuple(read, 7), found, where, types.int64, number[::1], room)


@inlined
def _features(number, x, constants, room, features):
    """Write the features of some rows x."""
    rows, m = x.shape
    flat, size = features.reshape(features.size), rows * m
    for i in range(rows):
        for j in range(m):
            features[i, j] = x[i, j] * constants[0]
    for at in range(0, size, STRIP):
        value(number, 1, flat[at : min(at + STRIP, size)], room)
    for k in range(size):
        flat[k] *= constants[1]


@inlined
def _pull_features(number, x, constants, room, work, d_x):
    """Turn gradients of the features of some rows into those of the rows."""
    rows, m = x.shape
    values, slopes, size = work[0].reshape(work[0].size), work[1].reshape(work[1].size), rows * m
    for i in range(rows):
        for j in range(m):
            work[0][i, j] = x[i, j] * constants[0]
    for at in range(0, size, STRIP):
        strip = slice(at, min(at + STRIP, size))
        value_and_slope(number, 1, values[strip], slopes[strip], room)
    factor = constants[0] * constants[1]
    for i in range(rows):
        for j in range(m):
            d_x[i, j] *= work[1][i, j] * factor


@inlined
def _settle(drives, epsilon, lengths):
    """Turn drives into where they let oscillators rest, and write what they are divided by."""
    for i in range(drives.shape[0]):
        lengths[i] = max(np.sqrt(dot(drives[i], drives[i])), epsilon)
        for j in range(drives.shape[1]):
            drives[i, j] /= lengths[i]


@inlined
def _pull_settled(x, lengths, epsilon, d_x):
    """Turn gradients of resting points into those of the drives."""
    for i in range(x.shape[0]):
        radial = dot(x[i], d_x[i])
        # A floored length does not depend on the drive.
        radial = radial if lengths[i] > epsilon else radial - radial
        for j in range(x.shape[1]):
            d_x[i, j] = (d_x[i, j] - x[i, j] * radial) / lengths[i]


@inlined
def _take_keys(number, arrays, where, some, constants, room, keys, drivers, reading):
    """Write the features of a chunk's keys, what they drive by and what they are read by."""
    a, b = where
    r, v = arrays[3][a, b, some], arrays[2][a, b, some]
    _features(number, arrays[1][a, b, some], constants, room, keys)
    masked(r, arrays[4][a, b, some, 0], drivers)
    take_keys(r, v, arrays[5][a, b, some, 0], reading)


@inlined
def _drive(queries, keys, drivers, driven_by, reading, x):
    """Write the drives of a chunk."""
    rows = x.shape[0]
    near = square(reading.near, rows)
    np.dot(queries, keys.T, near)
    past_only(near)
    np.dot(near, drivers, x)
    add_product(queries, driven_by, reading.share_x[:rows], x)


@compiled(_attend_types)
def _attend(arrays, out, where, number, constants, room):
    """Attend, one leading entry."""
    a, b = where
    q, like = arrays[0][a, b], out.dtype
    (length, m), n, d = q.shape, arrays[2].shape[3], arrays[3].shape[3]
    driven_by, to_driven = np.zeros((m, d), like), np.empty((m, d), like)
    moment, reading = moment_of(d, n, out), reading_of(d, n, out)
    features, of_drives = np.empty((2, CHUNK, m), like), np.empty((2, CHUNK, d), like)
    lengths = np.empty(CHUNK, like)
    for start in range(0, length, CHUNK):
        some = slice(start, min(start + CHUNK, length))
        rows = some.stop - start
        read = arrays[5][a, b, some, 0]
        queries, keys = features[0, :rows], features[1, :rows]
        drivers, x = of_drives[0, :rows], of_drives[1, :rows]
        _features(number, q[some], constants, room, queries)
        _take_keys(number, arrays, where, some, constants, room, keys, drivers, reading)
        _drive(queries, keys, drivers, driven_by, reading, x)
        _settle(x, constants[2], lengths)
        read_chunk(x, read, constants[3], moment, reading)
        for i in range(rows):
            for j in range(n):
                out[a, b, start + i, j] = reading.sums[i, j] / reading.weights[i]
        add_product(keys.T, drivers, to_driven, driven_by)
        add_keys(read, moment, reading)


@compiled(_pull_types)
def _pull(arrays, found, where, number, constants, room):
    """Write the gradients of one leading entry."""
    a, b = where
    q, k, d_out, like = arrays[0][a, b], arrays[1][a, b], arrays[6][a, b], found[0].dtype
    dq, dk, dv, dr = found[0][a, b], found[1][a, b], found[2][a, b], found[3][a, b]
    (length, m), n, d = q.shape, arrays[2].shape[3], arrays[3].shape[3]
    driven_by, to_driven = np.zeros((m, d), like), np.empty((m, d), like)
    moment, reading = moment_of(d, n, found[0]), reading_of(d, n, found[0])
    features, of_drives = np.empty((4, CHUNK, m), like), np.empty((2, CHUNK, d), like)
    lengths = np.empty(CHUNK, like)
    # Of every token, for the way back: resting point, and gradients of drive, sum and weight.
    states, d_drives = np.empty((length, d), like), np.empty((length, d), like)
    d_sums, d_weights = np.empty((length, n), like), np.empty(length, like)
    for start in range(0, length, CHUNK):
        some = slice(start, min(start + CHUNK, length))
        rows = some.stop - start
        read = arrays[5][a, b, some, 0]
        queries, keys, drivers = features[0, :rows], features[1, :rows], of_drives[0, :rows]
        d_queries, share_q = features[2, :rows], features[3, :rows]
        x = states[some]
        _features(number, q[some], constants, room, queries)
        _take_keys(number, arrays, where, some, constants, room, keys, drivers, reading)
        _drive(queries, keys, drivers, driven_by, reading, x)
        _settle(x, constants[2], lengths)
        read_chunk(x, read, constants[3], moment, reading)
        pull_quotient(d_out[some], d_sums[some], d_weights[some], reading)
        d_x = pull_read(d_sums[some], d_weights[some], moment, reading)
        _pull_settled(x, lengths, constants[2], d_x)
        copy(d_x, d_drives[some])
        near = square(reading.near, rows)
        np.dot(d_x, drivers.T, near)
        past_only(near)
        np.dot(near, keys, d_queries)
        add_product(d_x, driven_by.T, share_q, d_queries)
        copy(d_queries, dq[some])
        add_product(keys.T, drivers, to_driven, driven_by)
        add_keys(read, moment, reading)
        _pull_features(number, q[some], constants, room, (queries, keys), dq[some])
    # From here on the sums are over what comes after: queries times gradients of drives, and
    # resting points times gradients of sums and weights.
    driven_by[:] = 0
    forget(moment)
    for start in range((length - 1) // CHUNK * CHUNK, -1, -CHUNK):
        some = slice(start, min(start + CHUNK, length))
        rows = some.stop - start
        driving, read = arrays[4][a, b, some, 0], arrays[5][a, b, some, 0]
        queries, keys = features[0, :rows], features[1, :rows]
        d_keys, share_k = features[2, :rows], features[3, :rows]
        drivers, d_drivers = of_drives[0, :rows], of_drives[1, :rows]
        x, d_x = states[some], d_drives[some]
        _features(number, q[some], constants, room, queries)
        _take_keys(number, arrays, where, some, constants, room, keys, drivers, reading)
        near = square(reading.near, rows)
        np.dot(queries, keys.T, near)
        past_only(near)
        np.dot(near.T, d_x, d_drivers)
        add_product(keys, driven_by, reading.share_x[:rows], d_drivers)
        np.dot(d_x, drivers.T, near)
        past_only(near)
        np.dot(near.T, queries, d_keys)
        add_product(drivers, driven_by.T, share_k, d_keys)
        copy(d_keys, dk[some])
        add_product(queries.T, d_x, to_driven, driven_by)
        d_anchors, d_values = pull_keys(x, read, d_sums[some], d_weights[some], moment, reading)
        copy(d_values, dv[some])
        for i in range(rows):
            for j in range(d):
                dr[start + i, j] = d_anchors[i, j] + d_drivers[i, j] * driving[i]
        _pull_features(number, k[some], constants, room, (queries, keys), dk[some])
