"""Gradients that a laboratory could have, and those of the model for comparison.

Attention reads states and knows the slope of its loss by them; couplings and anchors act through
drives. Between the two stands the array, and what is wanted is the gradient by its drives. What
each estimator needs, and how many settlings beyond the one that was read:

=========================  ==========================================  ========================
estimator                  needs                                       further settlings
=========================  ==========================================  ========================
differences                the loss alone                              2 n d
simultaneous_perturbation  the loss alone                              2 a sample
local_response             states, and a further drive to nudge by     2 d
equilibrium_propagation    states, and a further drive to nudge by     2
resting_gradient           states, and the drives as they were told    0
implicit_gradient          as before, and crosstalk and frequencies    0
exact_flow_gradient        drives as told, the starts, no crosstalk    0
integrator_gradient        a model of everything, and the starts       0
=========================  ==========================================  ========================

Where nothing is wrong they agree.
"""

from lohe.hardware.gradients.equilibrium import equilibrium_propagation
from lohe.hardware.gradients.estimate import Estimate, Measured, Settle, by_couplings
from lohe.hardware.gradients.exact_flow import exact_flow_gradient
from lohe.hardware.gradients.implicit import implicit_gradient, resting_gradient
from lohe.hardware.gradients.integrator import integrator_gradient
from lohe.hardware.gradients.local_response import local_response
from lohe.hardware.gradients.zeroth_order import differences, simultaneous_perturbation

__all__ = [
    "Estimate",
    "Measured",
    "Settle",
    "by_couplings",
    "differences",
    "equilibrium_propagation",
    "exact_flow_gradient",
    "implicit_gradient",
    "integrator_gradient",
    "local_response",
    "resting_gradient",
    "simultaneous_perturbation",
]
