"""A model's parameters: named arrays that are views of one vector."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["Parameters", "layer_of"]

Floats = NDArray[Any]


class Parameters(Mapping[str, Floats]):
    """Named arrays over one contiguous vector.

    An optimiser then moves one vector, whatever the model, and its state is two vectors more.

    Parameters
    ----------
    arrays : mapping of str to array
        Copied into the vector, in order.
    dtype
        Of the vector.

    Examples
    --------
    >>> parameters = Parameters({"weight": np.ones((2, 2)), "bias": np.zeros(2)})
    >>> parameters.vector[4:] = 5
    >>> parameters["bias"]
    array([5., 5.])
    """

    def __init__(self, arrays: Mapping[str, Floats], dtype: Any = np.float64) -> None:
        self.vector: Floats = np.concatenate([np.ravel(a) for a in arrays.values()]).astype(dtype)
        self._views: dict[str, Floats] = {}
        start = 0
        for name, array in arrays.items():
            stop = start + math.prod(array.shape)
            self._views[name] = self.vector[start:stop].reshape(array.shape)
            start = stop

    def __getitem__(self, name: str) -> Floats:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def join(self, gradients: Mapping[str, Floats]) -> Floats:
        """Lay gradients, one per parameter, out as one vector in the parameters' order.

        Raises
        ------
        InputError
            If a gradient is missing or has another size.
        """
        if gradients.keys() != self.keys():
            missing = sorted(self.keys() ^ gradients.keys())
            raise InputError(f"gradients and parameters differ in {', '.join(missing)}")
        vector = np.concatenate([gradients[name].reshape(-1) for name in self])
        if vector.size != self.vector.size:
            raise InputError("a gradient has another shape than its parameter")
        return vector


def layer_of(parameters: Mapping[str, Floats], prefix: str) -> dict[str, Floats]:
    """Return the parameters whose names begin with ``prefix.``, by the rest of their names.

    Examples
    --------
    >>> list(layer_of({"layer1.gain": np.ones(1), "layer10.gain": np.ones(1)}, "layer1"))
    ['gain']
    """
    start = prefix + "."
    return {
        name.removeprefix(start): array
        for name, array in parameters.items()
        if name.startswith(start)
    }
