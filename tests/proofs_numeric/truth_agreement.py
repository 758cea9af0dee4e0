"""What is true of oscillators that only hear each other (T11, T12), by graphs and sixty digits."""

from __future__ import annotations

import base64
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import networkx as nx
import numpy as np
from exact_oracle import real

HAIR = mpmath.mpf("1e-45")


def undriven(truth: Any) -> bool:
    """Say whether non-negative crosstalk alone moves the oscillators of a `Truth`."""
    pulled = any(any(h) for h in truth.drives) or any(truth.errors)
    return bool(truth.n > 1 and not pulled and not truth.turning and not truth.omega) and bool(
        np.all(truth.J >= 0)
    )


def listening(J: Any) -> Any:
    """Return the graph with an edge from each oscillator to those that hear it."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(J)))
    graph.add_edges_from((int(k), int(i)) for i, k in np.argwhere(J))
    return graph


def sums(J: Any) -> list[Fraction]:
    return [sum((Fraction(float(x)) for x in row), Fraction(0)) for row in J]


def led_holds(truth: Any, values: Any, witness: Any) -> bool:
    """Say whether one oscillator leads, and the rate and the order are right."""
    graph = listening(truth.J)
    if not undriven(truth) or truth.eta or not nx.is_directed_acyclic_graph(graph):
        return False
    leaders = [i for i in graph if graph.in_degree(i) == 0]
    order, totals = witness["order"], sums(truth.J)
    heard = [totals[i] for i in graph if graph.in_degree(i)]
    rate = Fraction(float.fromhex(values["rate_lower"]))
    worst = values["worst_oscillator"]
    return (
        leaders == [values["leader"]]
        and sorted(order) == list(range(truth.n))
        and all(order.index(k) < order.index(i) for k, i in graph.edges)
        and values["oscillators"] == truth.n
        and 0 <= rate <= min(heard)
        and worst < truth.n
        and graph.in_degree(worst) > 0
        and totals[worst] <= min(heard) * Fraction(1000002, 1000000)
    )


def apart_holds(truth: Any, witness: Any) -> bool:
    """Say whether two disjoint sets hear only themselves."""
    first, second = (set(witness[key]) for key in ("first", "second"))
    graph = listening(truth.J)
    return (
        undriven(truth)
        and bool(first and second)
        and not first & second
        and first | second <= set(graph)
        and all(nx.ancestors(graph, i) <= both for both in (first, second) for i in both)
        and all(len(witness[key]) == len(set(witness[key])) for key in ("first", "second"))
    )


def overlap(J: Any) -> Fraction:
    """Return the overlap, pair by pair."""
    exact = [[Fraction(float(x)) for x in row] for row in J]
    n = len(exact)
    return min(
        exact[t][s]
        + exact[s][t]
        + sum((min(exact[t][u], exact[s][u]) for u in range(n) if u not in (t, s)), Fraction(0))
        for t in range(n)
        for s in range(t)
    )


def spread(states: Any) -> Any:
    """Return the cosine of the arc that holds all states of the plane, or the least cosine."""
    rows = [[mpmath.mpf(float(x)) for x in row] for row in states]
    if len(rows[0]) == 2:
        angles = sorted(mpmath.atan2(y, x) for x, y in rows)
        gaps = [b - a for a, b in pairwise(angles)]
        arc = 2 * mpmath.pi - max([*gaps, 2 * mpmath.pi + angles[0] - angles[-1]])
        return mpmath.cos(arc) if arc < mpmath.pi - HAIR else None
    sizes = [mpmath.sqrt(mpmath.fsum(x * x for x in row)) for row in rows]
    found = min(
        mpmath.fsum(x * y for x, y in zip(a, b, strict=True)) / (p * q)
        for a, p in zip(rows, sizes, strict=True)
        for b, q in zip(rows, sizes, strict=True)
    )
    return found if found > 0 else None


def agree_holds(truth: Any, values: Any, witness: Any) -> bool:
    """Say whether all given starts agree by the time stated, by T12 with the exact numbers."""
    if not undriven(truth) or values["oscillators"] != truth.n:
        return False
    packed = witness["states"]
    raw = np.frombuffer(base64.b64decode(packed["float64"]), dtype="<f8")
    starts = raw.reshape(packed["shape"])
    if starts.shape != (values["starts"], truth.n, truth.d) or not len(starts):
        return False
    if not np.isfinite(starts).all() or not starts.any(axis=2).all():
        return False
    cosines = [spread(states) for states in starts]
    if None in cosines:
        return False
    c, plane, delta = min(cosines), truth.d == 2, real(overlap(truth.J))
    loss = 2 / mpmath.sqrt(1 - min(c, 0) ** 2) if plane else 1 + 1 / c
    rate = delta - truth.eta * loss
    names = ("epsilon", "time_upper", "rate_lower", "overlap_lower", "cosine_lower")
    epsilon, time, low, shared, least = (mpmath.mpf(float.fromhex(values[k])) for k in names)
    if epsilon != truth.epsilon or not 0 < low <= rate + HAIR or not 0 < epsilon < 2:
        return False
    if shared > delta + HAIR or least > c + HAIR or time < 0:
        return False
    if plane:
        half = mpmath.sqrt((1 - c) / (1 + c)) * mpmath.exp(-rate * time)  # tan(D/2)
        return bool(2 * half / mpmath.sqrt(1 + half**2) <= epsilon + HAIR)
    if c >= 1 - HAIR:
        return True
    odds = c / (1 - c) * mpmath.exp(2 * rate * time)
    return bool(mpmath.sqrt(2 / (1 + odds)) <= epsilon + HAIR)
