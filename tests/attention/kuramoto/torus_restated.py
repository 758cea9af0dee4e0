"""Kuramoto attention restated plainly: real angles, all T x T numbers at once, one loop a head."""

import numpy as np

GATES = {
    "none": lambda raised: np.ones_like(raised),
    "sigmoid": lambda raised: 1 / (1 + np.exp(-raised)),
    "softplus": lambda raised: np.log(1 + np.exp(raised)),
    "signed": lambda raised: raised,
}


def coordinates(theta):
    """[cos, sin] of every angle, side by side."""
    return np.stack([np.cos(theta), np.sin(theta)], axis=-1).reshape(*theta.shape[:-1], -1)


def gates(weights, kind, theta):
    if kind == "none":
        return np.ones_like(theta)
    return GATES[kind](coordinates(theta) @ weights["gate_weight"].T + weights["gate_bias"])


def scores(weights, theta, *, heads, kind, frequency, start=0):
    """s_tu = tau sum_k g_k(theta_t) cos(theta_uk - theta_tk + omega_k (t - u) - beta_k)."""
    batch, tokens, width = theta.shape
    gate = gates(weights, kind, theta)
    position = np.arange(start, start + tokens)
    found = np.empty((batch, heads, tokens, tokens))
    for head in range(heads):
        part = slice(head * width // heads, (head + 1) * width // heads)
        omega = np.zeros(width // heads) if frequency is None else frequency[head, :, 0]
        beta = weights["offset"][head, :, 0] if "offset" in weights else 0
        angle = theta[:, None, :, part] - theta[:, :, None, part]
        angle = angle + omega * (position[:, None] - position)[..., None] - beta
        summed = (gate[:, :, None, part] * np.cos(angle)).sum(axis=-1)
        found[:, head] = np.exp(weights["log_tau"][head]) * summed
    return found


def softmax_weights(score, *, sees_itself):
    seen = np.tri(score.shape[-1], k=0 if sees_itself else -1, dtype=bool)
    power = np.where(seen, np.exp(score), 0)
    total = power.sum(axis=-1, keepdims=True)
    return power / np.where(total == 0, 1, total)


def update(weights, theta, attention, *, heads, kinds):
    """eta sum_u A_tu sin(theta_u' - theta_t - alpha), u' = u or min(u + 1, t)."""
    tokens, width = theta.shape[1:]
    row, column = np.indices((tokens, tokens))
    change = np.zeros_like(theta)
    for kind in kinds:
        prefix = "successor_" if kind == "successor" else ""
        pulling = np.minimum(column + 1, row) if kind == "successor" else column
        for head in range(heads):
            part = slice(head * width // heads, (head + 1) * width // heads)
            lag = weights[prefix + "lag"][head, :, 0] if prefix + "lag" in weights else 0
            phases = theta[:, :, part][:, pulling]
            sine = np.sin(phases - theta[:, :, None, part] - lag)
            pull = (attention[:, head, :, :, None] * sine).sum(axis=2)
            change[:, :, part] += weights[prefix + "step"][head] * pull
    return change
