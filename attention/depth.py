"""Depth as time: what the layers of a model make of one sequence, measure by measure."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.attention.sealed import read_sealed, write_sealed
from lohe.dynamics.errors import InputError

__all__ = ["Depth", "Measure", "by_layer"]

Floats = NDArray[np.float64]

FORMAT = "lohe.depth"
VERSION = 1

_STATE, _MEASURE = "state.", "measure."
_WORDS = ("name", "short", "meaning", "panel")


@dataclass(frozen=True, eq=False)
class Measure:
    """One number a layer, or one for each head of it.

    Parameters
    ----------
    name, short
        In files and in the heading of a column.
    meaning
        In words.
    panel
        What the axis is called on which it is drawn; measures of one panel can be compared.
    values : (L + 1, G) array
        Row k is of the tokens as they enter layer k, or of what that layer does to them; the last
        row is of the tokens that the read-out sees, and NaN for what only a layer has. G is the
        number of heads, or 1.
    """

    name: str
    short: str
    meaning: str
    panel: str
    values: Floats


@dataclass(frozen=True, eq=False)
class Depth:
    """A model's way through its layers on one sequence.

    Parameters
    ----------
    architecture, mechanism
        As in the model's file.
    measures
        With equal numbers of rows.
    states
        The states themselves, (L + 1, T, …) each, by name; there may be none.
    labels : (T,) array of str
        What each token is.
    """

    architecture: str
    mechanism: str
    measures: Sequence[Measure]
    states: Mapping[str, NDArray[Any]]
    labels: NDArray[np.str_]

    @property
    def layers(self) -> int:
        """Number of layers L."""
        return len(self.measures[0].values) - 1

    @property
    def heads(self) -> int:
        """Number of heads that some measure tells apart, or 1."""
        return int(max(measure.values.shape[1] for measure in self.measures))

    def of(self, name: str) -> Floats:
        """Return the values of a measure.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        for measure in self.measures:
            if measure.name == name:
                return measure.values
        known = ", ".join(measure.name for measure in self.measures)
        raise InputError(f"no measure {name!r}; there are {known}")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.depth.npz`` file, atomically.

        Raises
        ------
        InputError
            If the path cannot be written.
        """
        header = {
            "format": FORMAT,
            "version": VERSION,
            "architecture": self.architecture,
            "mechanism": self.mechanism,
            "measures": [{word: getattr(each, word) for word in _WORDS} for each in self.measures],
        }
        arrays: dict[str, NDArray[Any]] = {"labels": self.labels}
        arrays |= {_MEASURE + measure.name: measure.values for measure in self.measures}
        arrays |= {_STATE + name: state for name, state in self.states.items()}
        write_sealed(path, header, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Depth:
        """Read a ``.depth.npz`` file.

        Raises
        ------
        InputError
            If the file is missing, damaged, of another version, or was altered.
        """
        header, arrays = read_sealed(path, FORMAT, VERSION)
        try:
            measures = tuple(
                Measure(**words, values=arrays[_MEASURE + words["name"]])
                for words in header["measures"]
            )
            states = {
                name.removeprefix(_STATE): array
                for name, array in arrays.items()
                if name.startswith(_STATE)
            }
            return cls(
                header["architecture"], header["mechanism"], measures, states, arrays["labels"]
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"{path} does not hold a model's depth; simulate again") from error


def by_layer(rows: Sequence[ArrayLike], layers: int) -> Floats:
    """Lay rows of one number, or one a head, under one another, and fill up to L + 1 with NaN.

    Examples
    --------
    >>> by_layer([1.0, 2.0], 2).tolist()
    [[1.0], [2.0], [nan]]
    """
    found = np.stack([np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in rows])
    missing = np.full((layers + 1 - len(found), found.shape[1]), np.nan)
    return np.concatenate([found, missing])
