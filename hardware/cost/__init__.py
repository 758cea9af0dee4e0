"""What a stage of attention costs: operations, seconds and joules, digital and physical.

A stage is what stands between queries and keys on one side and weights on the other: the products
of queries with keys, and of weights with values, are the same for every row and not counted.
"""

from lohe.hardware.cost.energy import (
    Assumptions,
    EnergyOfToken,
    Sensitivity,
    energy_of_token,
    sensitivities,
)
from lohe.hardware.cost.operations import (
    COUPLING_COSTS,
    ROWS,
    AttentionShape,
    Operations,
    count_operations,
)
from lohe.hardware.cost.settling import SettlingSeconds, settling_seconds

__all__ = [
    "COUPLING_COSTS",
    "ROWS",
    "Assumptions",
    "AttentionShape",
    "EnergyOfToken",
    "Operations",
    "Sensitivity",
    "SettlingSeconds",
    "count_operations",
    "energy_of_token",
    "sensitivities",
    "settling_seconds",
]
