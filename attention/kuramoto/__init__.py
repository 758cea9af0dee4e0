"""Kuramoto attention: tokens are phases, and attention is the coupling that pulls them together.

After Nunley, *Kuramoto Attention: Synchronizing Self-Attention on the Torus* (arXiv 2606.11585),
and, for the pull towards successors, *Attention as Frustrated Synchronization* (arXiv 2606.18694).

**Our reading.** The abstracts fix the mechanism: coordinates are angles, scores are gated cosine
similarities, rotary position is a drift of the phases in the score, values are the raw phases, and
the update is the tangent component of the attention-weighted circular mean. What follows is our
choice, all of it here so that it can be corrected:

* *Heads.* The D oscillators are split over the heads, and a head scores and moves its own. Nothing
  mixes heads but the gate, the feed-forward layer and the output, which see all coordinates.
* *Gate.* g(theta_t) = W [cos theta_t, sin theta_t] + b of the attending token, one number of either
  sign for each oscillator. With a gate that is never negative (the logistic function, softplus, or
  none, which are options) the score is a metric of the torus, and no token scores as high as the
  token itself: a head can look for its likes only.
* *Temperature.* One tau > 0 for each head, learned as its logarithm; it multiplies the score.
* *Drift.* omega_k = 10000^(-k/n) for the n oscillators of a head, the same in all heads; fixed, or
  learned as logarithms, or none. ``offset`` adds a learned angle beta_k to the score,
  cos(theta_u - theta_t + omega (t - u) - beta), so that another token may score higher than the
  token itself whatever the gate.
* *Attention to itself.* Causal attention counts u = t, whose pull is 0 (without a lag): its weight
  only shortens the step. ``sees_itself=False`` leaves it out; the first token then stays.
* *Step.* eta is learned, one for each oscillator, and free in sign.
* *Free values* (an ablation) are a linear map of all coordinates of a token, two for each
  oscillator, which begins as the identity; the update is still the tangent component.
* *Successors.* Token t is pulled towards the phases of the tokens *after* those it attends to,
  u' = min(u + 1, t): the successor of u = t is not known to t, which stands in for it itself. Both
  pulls may act at once, each with its own eta under the same weights. ``frustration`` learns a lag
  alpha for each oscillator and kind: sin(theta_u' - theta_t - alpha).
* *Feed-forward.* SwiGLU of [cos theta, sin theta] without biases gives changes of the angles. It
  acts after attention, one after the other.
* *No norms, no biases* elsewhere: coordinates are bounded. The output is linear in
  [cos theta, sin theta], with a bias, and not tied to the embedding, a table of angles.
* *Spheres.* Oscillators of d > 2 coordinates are unit vectors with the same scores and means;
  drift, offsets and lags turn their planes (coordinates 1 and 2, 3 and 4, ...), and the step
  follows the great circle, so that d = 2 is the torus exactly. The feed-forward layer gives d
  numbers for each oscillator, of which the tangent component counts.
* *Start.* See `initialise_kuramoto`.
"""

from lohe.attention.kuramoto.config import KuramotoConfig
from lohe.attention.kuramoto.decoding import decode_kuramoto
from lohe.attention.kuramoto.initialise import (
    initialise_kuramoto,
    is_scalar_kuramoto,
    kuramoto_shapes,
)
from lohe.attention.kuramoto.model import apply_kuramoto, logits_kuramoto

__all__ = [
    "KuramotoConfig",
    "apply_kuramoto",
    "decode_kuramoto",
    "initialise_kuramoto",
    "is_scalar_kuramoto",
    "kuramoto_shapes",
    "logits_kuramoto",
]
