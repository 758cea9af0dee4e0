"""Small models whose oscillators miss often enough to tell theories apart."""

import numpy as np
import pytest

from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform
from lohe.proofs_numeric.experiments.population import Population


@pytest.fixture(params=[2, 8])
def population(request) -> Population:
    """Two heads on sequences of unlike length, with drives from weak to strong."""
    rng, d = np.random.default_rng(request.param), request.param
    networks = []
    for lengths in ((3, 5), (4, 4, 1)):
        n = sum(lengths)
        couplings = rng.exponential(0.06, (n, 5)) * (rng.random((n, 5)) < 0.6)
        couplings[:, 0] += 0.01
        networks.append(
            Network(
                couplings=couplings,
                anchors=uniform(rng, 5, d),
                sequence=np.repeat(np.arange(len(lengths)), lengths),
            )
        )
    return Population("small", tuple(networks))
