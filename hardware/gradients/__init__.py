"""Gradients of couplings that a laboratory could have, and those of the model for comparison.

The couplings W (n, T) of an array of n oscillators to T anchors are to be trained; a loss is a
function of the states that are read. What each estimator needs:

=========================  ==========================================  ========================
estimator                  needs                                       settlings
=========================  ==========================================  ========================
differences                the loss alone                              2 n T
simultaneous_perturbation  the loss alone                              2 a sample
equilibrium_propagation    states, and a second drive to nudge by      3
implicit_gradient          states at rest, and a model of the array    1
exact_flow_gradient        a model, no crosstalk, the starts           1
integrator_gradient        a model, and the starts                     1
=========================  ==========================================  ========================
"""

from lohe.hardware.gradients.equilibrium import equilibrium_propagation
from lohe.hardware.gradients.estimate import Estimate, Loss
from lohe.hardware.gradients.exact_flow import exact_flow_gradient
from lohe.hardware.gradients.implicit import implicit_gradient
from lohe.hardware.gradients.integrator import integrator_gradient
from lohe.hardware.gradients.zeroth_order import differences, simultaneous_perturbation

__all__ = [
    "Estimate",
    "Loss",
    "differences",
    "equilibrium_propagation",
    "exact_flow_gradient",
    "implicit_gradient",
    "integrator_gradient",
    "simultaneous_perturbation",
]
