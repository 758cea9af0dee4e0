"""A training run's whole state in one file, from which it goes on to the bit."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from numpy.typing import NDArray

from lohe.attention.architecture import ARCHITECTURES, TRANSFORMER, Architecture, architecture_of
from lohe.attention.kept import Kept
from lohe.attention.model import Model
from lohe.attention.parameters import Parameters
from lohe.attention.recipe import Recipe
from lohe.attention.sealed import read_sealed, write_sealed
from lohe.dynamics.errors import InputError

__all__ = ["Checkpoint"]

FORMAT = "lohe.model"
VERSION = 1

_PARAMETER = "parameter."
_KEPT = "kept"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state after a whole number of epochs; also the file that a trained model is kept in.

    Parameters
    ----------
    model
        Shape and parameters.
    recipe, task, task_config, seed
        Which run it is; a run resumes only from its own checkpoint.
    epoch
        Epochs done.
    optimiser_steps, first, second
        State of `Adam`.
    rng_state
        State of the generator that shuffles and drops out.
    history
        One entry per epoch.
    wall_s
        Seconds of training so far.
    kept
        The best model so far, while a recipe that keeps it runs; at the end it is `model`.
    sources
        The states of the program that its epochs were made by, `source_digest`; one, unless the
        program was changed while the run was stopped. Older files have none.
    """

    model: Model
    recipe: Recipe
    task: str
    task_config: Mapping[str, Any]
    seed: int
    epoch: int
    optimiser_steps: int
    first: NDArray[Any]
    second: NDArray[Any]
    rng_state: Mapping[str, Any]
    history: tuple[Mapping[str, float], ...]
    wall_s: float
    kept: Kept | None = None
    sources: tuple[str, ...] = ()

    def identity(self) -> dict[str, Any]:
        """Return what makes it this run and no other, as JSON values."""
        identity = {
            "architecture": architecture_of(self.model.config).name,
            "model": asdict(self.model.config),
            "recipe": asdict(self.recipe),
            "task": self.task,
            "task_config": dict(self.task_config),
            "seed": self.seed,
        }
        return dict(json.loads(json.dumps(identity)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.model.npz`` file, atomically.

        Raises
        ------
        InputError
            If the path cannot be written.
        """
        arrays = {_PARAMETER + name: array for name, array in self.model.parameters.items()}
        arrays |= {"optimiser.first": self.first, "optimiser.second": self.second}
        header = {
            "format": FORMAT,
            "version": VERSION,
            **self.identity(),
            "parameters": list(self.model.parameters),
            "epoch": self.epoch,
            "optimiser_steps": self.optimiser_steps,
            "rng_state": self.rng_state,
            "history": list(self.history),
            "wall_s": self.wall_s,
            "sources": list(self.sources),
        }
        if self.kept is not None:
            header["kept_loss"] = self.kept.loss
            arrays[_KEPT] = self.kept.vector
        write_sealed(path, header, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Checkpoint:
        """Read a ``.model.npz`` file.

        Raises
        ------
        InputError
            If the file is missing, damaged, of another version, or was altered.
        """
        header, arrays = read_sealed(path, FORMAT, VERSION)
        try:
            first, second = arrays["optimiser.first"], arrays["optimiser.second"]
            shape = _architecture(header).config
            named = {name: arrays[_PARAMETER + name] for name in header["parameters"]}
            return cls(
                model=Model(shape(**header["model"]), Parameters(named, first.dtype)),
                recipe=Recipe(**header["recipe"]),
                task=header["task"],
                task_config=header["task_config"],
                seed=header["seed"],
                epoch=header["epoch"],
                optimiser_steps=header["optimiser_steps"],
                first=first,
                second=second,
                rng_state=header["rng_state"],
                history=tuple(header["history"]),
                wall_s=header["wall_s"],
                kept=Kept(header["kept_loss"], arrays[_KEPT]) if _KEPT in arrays else None,
                sources=tuple(header.get("sources", ())),
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"{path} does not hold a model; train it again") from error


def _architecture(header: Mapping[str, Any]) -> Architecture:
    name = header.get("architecture", TRANSFORMER.name)  # older files are of no other
    if name not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise InputError(f"a model of architecture {name!r}; this version has {known}")
    return ARCHITECTURES[name]
