"""Follow one sequence through the layers of a trained model, whatever its architecture."""

from __future__ import annotations

from lohe.attention.accelerated.depth import accelerated_depth
from lohe.attention.architecture import ACCELERATED, KURAMOTO, TRANSFORMER, architecture_of
from lohe.attention.depth import Depth
from lohe.attention.drive_depth import drive_depth, heads_on
from lohe.attention.kuramoto.depth import kuramoto_depth
from lohe.attention.kuramoto.frozen import frozen_networks
from lohe.attention.model import Model
from lohe.attention.tasks.reading import Reading
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network

__all__ = ["follow_layers", "network_of_head"]


def follow_layers(model: Model, reading: Reading, *, horizon: float = 10.0) -> Depth:
    """Return what the layers make of a sequence.

    Parameters
    ----------
    model
        Of the architectures transformer (with fixed queries), kuramoto and accelerated.
    reading
        The sequence.
    horizon
        When to ask what of fixed queries has settled; other models do not read it.

    Raises
    ------
    InputError
        If the model has no state that moves, and as it does itself.
    """
    kind = architecture_of(model.config)
    tokens = reading.batch.inputs[0]
    if kind is KURAMOTO:
        return kuramoto_depth(model, tokens, reading.labels)
    if kind is ACCELERATED:
        return accelerated_depth(model, tokens, reading.labels)
    if kind is TRANSFORMER:
        return drive_depth(model, reading.batch, reading.labels, horizon=horizon)
    raise InputError(
        f"a {kind.name} model is a baseline whose tokens are no oscillators; give a transformer "
        "with fixed queries, a kuramoto or an accelerated model"
    )


def network_of_head(
    model: Model, reading: Reading, layer: int, head: int, *, oscillator: int | None = None
) -> Network:
    """Return one head of a model on a sequence as a network.

    Parameters
    ----------
    model
        With fixed queries, whose heads are networks as they are, or of phases, whose heads are
        with their weights frozen; see `frozen_networks`.
    reading
        The sequence.
    layer, head : int
        Which, from 0.
    oscillator : int, optional
        See `frozen_networks`.

    Raises
    ------
    InputError
        If there is no such head, or it is no network.
    """
    kind, config = architecture_of(model.config), model.config
    if kind not in (KURAMOTO, TRANSFORMER):
        raise InputError(f"heads of {kind.name} models are no networks of oscillators")
    for name, number, count in (("layer", layer, config.layers), ("head", head, config.heads)):
        if not 0 <= number < count:
            raise InputError(f"no {name} {number}: the model has {count}, numbered from 0")
    if kind is KURAMOTO:
        found = frozen_networks(
            model, reading.batch.inputs[0], oscillator=oscillator, labels=reading.labels
        )
        return found[layer, head]
    if oscillator is not None:
        raise InputError("a head of fixed queries is one network; leave the oscillator out")
    return heads_on(model, reading.batch, reading.labels)[layer, head].network()
