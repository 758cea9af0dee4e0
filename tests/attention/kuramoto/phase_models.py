"""Small models of every kind, and parameters away from where they begin."""

import numpy as np

from lohe.attention.kuramoto.config import KuramotoConfig
from lohe.attention.kuramoto.initialise import initialise_kuramoto
from lohe.attention.model import Model
from lohe.attention.task import Batch

WORDS = 7
SMALL = {
    "context": 8, "outputs": WORDS, "vocabulary": WORDS,
    "width": 6, "heads": 2, "layers": 2, "hidden": 5,
}  # fmt: skip

TORUS = {
    "default": {},
    "no gate": {"gate": "none"},
    "positive gate": {"gate": "softplus", "drift": "learned"},
    "signed gate": {"gate": "signed", "offset": True},
    "no drift": {"drift": "none"},
    "learned drift and offset": {"drift": "learned", "offset": True},
    "free values": {"values": "free"},
    "Sakaguchi": {"frustration": True},
    "strictly past": {"sees_itself": False},
    "successor": {"coupling": "successor"},
    "frustrated successor": {"coupling": "successor", "frustration": True, "values": "free"},
    "both": {"coupling": "both", "frustration": True},
    "both, strictly past": {"coupling": "both", "sees_itself": False},
}
SPHERES = {
    "sphere": {"d_osc": 3, "drift": "learned", "offset": True},
    "sphere, straight steps": {"d_osc": 3, "retraction": "normalise", "coupling": "successor"},
    "planes of a sphere": {"d_osc": 4, "coupling": "both", "frustration": True},
    "free values of a sphere": {"d_osc": 3, "values": "free", "gate": "none", "drift": "none"},
}
VARIANTS = TORUS | SPHERES


def config_of(options):
    return KuramotoConfig(**SMALL | options)


def draw_model(options, seed=0, dtype=np.float64, spread=0.2):
    """A model whose parameters are none of them what they begin with."""
    rng = np.random.default_rng(seed)
    config = config_of(options)
    parameters = initialise_kuramoto(config, rng, dtype)
    parameters.vector[:] += (spread * rng.standard_normal(parameters.vector.size)).astype(dtype)
    return Model(config, parameters)


def draw_batch(seed=1, tokens=6, sequences=2):
    read = np.random.default_rng(seed).integers(WORDS, size=(sequences, tokens + 1))
    return Batch(read[:, :-1], read[:, 1:])
