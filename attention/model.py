"""A model: its shape and its parameters, whatever its architecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from lohe.attention.parameters import Parameters

__all__ = ["Model", "ModelConfig"]


class ModelConfig(Protocol):
    """What training needs to know of a model's shape; each architecture has a dataclass of it."""

    @property
    def mechanism(self) -> str:
        """Name of what attends, for records."""

    @property
    def context(self) -> int:
        """Longest sequence."""

    @property
    def vocabulary(self) -> int:
        """Number of words of token inputs; 0 for feature inputs."""

    @property
    def outputs(self) -> int:
        """Numbers that the read-out gives."""

    @property
    def readout(self) -> str:
        """What the outputs are; see `TransformerConfig`."""

    @property
    def coherence(self) -> float:
        """Weight of the price that the model puts on itself; 0 for none."""


@dataclass(frozen=True)
class Model:
    """A model of any architecture.

    Parameters
    ----------
    config
        A frozen dataclass.
    parameters
        Moved in place by training.
    """

    config: Any  # a ModelConfig, of which functions of one architecture know more
    parameters: Parameters
