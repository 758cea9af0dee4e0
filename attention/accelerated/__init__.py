r"""Accelerated attention: tokens with positions and momenta, layers as steps of their dynamics.

Stein, Li & Steidl, *SympFormer*, arXiv 2603.16535. A linear family, where attention has a bilinear
kernel, and a softmax family; in each the classical block, Nesterov's method and several schemes for
one damped Hamiltonian system. The page docs/accelerated.md has the equations.

What the paper leaves open, or its code does otherwise, is read as follows, here and only here.

1. **Heads.** The energy is a sum over heads. Head h has its own kernel, :math:`A_h = W_{q,h}^\top
   W_{k,h}/\sqrt{d_h}` on whole tokens, and acts on its own slice of the momenta:
   :math:`\frac1{2N}\sum_{hij} (x_i^\top A_h x_j)\langle y_i, y_j\rangle_h` in the linear family. In
   the softmax family each slice is divided by the root of its own :math:`z_{ih}`, on both sides of
   one B over all slices. With one head both are the paper's. (The published linear code has one
   head; the softmax one averages its heads' scores before the exponential, which is one head.)
2. **A and V.** A is not made symmetric: the linear field is as printed, and Hamiltonian where
   :math:`W_q = W_k`. V is a (D, D) matrix. B is the symmetric part of a free matrix that starts as
   the identity: :math:`\langle BP, P\rangle` sees no other part.
3. **N.** In the causal form token i is one of the i + 1 that it sees, N = i + 1, so that a prefix
   is read as the whole is. ``count="context"`` takes the context throughout, as printed.
4. **The softmax potential** is :math:`-\frac1{2N}\sum_{ij} E_{ij}`, the energy of a density:
   momenta that are its force then attend by softmax exactly. ``potential="sum"`` leaves out 1/N.
5. **Sealing.** Token t feels the energy of the tokens up to t, as if there were no others:
   :math:`G_t = -\partial H_{\le t}/\partial x_t`. ``sealed=False`` differentiates the whole energy.
6. **Layer norm** acts on positions before every evaluation of the field, which is differentiated
   with respect to normed positions, and on momenta after every step, ``momentum_norm``.
7. **Time.** Layer k = 0, 1, … acts from t = k + 1 to k + 2, whatever its steps: :math:`\sigma_k =
   e^{-(\eta(k+2) - \eta(k+1))}`. Euler's damping is :math:`h_Y\,\alpha(k + 1)`. Each layer learns
   its own steps and schedule; steps start at 0.2, as softplus of a parameter.
8. **Exponential schemes** damp at the mean rate of the step. The exponential form of
   Adams-Bashforth is Cox & Matthews', and extrapolates the velocity too, so that it is of second
   order in both; the published one multiplies by an integrating factor and is not.
9. **Strang's** conservative step is Tao's on two copies, of which the first is kept. Its steps of
   position and momentum are one; the angle is :math:`2\omega h` with a learned :math:`\omega`.
10. **Feed-forward layers** take Nesterov's step with the attention's momentum as velocity;
    ``feed_forward="residual"`` adds them as usual. Each half of a layer has its own velocity norm.
11. **Momenta start** from tables of words and positions of their own; ``start="zero"`` at rest.
12. **The rest** is this project's transformer: an untied read-out with a bias, biases in norms and
    in the feed-forward layer. Dropout leaves Hamiltonian steps alone.
"""

from lohe.attention.accelerated.config import (
    FAMILIES,
    SCHEMES,
    AcceleratedConfig,
    calls_of_a_step,
    oracle_calls,
)
from lohe.attention.accelerated.initialise import initialise_accelerated
from lohe.attention.accelerated.model import apply_accelerated, logits_accelerated
from lohe.attention.accelerated.scalars import is_scalar_accelerated

__all__ = [
    "FAMILIES",
    "SCHEMES",
    "AcceleratedConfig",
    "apply_accelerated",
    "calls_of_a_step",
    "initialise_accelerated",
    "is_scalar_accelerated",
    "logits_accelerated",
    "oracle_calls",
]
