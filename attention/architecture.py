"""The architectures that can be trained, by the name in a model's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from lohe.attention.initialise import initialise
from lohe.attention.model import ModelConfig
from lohe.attention.parameters import Parameters
from lohe.attention.recipe import Recipe
from lohe.attention.tasks.next_word import language_config
from lohe.attention.transformer import apply_regularised
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError

__all__ = [
    "ARCHITECTURES",
    "TRANSFORMER",
    "Apply",
    "Architecture",
    "architecture_of",
    "find_architecture",
]

Apply = Callable[..., tuple[NDArray[Any], float, Callable[..., dict[str, NDArray[Any]]]]]
"""``apply(model, batch, rng=None) -> (outputs, price, pullback)`` with
``pullback(d_outputs, d_price=0.0) -> gradients by name``; see `apply_regularised`."""


@dataclass(frozen=True)
class Architecture:
    """How models of one kind are made and run.

    Parameters
    ----------
    name
        In files.
    config
        The frozen dataclass of a model's shape.
    initialise
        ``(config, rng, dtype) -> Parameters``.
    apply
        See `Apply`.
    for_text
        From a task on text to a small model for it, other fields of which can be given.
    recipe
        A recipe for such a model.
    is_scalar
        From a parameter's name to whether it moves at a recipe's ``scalar_rate``.
    """

    name: str
    config: type[Any]
    initialise: Callable[[Any, Any, Any], Parameters]
    apply: Apply
    for_text: Callable[..., Any]
    recipe: Recipe
    is_scalar: Callable[[str], bool] = lambda _: False


TRANSFORMER = Architecture(
    "transformer",
    TransformerConfig,
    initialise,
    apply_regularised,
    language_config,
    Recipe(epochs=3, batch_size=16, learning_rate=3e-3),
)

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {each.name: each for each in (TRANSFORMER,)}
)
"""By name."""


def find_architecture(name: str) -> Architecture:
    """Return the architecture of that name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in ARCHITECTURES:
        raise InputError(f"no architecture is called {name!r}; choose {' or '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]


def architecture_of(config: ModelConfig) -> Architecture:
    """Return the architecture that a shape is of.

    Raises
    ------
    InputError
        If it is of none.

    Examples
    --------
    >>> architecture_of(TransformerConfig(context=3, outputs=1, vocabulary=5)).name
    'transformer'
    """
    for each in ARCHITECTURES.values():
        if isinstance(config, each.config):
            return each
    raise InputError(f"{type(config).__name__} is no architecture's; see ARCHITECTURES")
