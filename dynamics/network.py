"""The instance that is simulated and certified: a network of oscillators on a sphere."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import digest, read_npz, write_npz

__all__ = ["Network"]

Floats = NDArray[np.float64]
AnchorKind = Literal["unit", "free"]

FORMAT = "lohe.network"
VERSION = 1

# Anchors normalised in float32 are off the sphere by about 1e-7. The theorems use the stored
# norms exactly; this guard only catches tables that were never normalised.
_UNIT_GUARD = 1e-6


@dataclass(frozen=True, eq=False, init=False)
class Network:
    r"""Oscillators :math:`\dot x_i = A_i x_i + P_{x_i}(h_i + \sum_k J_{ik} x_k)` on a sphere.

    Give either the drives ``h``, or couplings ``W`` and anchors ``r`` with
    :math:`h_i = \sum_j W_{ij} r_j`. The instance is exactly the stored arrays: a certificate is
    bound to them by `digest`, and speaks of the exact sums, not of their rounded values.

    Parameters
    ----------
    drive : (n, d) array
        Constant drive of each oscillator. When couplings and anchors are given instead, this
        attribute holds their rounded product.
    couplings : (n, T) array, non-negative
        Coupling of each free oscillator to each anchor; 0 where a key is masked.
    anchors : (T, d) array
        Pinned oscillators.
    visible : (n, T) bool array, optional
        Keys that the readout of each oscillator sums over; by default those with a positive
        coupling.
    crosstalk : (n, n) array or scipy.sparse, optional
        Coupling ``J`` between free oscillators; its diagonal must be zero.
    frequency : (n, d, d) array, optional
        Skew-symmetric natural frequency ``A`` of each oscillator.
    readout_exponent : float
        The exponent p of the weights max(0, 1 + <x, r>)^p.
    anchor_kind : {"unit", "free"}
        ``"unit"`` refuses anchors off the sphere; ``"free"`` takes them as they are.
    labels : (n,) array of str, optional
        What each oscillator stands for, for example its token. Not part of the digest.
    sequence : (n,) array of int, optional
        Which input sequence each oscillator belongs to. Not part of the digest.

    Raises
    ------
    InputError
        For missing, non-finite or mis-shaped arrays, negative couplings, anchors off the sphere
        with ``anchor_kind="unit"``, and frequencies that are not skew.

    Examples
    --------
    >>> network = Network(couplings=[[1.0, 2.0]], anchors=[[1.0, 0.0], [0.0, 1.0]])
    >>> network.n, network.d
    (1, 2)
    >>> network.drive
    array([[1., 2.]])
    """

    drive: Floats
    couplings: Floats | None
    anchors: Floats | None
    visible: NDArray[np.bool_] | None
    crosstalk: Any  # a dense array or scipy.sparse.csr_array; None without crosstalk
    frequency: Floats | None
    readout_exponent: float
    anchor_kind: AnchorKind
    labels: NDArray[np.str_] | None
    sequence: NDArray[np.int64] | None

    def __init__(
        self,
        drive: ArrayLike | None = None,
        *,
        couplings: ArrayLike | None = None,
        anchors: ArrayLike | None = None,
        visible: ArrayLike | None = None,
        crosstalk: Any = None,
        frequency: ArrayLike | None = None,
        readout_exponent: float = 1.0,
        anchor_kind: AnchorKind = "unit",
        labels: ArrayLike | None = None,
        sequence: ArrayLike | None = None,
    ) -> None:
        if anchor_kind not in get_args(AnchorKind):
            raise InputError(f"anchor_kind is {anchor_kind!r}; choose 'unit' or 'free'")
        try:
            exponent = float(readout_exponent)
        except (TypeError, ValueError) as error:
            raise InputError("readout_exponent is not a number") from error
        if not (np.isfinite(exponent) and exponent > 0):
            raise InputError(f"readout_exponent is {exponent}; it must be positive")
        self._set(anchor_kind=anchor_kind, readout_exponent=exponent)
        if drive is not None and couplings is None and anchors is None:
            if visible is not None:
                raise InputError("visible needs couplings and anchors")
            self._set(drive=_floats("drive", drive, 2), couplings=None, anchors=None, visible=None)
        elif drive is None and couplings is not None and anchors is not None:
            self._set_anchored(couplings, anchors, visible)
        else:
            raise InputError("give either drive, or couplings and anchors together")
        n, d = self.drive.shape
        if n < 1 or d < 2:
            raise InputError(f"drive has shape {(n, d)}; need n >= 1 oscillators, dimension >= 2")
        self._set(
            crosstalk=None if crosstalk is None else _crosstalk(crosstalk, n),
            frequency=None if frequency is None else _frequency(frequency, n, d),
            labels=_per_oscillator("labels", labels, np.str_, n),
            sequence=_per_oscillator("sequence", sequence, np.int64, n),
        )

    def _set_anchored(
        self, couplings: ArrayLike, anchors: ArrayLike, visible: ArrayLike | None
    ) -> None:
        w = _floats("couplings", couplings, 2)
        r = _floats("anchors", anchors, 2)
        if not r.size:
            raise InputError("anchors is empty; give at least one")
        if w.shape[1] != r.shape[0]:
            raise InputError(
                f"couplings {w.shape} and anchors {r.shape} disagree: expected (n, T) and (T, d)"
            )
        if w.size and w.min() < 0:
            raise InputError("couplings must be non-negative; use a positive coupling function")
        if self.anchor_kind == "unit":
            norms = np.linalg.norm(r, axis=-1)
            worst = int(np.argmax(np.abs(norms - 1)))
            if abs(norms[worst] - 1) > _UNIT_GUARD:
                raise InputError(
                    f"anchor {worst} is off the sphere (norm {norms[worst]:.6g}); "
                    "normalise the anchors or pass anchor_kind='free'"
                )
        seen = None if visible is None else np.array(visible, dtype=np.bool_, order="C")
        if seen is not None:
            seen.flags.writeable = False
            if seen.shape != w.shape:
                raise InputError(f"visible has shape {seen.shape}; expected {w.shape}")
            if bool(np.any((w > 0) & ~seen)):
                raise InputError("a key outside visible has a positive coupling; set it to 0")
        with np.errstate(over="ignore", invalid="ignore"):
            drive = w @ r
        if not np.isfinite(drive).all():
            raise InputError("the drive overflows; scale the couplings down")
        drive.flags.writeable = False
        self._set(drive=drive, couplings=w, anchors=r, visible=seen)

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def n(self) -> int:
        """Number of free oscillators."""
        return int(self.drive.shape[0])

    @property
    def d(self) -> int:
        """Dimension of the ambient space; oscillators live on the sphere of dimension d - 1."""
        return int(self.drive.shape[1])

    @cached_property
    def has_crosstalk(self) -> bool:
        """Whether any oscillator hears another one."""
        values = self.crosstalk.data if sparse.issparse(self.crosstalk) else self.crosstalk
        return values is not None and bool(np.any(values))

    @cached_property
    def has_frequency(self) -> bool:
        """Whether any oscillator has a natural frequency."""
        return self.frequency is not None and bool(np.any(self.frequency))

    @property
    def decoupled(self) -> bool:
        """Whether every oscillator settles alone: no crosstalk and no natural frequency."""
        return not (self.has_crosstalk or self.has_frequency)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that define the instance, in the canonical order of the digest."""
        found: dict[str, NDArray[Any]] = {}
        if self.couplings is None:
            found["drive"] = self.drive
        else:
            assert self.anchors is not None
            found |= {"couplings": self.couplings, "anchors": self.anchors}
            if self.visible is not None:
                found["visible"] = self.visible
        if sparse.issparse(self.crosstalk):
            found["crosstalk_data"] = self.crosstalk.data
            found["crosstalk_indices"] = self.crosstalk.indices
            found["crosstalk_indptr"] = self.crosstalk.indptr
        elif self.crosstalk is not None:
            found["crosstalk"] = self.crosstalk
        if self.frequency is not None:
            found["frequency"] = self.frequency
        found["readout_exponent"] = np.asarray(self.readout_exponent)
        return found

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical form of `arrays`, as 64 hexadecimal digits.

        The canonical form is the line ``lohe.network 1``, then for each array, in the order of
        `arrays`, a line ``name dtype shape`` (dtype little-endian, shape comma-separated) and
        its bytes in C order.
        """
        return digest(f"{FORMAT} {VERSION}", self.arrays())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.network.npz`` file, atomically.

        Raises
        ------
        InputError
            If the path cannot be written.
        """
        arrays = self.arrays()
        if self.labels is not None:
            arrays["labels"] = self.labels
        if self.sequence is not None:
            arrays["sequence"] = self.sequence
        header = {
            "format": FORMAT,
            "version": VERSION,
            "sha256": self.digest,
            "anchor_kind": self.anchor_kind,
        }
        write_npz(path, header, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Network:
        """Read a ``.network.npz`` file and check its digest.

        Raises
        ------
        InputError
            If the file is missing, damaged, of another version, or was altered after it was
            written.
        """
        header, arrays = read_npz(path, FORMAT)
        if header.get("version") != VERSION:
            raise InputError(f"{path} has version {header.get('version')}; expected {VERSION}")
        values: dict[str, Any] = dict(arrays)
        sparse_parts = [values.pop(f"crosstalk_{p}", None) for p in ("data", "indices", "indptr")]
        try:
            if all(part is not None for part in sparse_parts):
                size = sparse_parts[2].size - 1
                values["crosstalk"] = sparse.csr_array(tuple(sparse_parts), shape=(size, size))
            values["readout_exponent"] = float(values["readout_exponent"])
            network = cls(**values, anchor_kind=header.get("anchor_kind", "unit"))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path} does not hold a network; write it again") from error
        if network.digest != header.get("sha256"):
            raise InputError(f"{path} was altered after it was written (SHA-256 differs)")
        return network


def _floats(name: str, values: ArrayLike | None, ndim: int) -> Floats:
    try:
        # A copy, closed to writing: what was certified must stay what is stored.
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not an array of numbers") from error
    array.flags.writeable = False
    if array.ndim != ndim:
        raise InputError(f"{name} has {array.ndim} axes; expected {ndim}")
    if not np.isfinite(array).all():
        raise InputError(f"{name} has NaN or infinite entries")
    return array


def _per_oscillator(name: str, values: ArrayLike | None, kind: Any, n: int) -> Any:
    if values is None:
        return None
    try:
        array = np.array(values, dtype=kind)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not an array of {kind.__name__}") from error
    if array.shape != (n,):
        raise InputError(f"{name} has shape {array.shape}; expected {(n,)}")
    return array


def _crosstalk(values: Any, n: int) -> Any:
    if sparse.issparse(values):
        matrix = sparse.csr_array(values, dtype=np.float64, copy=True)
        try:
            # SciPy's kernels trust the indices; bad ones, from a tampered file, corrupt memory.
            matrix.check_format(full_check=True)
        except ValueError as error:
            raise InputError(f"crosstalk is no valid sparse matrix: {error}") from error
        matrix.sum_duplicates()
        entries, diagonal = matrix.data, matrix.diagonal()
    else:
        matrix = _floats("crosstalk", values, 2)
        entries, diagonal = matrix, np.diagonal(matrix)
    if matrix.shape != (n, n):
        raise InputError(f"crosstalk has shape {matrix.shape}; expected {(n, n)}")
    if not np.isfinite(entries).all():
        raise InputError("crosstalk has NaN or infinite entries")
    if np.any(diagonal):
        raise InputError("crosstalk couples an oscillator to itself; its diagonal must be zero")
    return matrix


def _frequency(values: ArrayLike, n: int, d: int) -> Floats:
    array = _floats("frequency", values, 3)
    if array.shape != (n, d, d):
        raise InputError(f"frequency has shape {array.shape}; expected {(n, d, d)}")
    if np.any(array != -np.swapaxes(array, -1, -2)):
        raise InputError("frequency must be skew-symmetric: A = -A^T, exactly")
    return array
