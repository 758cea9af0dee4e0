"""The NumPy kernels emitted from the index-free blocks: the file ``proofs_numeric/jacobian.py``.

`lohe.theory.blocks` decides what is computed and `lohe.theory.emit` how it is written; this file
holds the names, arguments and documentation of the kernels.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Basic, MatAdd, MatPow, MatrixExpr, ZeroMatrix

from lohe.theory import blocks, chart
from lohe.theory.blocks import Form
from lohe.theory.emit import numpy_code, numpy_scalar, numpy_terms, numpy_vector

__all__ = ["kernels_source"]

_WIDTH = 100

# How a kernel computes what its expression takes as given.
_DEFINITIONS: dict[Basic, str] = {
    blocks.pull: "pull: Array = (state * drive).sum(-1)",
    blocks.P: "projector = tangent_projector(state)",
    blocks.Q: "other_projector = tangent_projector(other)",
}


@dataclass(frozen=True)
class _Kernel:
    form: Form
    arguments: str
    summary: str
    parameters: tuple[str, ...]
    result: str
    example: tuple[str, ...]
    like: str = "state"

    def source(self) -> str:
        lines = [f"def {self.form.name}({self.arguments}) -> Array:"]
        lines += [f'    r"""{self.summary}', "", f"    .. math:: {self.form.latex}", ""]
        lines += ["    Parameters", "    ----------"]
        for name in self.parameters:
            lines += [f"    {line}" for line in _PARAMETERS[name]]
        lines += ["", "    Returns", "    -------"]
        lines += ["    numpy.ndarray", f"        {self.result}", ""]
        lines += ["    Examples", "    --------"]
        lines += [f"    {line}" for line in self.example]
        lines += ['    """']
        expression = self.form.expression
        lines += [
            f"    {line}"
            for symbol, line in _DEFINITIONS.items()
            if expression.has(symbol) and f"{line.partition(':')[0]}:" not in self.arguments
        ]
        if expression.has(blocks.A):
            lines += ["    if frequency is None:"]
            lines += _indented("return ", _without_frequency(expression), 8, self.like)
        lines += _indented("return ", expression, 4, self.like)
        return "\n".join(lines) + "\n"


def _without_frequency(form: MatrixExpr) -> MatrixExpr:
    """Set A to zero; powers of projectors are projectors (checked in L2)."""
    quiet = form.subs(blocks.A, ZeroMatrix(*blocks.A.shape)).doit()
    return quiet.replace(
        lambda e: isinstance(e, MatPow) and e.base in (blocks.P, blocks.Q), lambda e: e.base
    )


def _indented(prefix: str, form: MatrixExpr, spaces: int, like: str = "state") -> list[str]:
    """Lay a statement out as ruff format does: one line, or one term a line in parentheses."""
    margin = " " * spaces
    line = margin + prefix + numpy_code(form, like)
    if len(line) <= _WIDTH or not isinstance(form, MatAdd):
        return [line]
    terms = [f"{margin}    {term}" for term in numpy_terms(form, like)]
    return [f"{margin}{prefix}(", *terms, f"{margin})"]


_PARAMETERS = {
    "state": ("state : (..., d) array", "    Unit vectors :math:`x_i`."),
    "other": ("other : (..., d) array", "    Unit vectors :math:`x_k` of the other oscillators."),
    "drive": (
        "drive : (..., d) array",
        r"    Total drives :math:`g_i = h_i + \sum_k J_{ik}x_k`, crosstalk included.",
    ),
    "coupling": ("coupling : (...) array", "    Crosstalk :math:`J_{ik}`."),
    "frequency": (
        "frequency : (..., d, d) array, optional",
        "    Skew-symmetric natural frequencies :math:`A_i`; zero if left out.",
    ),
}

_PARAMETERS["basis"] = (
    "basis : (..., d, d - 1) array",
    "    Orthonormal basis of the tangent space at :math:`x_i`.",
)
_PARAMETERS["pull"] = ("pull : (...) array", r"    :math:`\lambda_i = \langle x_i, g_i\rangle`.")

_SETTLED = ">>> north = np.array([0.0, 1.0])"

_KERNELS = (
    _Kernel(
        Form("tangent_projector", blocks.PROJECTOR.expression, blocks.PROJECTOR.latex),
        "state: Array",
        "Projector onto the tangent space.",
        ("state",),
        "(..., d, d).",
        (
            ">>> tangent_projector(np.array([0.0, 1.0]))",
            "array([[1., 0.],",
            "       [0., 0.]])",
        ),
    ),
    _Kernel(
        blocks.FIELD_JACOBIAN,
        "state: Array, drive: Array, frequency: Array | None = None",
        "Differentiate an oscillator's velocity by its own state, in the ambient space.",
        ("state", "drive", "frequency"),
        "(..., d, d).",
        (
            _SETTLED,
            ">>> field_jacobian_block(north, 3 * north)",
            "array([[-3., -0.],",
            "       [-0., -6.]])",
        ),
    ),
    _Kernel(
        blocks.CROSSTALK,
        "state: Array, coupling: Array",
        "Differentiate an oscillator's velocity by another's state, in the ambient space.",
        ("state", "coupling"),
        "(..., d, d).",
        (
            _SETTLED,
            ">>> crosstalk_block(north, np.array(0.5))",
            "array([[0.5, 0. ],",
            "       [0. , 0. ]])",
        ),
    ),
    _Kernel(
        blocks.TANGENT_JACOBIAN,
        "state: Array, drive: Array, frequency: Array | None = None",
        "Linearisation of an oscillator on its own tangent space.",
        ("state", "drive", "frequency"),
        "(..., d, d); it maps x to 0 and everything else into the tangent space.",
        (
            _SETTLED,
            ">>> tangent_jacobian_block(north, 3 * north)[0, 0]",
            "np.float64(-3.0)",
        ),
    ),
    _Kernel(
        blocks.TANGENT_CROSSTALK,
        "state: Array, other: Array, coupling: Array",
        "Linearisation of an oscillator by another, between their tangent spaces.",
        ("state", "other", "coupling"),
        "(..., d, d).",
        (
            _SETTLED,
            ">>> tangent_crosstalk_block(north, north, np.array(0.5))[0, 0]",
            "np.float64(0.5)",
        ),
    ),
    _Kernel(
        blocks.HESSIAN,
        "state: Array, drive: Array",
        "Riemannian Hessian of the energy, diagonal block.",
        ("state", "drive"),
        "(..., d, d), symmetric.",
        (
            _SETTLED,
            ">>> hessian_block(north, 3 * north)[0, 0]",
            "np.float64(3.0)",
        ),
    ),
    _Kernel(
        blocks.HESSIAN_CROSSTALK,
        "state: Array, other: Array, coupling: Array",
        "Riemannian Hessian of the energy, block of two oscillators.",
        ("state", "other", "coupling"),
        "(..., d, d); the transpose of the block with the oscillators exchanged.",
        (
            _SETTLED,
            ">>> hessian_crosstalk_block(north, north, np.array(0.5))[0, 0]",
            "np.float64(-0.5)",
        ),
    ),
    _Kernel(
        chart.LINEARISATION,
        "basis: Array, pull: Array, frequency: Array | None = None",
        "Linearisation of an oscillator in coordinates of its tangent space.",
        ("basis", "pull", "frequency"),
        "(..., d - 1, d - 1).",
        (
            ">>> chart_linearisation(np.array([[1.0], [0.0]]), np.array(3.0))",
            "array([[-3.]])",
        ),
        like="basis",
    ),
)

_HEADER = '''r"""Jacobian and Hessian blocks of the network and the charts of its spheres.

Generated by ``lohe derive --emit`` from the expressions of `lohe.theory.blocks` and
`lohe.theory.chart`; don't edit. Lemma L2 checks the blocks against coordinate derivatives. Every
kernel takes any dimension and any leading axes, and where it says ``Array``, NumPy's arrays or
`Balls`: given enclosures it returns enclosures.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.balls import Balls, concatenate

__all__ = [
__NAMES__
]

Floats = NDArray[np.float64]
Array = TypeVar("Array", Floats, Balls)
'''

_TANGENT_COORDINATES = '''def tangent_basis(state: Floats) -> Floats:
    r"""Orthonormal basis of the tangent space: a reflector without its first column.

    .. math::

        __LATEX__

    Parameters
    ----------
    state : (..., d) array
        Unit vectors :math:`x_i`.

    Returns
    -------
    numpy.ndarray
        (..., d, d - 1), orthonormal columns, each orthogonal to the state.

    Notes
    -----
    Lemma L2. The sign keeps the scale between 1/2 and 1, so nothing cancels.

    Examples
    --------
    >>> tangent_basis(np.array([0.0, 1.0])).ravel()
    array([-1.,  0.])
    """
    first = state[..., 0]
    normal = state.copy()
    normal[..., 0] += np.copysign(1.0, first)
    scale = 1 / (1 + np.abs(first))
__CODE__
    return reflector[..., 1:]


def tangent_coordinates(block: Array, left: Array, right: Array) -> Array:
    r"""Restrict a block to tangent spaces, in coordinates: :math:`B_i^{\\top}MB_k`.

    Parameters
    ----------
    block : (..., d, d) array
        Any block of this module.
    left, right : (..., d, d - 1) arrays
        Bases of the tangent spaces it maps to and from, by `tangent_basis`.

    Returns
    -------
    numpy.ndarray
        (..., d - 1, d - 1). The spectrum of the whole matrix of such blocks decides stability.

    Examples
    --------
    >>> north = np.array([0.0, 1.0])
    >>> basis = tangent_basis(north)
    >>> tangent_coordinates(field_jacobian_block(north, 3 * north), basis, basis)
    array([[-3.]])
    """
    return left.mT @ block @ right
'''

_CHART = '''def chart_point(coordinates: Array, pole: Floats) -> tuple[Array, Array]:
    r"""Point of a stereographic chart of a pole of the first coordinate.

    .. math:: __POINT_POLAR__,\\ __POINT_REST__

    Parameters
    ----------
    coordinates : (..., d - 1) array
        Chart coordinates :math:`\\xi`; 0 is the pole, :math:`|\\xi| = 1` the equator.
    pole : (...) array
        The sign s of the pole, 1 or -1.

    Returns
    -------
    point : (..., d) array
        The unit vector x.
    conformal : (...) array
        The factor c.

    Examples
    --------
    >>> chart_point(np.array([1.0]), np.array(-1.0))[0]
    array([0., 1.])
    """
    conformal = 2 / (1 + (coordinates * coordinates).sum(-1))
    polar = __POINT_POLAR_CODE__
    rest = __POINT_REST_CODE__
    return concatenate([polar[..., None], rest], -1), conformal


def chart_basis(coordinates: Array, point: Array, pole: Floats) -> Array:
    r"""Orthonormal basis of the tangent space at a point of a stereographic chart.

    .. math:: __BASIS_POLAR__,\\ __BASIS_REST__

    The derivative of the point by its coordinates is c B.

    Parameters
    ----------
    coordinates : (..., d - 1) array
    point : (..., d) array
        By `chart_point`.
    pole : (...) array
        The sign s of the pole, 1 or -1.

    Returns
    -------
    numpy.ndarray
        (..., d, d - 1), orthonormal columns, each orthogonal to the point.

    Examples
    --------
    >>> chart_basis(np.array([1.0]), np.array([0.0, 1.0]), np.array(-1.0)).ravel()
    array([1., 0.])
    """
    rest = point[..., 1:]
    top = __BASIS_POLAR_CODE__
    bottom = __BASIS_REST_CODE__
    return concatenate([top[..., None, :], bottom], -2)
'''


def _chart_source() -> str:
    forms = {
        "POINT_POLAR": (chart.POINT_POLAR, numpy_scalar(chart.POINT_POLAR.expression)),
        "POINT_REST": (chart.POINT_REST, numpy_vector(chart.POINT_REST.expression)),
        "BASIS_POLAR": (chart.BASIS_POLAR, numpy_vector(chart.BASIS_POLAR.expression)),
        "BASIS_REST": (
            chart.BASIS_REST,
            numpy_code(chart.BASIS_REST.expression, like="coordinates"),
        ),
    }
    source = _CHART
    for name, (form, code) in forms.items():
        source = source.replace(f"__{name}__", form.latex).replace(f"__{name}_CODE__", code)
    return source


def kernels_source() -> str:
    """Return the source of ``proofs_numeric/jacobian.py``, ending in a newline."""
    others = ["chart_basis", "chart_point", "tangent_basis", "tangent_coordinates"]
    names = sorted([*(k.form.name for k in _KERNELS), *others])
    header = _HEADER.replace("__NAMES__", "\n".join(f'    "{name}",' for name in names))
    basis = _TANGENT_COORDINATES.replace("__LATEX__", blocks.BASIS.latex)
    code = _indented("reflector = ", blocks.BASIS.expression, 4)
    basis = basis.replace("__CODE__", "\n".join(code))
    return "\n\n".join([header, *(kernel.source() for kernel in _KERNELS), basis, _chart_source()])
