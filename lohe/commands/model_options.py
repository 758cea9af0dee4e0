"""The options of a model that every ``lohe train`` command has."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Annotated, Any, get_type_hints

import typer

__all__ = ["AnchorKind", "CouplingName", "Mechanism", "ModelOptions", "with_model_options"]


class Mechanism(StrEnum):
    """What attends."""

    fixed_query = "fixed_query"
    softmax = "softmax"


class CouplingName(StrEnum):
    """From a query and a key to a coupling; those in ``_features`` are linear in the length."""

    softplus = "softplus"
    relu = "relu"
    elu = "elu"
    squareplus = "squareplus"
    relu_features = "relu_features"
    elu_features = "elu_features"
    squareplus_features = "squareplus_features"
    softmax_features = "softmax_features"
    quadratic_features = "quadratic_features"


class AnchorKind(StrEnum):
    """Where anchors come from."""

    unit = "unit"
    free = "free"
    half_space = "half_space"
    content = "content"


def _option(help_: str, *names: str, **limits: Any) -> Any:
    return typer.Option(*names, help=help_, rich_help_panel="Model", **limits)


@dataclass(frozen=True)
class ModelOptions:
    """What a user can choose of `TransformerConfig` for any task."""

    mechanism: Annotated[Mechanism, _option("Oscillators with anchors, or softmax.")] = (
        Mechanism.fixed_query
    )
    d_osc: Annotated[int, _option("Dimension of an oscillator's space.", "--d-osc", min=2)] = 2
    d_qk: Annotated[
        int | None, _option("Width of a query and key; by default a value's.", "--d-qk", min=1)
    ] = None
    coupling: Annotated[CouplingName, _option("From a query and a key to a coupling.")] = (
        CouplingName.softplus
    )
    anchors: Annotated[
        AnchorKind,
        _option(
            "On the sphere, as in the authors' code, in a half-space of it, or made of the tokens."
        ),
    ] = AnchorKind.unit
    anchor_margin: Annotated[
        float, _option("How far anchors in a half-space keep from its edge.", min=0.0)
    ] = 0.1
    readout_exponent: Annotated[float, _option("Exponent p of the readout.")] = 1.0
    learned_exponent: Annotated[
        bool, _option("Let every head learn its own p, from that one on.", "--learned-exponent")
    ] = False
    two_sided: Annotated[
        bool, _option("Give every key a second anchor, for low scores.", "--two-sided")
    ] = False
    coherence: Annotated[
        float, _option("Weight, in the loss, of the price on drives that cancel.", min=0.0)
    ] = 0.0

    def changes(self) -> dict[str, Any]:
        """Return fields of `TransformerConfig`."""
        chosen = {field.name: getattr(self, field.name) for field in fields(self)}
        chosen["anchor_kind"] = chosen.pop("anchors")
        return {
            name: value.value if isinstance(value, StrEnum) else value
            for name, value in chosen.items()
        }


def with_model_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's keyword ``model`` by the fields of `ModelOptions`, for typer to read."""
    own = inspect.signature(command, eval_str=True)
    hints = get_type_hints(ModelOptions, include_extras=True)
    shared = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in fields(ModelOptions)
    ]
    parameters = [*(p for p in own.parameters.values() if p.name != "model"), *shared]

    @functools.wraps(command)
    def run(**arguments: Any) -> None:
        chosen = {field.name: arguments.pop(field.name) for field in fields(ModelOptions)}
        command(**arguments, model=ModelOptions(**chosen))

    signature = own.replace(parameters=parameters)
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": None}
    return run
