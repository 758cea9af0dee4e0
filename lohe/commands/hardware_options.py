"""Substrates and imperfections on the command line, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lohe.hardware.nonideal.imperfections import Imperfections
    from lohe.hardware.substrates import Substrate

__all__ = [
    "Faults",
    "Parameters",
    "SubstrateName",
    "SubstrateOption",
    "chosen",
    "imperfections_of",
    "make_substrate",
]


class SubstrateName(StrEnum):
    """The substrates that there are, known here so that help need not load them."""

    ELECTRICAL = "electrical"
    MECHANICAL = "mechanical"
    SUPERCONDUCTING = "superconducting"
    CHARGE_DENSITY_WAVE = "charge-density-wave"


SubstrateOption = Annotated[
    SubstrateName | None, typer.Option("--substrate", help="One of them; by default all.")
]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A parameter of --substrate in SI units, as in capacitance=2e-12; may be repeated.",
    ),
]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="NAME=VALUE",
        help="A field of `Imperfections`, as in mismatch=0.3; may be repeated. By default "
        "mismatch=1, coupling_bits=2, detuning=0.5 and settling=30.",
    ),
]


def chosen(name: SubstrateName | None, parameters: Sequence[str] | None) -> dict[str, Substrate]:
    """Return the substrates that were asked for, by name.

    Raises
    ------
    InputError
        For parameters of no single substrate, and as `make_substrate`.
    """
    from lohe.dynamics.errors import InputError

    if name is None and parameters:
        raise InputError("--set changes one substrate; name it by --substrate")
    names = [*SubstrateName] if name is None else [name]
    return {each.value: make_substrate(each.value, parameters or ()) for each in names}


def make_substrate(name: str, parameters: Sequence[str]) -> Substrate:
    """Return a substrate with some parameters set, each as NAME=VALUE.

    Raises
    ------
    InputError
        For unknown parameters, values that are no numbers, and those that the substrate refuses.
    """
    from dataclasses import fields
    from typing import Any, cast

    from lohe.dynamics.errors import InputError
    from lohe.hardware.substrates import SUBSTRATES

    kind = cast(Any, SUBSTRATES[name])
    known = [field.name for field in fields(kind)]
    values = {}
    for each in parameters:
        parameter, equals, text = each.partition("=")
        if not equals or parameter not in known:
            raise InputError(
                f"--set {each}: the {name} substrate has the parameters {', '.join(known)}"
            )
        try:
            values[parameter] = float(text)
        except ValueError as error:
            raise InputError(f"--set {each}: {text!r} is no number") from error
    made: Substrate = kind(**values)
    return made


def imperfections_of(faults: Sequence[str]) -> Imperfections:
    """Return imperfections from fields, each as NAME=VALUE; harmonics are divided by commas.

    Raises
    ------
    InputError
        For unknown fields, values that are of another kind, and those that are refused.

    Examples
    --------
    >>> imperfections_of(["mismatch=0.3", "harmonics=0.1,0.05"]).harmonics
    (0.1, 0.05)
    """
    from dataclasses import fields
    from typing import Any

    from lohe.dynamics.errors import InputError
    from lohe.hardware.nonideal.imperfections import Imperfections

    known = [field.name for field in fields(Imperfections)]
    values: dict[str, Any] = {}
    for each in faults:
        name, equals, text = each.partition("=")
        if not equals or name not in known:
            raise InputError(f"--fault {each}: the faults are {', '.join(known)}")
        try:
            if name == "harmonics":
                values[name] = tuple(float(share) for share in text.split(","))
            elif name in {"topology", "reads"}:
                values[name] = text
            else:
                values[name] = int(text) if name.endswith("bits") else float(text)
        except ValueError as error:
            raise InputError(f"--fault {each}: {text!r} is no number") from error
    return Imperfections(**values)
