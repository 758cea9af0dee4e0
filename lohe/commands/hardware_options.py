"""Substrates on the command line: a name, and parameters otherwise than by default."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lohe.hardware.substrates import Substrate

__all__ = ["Parameters", "SubstrateName", "SubstrateOption", "chosen", "make_substrate"]


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
