"""The checks by the name that claims call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lohe.audit.derivations import identities, machine_checked
from lohe.audit.frequencies import locking_by_dimension
from lohe.audit.hardware import fault, operations
from lohe.audit.momentum import contours, decay, leak
from lohe.audit.outcome import Outcome
from lohe.audit.settling import euler_limit, misses, predicted, settled_shares, witness
from lohe.audit.studies import all_inputs, compared, scaling_law, study, unaudited

__all__ = ["CHECKS", "Check"]

Check = Callable[..., Outcome]
"""From the result file (None where the claim has none), the seed, and the claim's arguments."""

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            identities, machine_checked, study, compared, scaling_law, all_inputs, unaudited,
            misses, settled_shares, predicted, euler_limit, witness, locking_by_dimension, fault,
            operations, leak, contours, decay,
        )
    }
)  # fmt: skip
