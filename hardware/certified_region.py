r"""How large each fault of an array may be for what is proved of its oscillators to hold.

Two claims, about the oscillators of sample inputs at the couplings that the model asks for:

- *rests*: one resting point, stable and reached from almost everywhere, on every device in a box
  (T1 for mismatch, T5 for detuning, T6a for crosstalk, which need not be symmetric);
- *reads*: the sum of absolute changes of its attention weights stays below a bound on every device
  in the box (T3, T3a), or after so long a time from all but a share of the starts (T2).

Boxes have ends and normal errors have none. A fault of normal errors counts as proved at the
deviation at which all errors of one device together lie in the box with a given chance; devices
beyond it are not spoken of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from lohe.attention.dense_couplings import dense_couplings
from lohe.attention.export import export_heads
from lohe.attention.head import Head
from lohe.attention.head_network import network_from_head
from lohe.attention.model import Model
from lohe.attention.task import Batch
from lohe.dynamics.network import Network
from lohe.proofs_numeric.decoupled import enclose_drives, ratio_down
from lohe.proofs_numeric.readout_bounds import bound_readout
from lohe.proofs_numeric.tolerance import tolerance

__all__ = ["Region", "certified_regions", "largest_normal"]

Floats = NDArray[np.float64]

# Sizes are lowered by this share, far above the rounding of the few operations that make them.
_ROUNDING = 1e-9
_OF_INPUTS = ("q", "k", "key_mask", "labels", "sequence")


@dataclass(frozen=True)
class Region:
    """The sizes of a fault for which a claim is proved.

    Parameters
    ----------
    fault
        Its name in `FAULTS`.
    claim : {"rests", "reads"}
    for_all, for_half : float
        The last size, in the order of what sizes do, at which the claim is proved for every
        oscillator, and for half of them (with crosstalk: of the inputs).
    """

    fault: str
    claim: str
    for_all: float
    for_half: float


def largest_normal(count: int, chance: float) -> float:
    """Return what so many normal deviates all stay below in size, with a chance.

    Examples
    --------
    >>> round(largest_normal(1, 0.95), 2), round(largest_normal(1000, 0.99), 2)
    (1.96, 4.42)
    """
    return float(norm.ppf((1 + chance ** (1 / count)) / 2))


def certified_regions(
    model: Model, batches: Sequence[Batch], *, chance: float = 0.99, weight_error: float = 0.1
) -> list[Region]:
    """Prove how far faults may go, for the oscillators of some inputs.

    Parameters
    ----------
    model
        A transformer of fixed-query oscillators with one anchor per key.
    batches
        Inputs.
    chance : float
        That all normal errors of a device lie in the box.
    weight_error : float
        What attention weights may change by, in sum, for them to count as read.

    Returns
    -------
    list of Region

    Raises
    ------
    InputError
        As `export_heads`, `tolerance` and `bound_readout` do.

    Notes
    -----
    Inputs of later layers are those of the ideal model.
    """
    config = model.config
    heads = export_heads(model, batches)
    networks = [head.network() for head in heads]
    tokens = heads[0].q.shape[1]
    arrays = config.layers * config.heads
    of_couplings = largest_normal(arrays * tokens**2, chance)
    of_oscillators = largest_normal(arrays * tokens, chance)
    read = [bound_readout(network, weight_error, delta=1 - chance) for network in networks]
    boxes = {
        "rests": np.concatenate([_alone(network, mismatch=1.0) for network in networks]),
        "reads": np.concatenate([found.tolerances for found in read]),
    }
    coherence = np.concatenate([_coherence(network) for network in networks])
    scales = _Scales.of(heads)
    found = []
    for claim, box in boxes.items():
        setting = scales.absolute(box, coherence)
        with np.errstate(divide="ignore"):  # no number of bits is enough for an empty box
            bits = np.ceil(np.log2(1 + 1 / (2 * setting)))
        found += [
            _region("mismatch", claim, np.log1p(box) / of_couplings * (1 - _ROUNDING)),
            _region("programming", claim, setting / of_couplings),
            _region("coupling bits", claim, bits, falls=True),
        ]
    times = np.concatenate([each.times for each in read])
    found.append(_region("settling time", "reads", times, falls=True))
    if config.d_osc == 2:
        turning = np.concatenate([_alone(network, frequency=1.0) for network in networks])
        found.append(_region("detuning", "rests", turning / of_oscillators * (1 - _ROUNDING)))
    together = np.concatenate([_attracting_crosstalk(head) for head in heads])
    return [*found, _region("crosstalk", "rests", together)]


def _region(fault: str, claim: str, sizes: Floats, *, falls: bool = False) -> Region:
    worst = float(sizes.max() if falls else sizes.min())
    return Region(fault, claim, worst, float(np.median(sizes)))


def _alone(network: Network, *, mismatch: float = 0.0, frequency: float = 0.0) -> Floats:
    scales = tolerance(network, mismatch=mismatch, frequency=frequency).per_oscillator
    assert scales is not None
    return scales


def _coherence(network: Network) -> Floats:
    """Return a lower bound of the drive over the sum of couplings, for unit anchors."""
    drives = enclose_drives(network)
    return ratio_down(drives.lower, drives.mass_upper)


@dataclass(frozen=True, eq=False)
class _Scales:
    """Of each oscillator its smallest coupling, their sum and number, and the full scale, (n,).

    The full scale is that of the array, padding's oscillators with it.
    """

    smallest: Floats
    total: Floats
    keys: Floats
    full: Floats

    @classmethod
    def of(cls, heads: Sequence[Head]) -> _Scales:
        parts: list[tuple[Floats, ...]] = []
        for head in heads:
            pulls = np.where(_coupled(head), dense_couplings(head.q, head.k, head.coupling), 0.0)
            for network, scale in zip(_by_input(head), pulls.max(axis=(1, 2)), strict=True):
                assert network.couplings is not None
                pulled = network.couplings > 0
                parts.append(
                    (
                        np.where(pulled, network.couplings, math.inf).min(axis=1),
                        network.couplings.sum(axis=1),
                        pulled.sum(axis=1),
                        np.full(network.n, float(scale)),
                    )
                )
        return cls(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def absolute(self, box: Floats, coherence: Floats) -> Floats:
        """Return the errors that every coupling may have, as shares of the full scale.

        Each coupling may err by the box's share of the smallest; or all together by what the drive
        bears, as anchors are unit: by that share of the sum of couplings, if it is not more than
        the coherence. The larger counts, but for rounding.
        """
        together = np.minimum(box, coherence) * self.total / self.keys
        each = np.maximum(box * self.smallest, together)
        return np.asarray(each / self.full * (1 - _ROUNDING))


def _coupled(head: Head) -> NDArray[np.bool_]:
    """Return which keys each oscillator hears, (N, T, T)."""
    sequences, tokens, _ = head.q.shape
    seen = np.tri(tokens, dtype=bool) if head.causal else np.ones((tokens, tokens), dtype=bool)
    if head.key_mask is None:
        return np.broadcast_to(seen, (sequences, tokens, tokens))
    return np.asarray(seen & head.key_mask[:, None, :])


def _by_input(head: Head) -> list[Network]:
    """Return the network of each input by itself, without padding."""

    def only(array: Any, number: int) -> Any:
        return None if array is None else array[number : number + 1]

    return [
        replace(head, **{name: only(getattr(head, name), k) for name in _OF_INPUTS}).network()
        for k in range(len(head.q))
    ]


def _attracting_crosstalk(head: Head) -> Floats:
    """Return what crosstalk T6a speaks of the array up to, by row sums, for each input.

    Padding's oscillators are there, driven by the keys of the others, and heard like these.
    """
    found = []
    for k in range(len(head.q)):
        network = network_from_head(
            head.q[k],
            head.k[k],
            head.anchors,
            coupling=head.coupling,
            causal=head.causal,
            key_mask=None if head.key_mask is None else head.key_mask[k],
            anchor_kind=head.anchor_kind,
        )
        # T6a for errors and frequencies of 0: ||h||^2 > 5 S^2.
        found.append(enclose_drives(network).lower.min() / math.sqrt(5) * (1 - _ROUNDING))
    return np.array(found)
