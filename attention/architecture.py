"""The architectures that can be trained, by the name in a model's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from lohe.attention.accelerated import (
    AcceleratedConfig,
    apply_accelerated,
    initialise_accelerated,
    is_scalar_accelerated,
)
from lohe.attention.initialise import initialise
from lohe.attention.kuramoto import (
    KuramotoConfig,
    apply_kuramoto,
    initialise_kuramoto,
    is_scalar_kuramoto,
)
from lohe.attention.model import ModelConfig
from lohe.attention.parameters import Parameters
from lohe.attention.recipe import Recipe
from lohe.attention.rotary import RotaryConfig, apply_rotary, initialise_rotary
from lohe.attention.tasks.next_word import language_config
from lohe.attention.tasks.windows import Windows
from lohe.attention.transformer import apply_regularised
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError

__all__ = [
    "ACCELERATED",
    "ARCHITECTURES",
    "KURAMOTO",
    "ROTARY",
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


def _for_text(config: type[Any]) -> Callable[..., Any]:
    """Return what makes a model for a text from its context and its number of symbols alone."""

    def shape(task: Windows, **changes: Any) -> Any:
        sizes = {"context": task.length, "outputs": task.symbols, "vocabulary": task.symbols}
        return config(**(sizes | changes))

    return shape


KURAMOTO = Architecture(
    "kuramoto",
    KuramotoConfig,
    initialise_kuramoto,
    apply_kuramoto,
    _for_text(KuramotoConfig),
    Recipe(epochs=2, batch_size=16, learning_rate=2e-3, warmup=100),
    is_scalar_kuramoto,
)

ROTARY = Architecture(
    "rotary",
    RotaryConfig,
    initialise_rotary,
    apply_rotary,
    _for_text(RotaryConfig),
    Recipe(epochs=2, batch_size=16, learning_rate=2e-3, warmup=100),
)

ACCELERATED = Architecture(
    "accelerated",
    AcceleratedConfig,
    initialise_accelerated,
    apply_accelerated,
    _for_text(AcceleratedConfig),
    Recipe(
        epochs=6,
        batch_size=72,
        learning_rate=3e-4,
        warmup=150,
        second_rate=0.95,
        scalar_rate=100,
    ),
    is_scalar_accelerated,
)
"""Its recipe is that of Stein, Li & Steidl (arXiv 2603.16535)."""

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {each.name: each for each in (TRANSFORMER, KURAMOTO, ROTARY, ACCELERATED)}
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
