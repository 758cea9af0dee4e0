"""Every variant of the model, small, and a batch for it."""

from dataclasses import replace

import numpy as np

from lohe.attention.accelerated import SCHEMES, AcceleratedConfig, initialise_accelerated
from lohe.attention.model import Model
from lohe.attention.task import Batch

SMALL = AcceleratedConfig(
    context=7, outputs=9, vocabulary=9, width=8, heads=2, layers=3, hidden=6, dropout=0.2
)
ALL = {
    f"{family}, {scheme}": replace(SMALL, family=family, scheme=scheme)
    for family, schemes in SCHEMES.items()
    for scheme in schemes
}
LEAKING = {
    f"{name}, leaking": replace(config, sealed=False)
    for name, config in ALL.items()
    if config.family == "softmax" and config.is_hamiltonian
}
OPTIONS = {
    "at rest": replace(SMALL, start="zero"),
    "residual": replace(ALL["softmax, strang"], feed_forward="residual"),
    "attention alone": replace(ALL["linear, adams_bashforth"], feed_forward="none"),
    "baseline alone": replace(ALL["softmax, baseline"], feed_forward="none"),
    "Nesterov alone": replace(ALL["linear, nesterov"], feed_forward="none", start="zero"),
    "momenta as they are": replace(SMALL, momentum_norm=False, feed_forward="residual"),
    "over the context": replace(ALL["softmax, euler"], count="context"),
    "over the context, linear": replace(SMALL, count="context"),
    "sum": replace(ALL["softmax, presymplectic_euler"], potential="sum", count="context"),
    "one head": replace(ALL["softmax, presymplectic_euler"], heads=1),
}


def draw(config, *, dtype=np.float64, tokens=5, spread=0.3):
    """Return a model whose parameters are all off their special values, and a batch."""
    rng = np.random.default_rng(5)
    parameters = initialise_accelerated(config, rng, dtype)
    noise = spread * rng.standard_normal(parameters.vector.size)
    parameters.vector += noise.astype(dtype)
    inputs, targets = rng.integers(config.vocabulary, size=(2, 2, tokens))
    return Model(config, parameters), Batch(inputs, targets)
