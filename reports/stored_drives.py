"""The drives that stored tokens give, in floats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.attention.coupling import find_coupling
from lohe.dynamics.tokens import Tokens

__all__ = ["stored_drives"]


def stored_drives(tokens: Tokens) -> NDArray[np.float64]:
    """Return the drive norm of each oscillator, (n,), in ordinary floating point.

    Examples
    --------
    >>> flat = Tokens(np.zeros((1, 2, 3)), np.eye(3), np.eye(3), np.eye(2), coupling="elu")
    >>> stored_drives(flat).round(6).tolist()
    [1.414214, 1.414214]
    """
    coupling = find_coupling(tokens.coupling)
    width = np.sqrt(tokens.query_weights.shape[0])
    norms = np.zeros(tokens.kept.shape)
    for place, sequence in enumerate(tokens.tokens):
        query, key = sequence @ tokens.query_weights.T, sequence @ tokens.key_weights.T
        seen = tokens.visible[place if tokens.visible.shape[0] > 1 else 0]
        couplings = np.where(seen, coupling.value(np, query @ key.T / width), 0.0)
        norms[place] = np.linalg.norm(couplings @ tokens.anchors, axis=-1)
    return np.asarray(norms[tokens.kept])
