"""The models restated plainly: pair by pair, forces as derivatives of energies, one sequence."""

import numpy as np
from scipy.special import erf, expit


def scalar(of, name):
    raw = float(of[name])
    if name.endswith(("lookahead", "memory")):
        return expit(raw)
    return np.logaddexp(0, raw)


def norm(of, name, x):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return scaled * of[f"{name}.gain"] + of[f"{name}.bias"]


def share(config, i):
    return 1 / (i + 1 if config.count == "visible" else config.context)


def slices(config):
    d = config.width // config.heads
    return [slice(h * d, (h + 1) * d) for h in range(config.heads)]


def softmax_energy(config, of, x, p):
    """Return the Hamiltonian of normed tokens x, of any number, and momenta p."""
    weight, free = of["attention.weight_qk"], of["attention.weight_b"]
    mass, root = (free + free.T) / 2, np.sqrt(config.width // config.heads)
    q, k = x @ weight[: config.width].T, x @ weight[config.width :].T
    total = 0
    for i in range(len(x)):
        kappa = share(config, i) if config.potential == "mean" else 1
        u = np.zeros(config.width, dtype=complex)
        for head in slices(config):
            e = [np.exp(np.sum(q[i, head] * k[j, head]) / root) for j in range(i + 1)]
            u[head] = p[i, head] / np.sqrt(share(config, i) * sum(e))
            total -= kappa * sum(e) / 2
        total += u @ mass @ u / 2
    return total


def derivative(function, x, t):
    """Return the gradient of a function with respect to row t of x, by complex steps."""
    found = np.empty(x.shape[1])
    for i in range(x.shape[1]):
        moved = x.astype(complex)
        moved[t, i] += 1e-30j
        found[i] = function(moved).imag / 1e-30
    return found


def softmax_velocity(config, of, x, p):
    return np.array([
        derivative(lambda p: softmax_energy(config, of, x, p), p, t) for t in range(len(x))
    ])  # fmt: skip


def softmax_force(config, of, x, p):
    """Return what pulls at each token: sealed, the energy of the tokens up to it."""

    def at(t):
        end = t + 1 if config.sealed else len(x)
        return -derivative(lambda x: softmax_energy(config, of, x[:end], p[:end]), x[:end], t)

    return np.array([at(t) for t in range(len(x))])


def linear_parts(config, of, x):
    width, root = config.width, np.sqrt(config.width // config.heads)
    query, key, value = of["attention.weight_qkv"].reshape(3, width, width)
    return [query[h].T @ key[h] / root for h in slices(config)], value


def linear_velocity(config, of, x, y):
    kernels, _ = linear_parts(config, of, x)
    out = np.zeros_like(x)
    for i in range(len(x)):
        for kernel, head in zip(kernels, slices(config), strict=True):
            for j in range(i + 1):
                out[i, head] += share(config, i) * (x[i] @ kernel @ x[j]) * y[j, head]
    return out


def linear_force(config, of, x, y):
    kernels, value = linear_parts(config, of, x)
    out = x @ value.T
    for i in range(len(x)):
        for kernel, head in zip(kernels, slices(config), strict=True):
            for j in range(i + 1):
                out[i] -= share(config, i) * (y[i, head] @ y[j, head]) * (x[j] @ kernel)
    return out


def classical(config, of, x):
    x = norm(of, "norm1", x)
    if config.family == "linear":
        _, value = linear_parts(config, of, x)
        return linear_velocity(config, of, x, x @ value.T)
    width, root = config.width, np.sqrt(config.width // config.heads)
    q, k, v = (x @ w.T for w in of["attention.weight_qkv"].reshape(3, width, width))
    out = np.zeros_like(x)
    for i in range(len(x)):
        for head in slices(config):
            e = np.array([np.exp(q[i, head] @ k[j, head] / root) for j in range(i + 1)])
            out[i, head] = e @ v[: i + 1, head] / e.sum()
    return out @ of["attention.weight_out"].T + of["attention.bias_out"]


def nesterov(of, part, oracle, x, v):
    ahead, memory, strength = (
        scalar(of, f"{part}.{name}") for name in ("lookahead", "memory", "strength")
    )
    v = norm(of, f"{part}.momentum_norm", memory * v + strength * oracle(x + ahead * v))
    return x + v, v


def feed(of, x):
    x = norm(of, "norm2", x) @ of["feed_forward.weight_in"].T + of["feed_forward.bias_in"]
    x = x * (1 + erf(x / np.sqrt(2))) / 2
    return x @ of["feed_forward.weight_out"].T + of["feed_forward.bias_out"]


def strang(flow, state, h, omega, eta):
    x, p, t = state
    p = p * np.exp(eta(t) - eta(t + 0.5))
    a, b = (x, p), (x, p)  # the copies

    def flow_a(a, b):  # along H(position of a, momentum of b)
        velocity, force = flow(a[0], b[1])
        return (a[0], a[1] + h / 2 * force), (b[0] + h / 2 * velocity, b[1])

    a, b = flow_a(a, b)
    b, a = flow_a(b, a)
    angle = 2 * omega * h
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    total = np.array([a[0] + b[0], a[1] + b[1]])
    turned = np.einsum("ij,jtd->itd", turn, np.array([a[0] - b[0], a[1] - b[1]]))
    a, b = tuple((total + turned) / 2), tuple((total - turned) / 2)
    b, a = flow_a(b, a)
    a, b = flow_a(a, b)
    return a[0], a[1] * np.exp(eta(t + 0.5) - eta(t + 1))


def attend(config, of, state, t):
    """Take the attention's step at time t; the state ends in F and R of the layer before."""
    x, y, before = state
    if config.scheme == "baseline":
        step = scalar(of, "attention.step_position") if config.family == "linear" else 1
        return x + step * classical(config, of, x), y, None
    if config.scheme == "nesterov":
        return *nesterov(of, "attention", lambda x: classical(config, of, x), x, y), None
    velocity, force = globals()[f"{config.family}_velocity"], globals()[f"{config.family}_force"]
    log, linear = (scalar(of, f"attention.damping_{kind}") for kind in ("log", "linear"))

    def fast(x, y):
        return velocity(config, of, norm(of, "norm1", x), y)

    def pull(x, y):
        return force(config, of, norm(of, "norm1", x), y)

    def eta(t):
        return log * np.log(t) + linear * t

    now = None
    if config.scheme == "strang":
        h, omega = scalar(of, "attention.step_position"), scalar(of, "attention.coupling")
        x, y = strang(lambda x, y: (fast(x, y), pull(x, y)), (x, y, t), h, omega, eta)
    else:
        h_x, h_y = (scalar(of, f"attention.step_{of_}") for of_ in ("position", "momentum"))
        sigma, fall, alpha = np.exp(eta(t) - eta(t + 1)), eta(t + 1) - eta(t), log / t + linear
        f, g = fast(x, y), pull(x, y)
        # Weights of the force now and before: integrals of exp(-fall (1 - s)) times 1 + s and -s.
        s, w = np.polynomial.legendre.leggauss(30)
        s, w = (s + 1) / 2, w / 2 * np.exp(-fall * (1 - (s + 1) / 2))
        if config.scheme == "presymplectic_euler":
            y = sigma * (y + h_y * g)
            x = x + h_x * fast(x, y)
        elif config.scheme == "euler" or (config.scheme == "adams_bashforth" and before is None):
            now = f, g - alpha * y
            x, y = x + h_x * f, y + h_y * now[1]
        elif config.scheme == "adams_bashforth":
            now = f, g - alpha * y
            x = x + h_x * (1.5 * f - 0.5 * before[0])
            y = y + h_y * (1.5 * now[1] - 0.5 * before[1])
        elif config.scheme == "exponential_euler" or before is None:
            now = f, g
            x, y = x + h_x * f, sigma * y + h_y * w.sum() * g
        else:
            now = f, g
            x = x + h_x * (1.5 * f - 0.5 * before[0])
            y = sigma * y + h_y * (w @ (1 + s) * g - w @ s * before[1])
    if config.momentum_norm:
        y = norm(of, "attention.momentum_norm", y)
    return x, y, now


def logits(config, parameters, tokens):
    """Return the logits of one sequence, (T, vocabulary)."""
    x = parameters["input.table"][tokens] + parameters["positions.table"][: len(tokens)]
    y = np.zeros_like(x)
    if "momentum.table" in parameters:
        y = parameters["momentum.table"][tokens]
        y = y + parameters["momentum.positions"][: len(tokens)]
    before = None
    for layer in range(config.layers):
        start = f"layer{layer}."
        of = {n.removeprefix(start): a for n, a in parameters.items() if n.startswith(start)}
        x, y, before = attend(config, of, (x, y, before), 1 + layer)
        if config.feeds_by == "residual":
            x = x + feed(of, x)
        elif config.feeds_by == "momentum":
            x, y = nesterov(of, "feed_forward", lambda x, of=of: feed(of, x), x, y)
    return norm(parameters, "norm", x) @ parameters["output.weight"].T + parameters["output.bias"]
