"""Fixed-query attention restated plainly, all T x T numbers at once, and its exact derivatives."""

import itertools
import math

import numpy as np


def positive(s):
    return np.where(s.real > 0, s, 0)


def softplus(s):
    return positive(s) + np.log(1 + np.exp(np.where(s.real > 0, -s, s)))


COUPLINGS = {
    "softplus": softplus,
    "relu": lambda s: positive(s) + 1e-3,
    "elu": lambda s: np.where(s.real > 0, s + 1, np.exp(s - positive(s))),
    "squareplus": lambda s: (s + np.sqrt(s * s + 4 * math.log(2) ** 2)) / 2,
}


def attend(q, k, v, anchors, *rest, coupling, p=1, causal, mask, mask_readout, other=False):
    """Return outputs and weights by the paper's formulas; every array may be complex.

    ``rest`` holds the readout's own anchors if ``other``, then p if that is an array.
    """
    readers = rest[0] if other else anchors
    power = rest[-1] if len(rest) > other else p
    score = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    seen = np.tri(*score.shape[-2:], dtype=bool) | (not causal)
    alive = seen if mask is None else seen & mask[..., None, :]
    drive = np.where(alive, COUPLINGS[coupling](score), 0) @ anchors
    norm = np.sqrt((drive * drive).sum(-1, keepdims=True))
    lift = 1 + drive / np.where(norm.real > 1e-8, norm, 1e-8) @ readers.swapaxes(-1, -2)
    counted = (alive if mask_readout else seen) & (lift.real > 0)
    lifted = np.where(counted, np.where(counted, lift, 1) ** power, 0)
    weights = lifted / lifted.sum(-1, keepdims=True)
    return weights @ v, weights


def gradients(function, arguments, d_out):
    """Return the gradients of <d_out, function(*arguments)> by complex steps.

    The imaginary part of f(x + i h)/h is the derivative to rounding, as nothing is subtracted.
    """
    found = []
    for number, argument in enumerate(arguments):
        steps = 1e-30j * np.eye(argument.size).reshape(-1, *argument.shape)
        # One step each along a new first axis, in front of those that are broadcast.
        between = (1,) * (d_out.ndim - argument.ndim)
        moved = list(arguments)
        moved[number] = (argument + steps).reshape(len(steps), *between, *argument.shape)
        slopes = function(*moved).imag / 1e-30 * d_out
        found.append(slopes.sum(tuple(range(1, slopes.ndim))).reshape(argument.shape))
    return found


def combinations():
    """Return every combination of masks and anchors."""
    switches = (False, True)
    return [
        {"causal": causal, "masked": masked, "mask_readout": mask_readout, "kind": kind}
        for causal, masked, mask_readout, kind in itertools.product(
            switches, switches, switches, ("unit", "free")
        )
        if masked or mask_readout  # without a mask there is none to ignore
    ]
