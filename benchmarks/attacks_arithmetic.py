"""Attacks on the arithmetic: random numbers of every size against exact rationals and 200-bit Arb.

Each attack draws a batch from its generator and returns how many enclosures it compared and how
many of them did not hold the exact value. Nothing of what is attacked is used for the exact side.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import arb, ctx, fmpq, fmpz_mat

from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.coupling_bounds import coupling_bounds
from lohe.proofs_numeric.enclosure import norm_bounds, product
from lohe.proofs_numeric.powers import power

BITS = 200


def wild(rng, shape, spread):
    """Return numbers of both signs whose exponents range over 2 * spread, some zero, some equal."""
    values = np.ldexp(rng.uniform(0.5, 1, shape), rng.integers(-spread, spread + 1, shape))
    values *= rng.choice([-1.0, 1.0, 1.0, 0.0], shape)
    return np.where(rng.random(shape) < 0.05, np.round(values), values)


def scaled(values):
    """Return an exact integer matrix and the exponent of its unit."""
    mantissa, exponent = np.frexp(values)
    whole = np.ldexp(mantissa, 53).astype(np.int64).astype(object)
    exponent = np.where(values == 0, 2000, exponent.astype(np.int64) - 53)
    lowest = int(exponent.min())
    shift = np.where(values == 0, 0, exponent - lowest).astype(object)
    rows = (whole << shift).tolist()
    return fmpz_mat(rows), lowest


def exact_product(left, right):
    """Return the exact product of float matrices, row by row, in rationals."""
    (a, low), (b, lower) = scaled(left), scaled(right)
    unit = fmpq(2) ** (low + lower)
    total = a * b
    return [[total[i, j] * unit for j in range(right.shape[1])] for i in range(left.shape[0])]


def rational(value):
    numerator, denominator = float(value).as_integer_ratio()
    return fmpq(numerator, denominator)


def violations(exact, middle, radius):
    """Count entries whose exact value is not within the radius of the middle."""
    found = 0
    for row, centre, reach in zip(exact, middle, radius, strict=True):
        for value, m, r in zip(row, centre, reach, strict=True):
            found += bool(np.isfinite(r)) and abs(value - rational(m)) > rational(r)
    return found


def products(rng):
    """enclosure.product: non-negative times any, with cancellation."""
    m, terms, k = rng.integers(20, 100), rng.integers(1, 700), rng.integers(1, 40)
    spread = int(rng.choice([2, 30, 90]))
    left = np.abs(wild(rng, (m, terms), spread))
    right = wild(rng, (terms, k), spread)
    if rng.random() < 0.5:  # near cancellation: each row meets nearly its own negative
        right[terms // 2 :] = -right[: terms - terms // 2]
        left[:, terms // 2 :] = left[:, : terms - terms // 2] * (1 + rng.choice([0, 2.0**-52]))
    middle, radius = product(left, right)
    return m * k, violations(exact_product(left, right), middle, radius)


def one_ulp_products(rng):
    """Count what a careless bound misses, to show that these attacks can fail.

    A product widened by one unit in the last place is no enclosure; nothing in the project does so.
    """
    left, right = wild(rng, (30, 300), 2), wild(rng, (300, 10), 2)
    middle = left @ right
    return middle.size, violations(exact_product(left, right), middle, np.spacing(np.abs(middle)))


def inside(rng, balls):
    """Return floats within the balls: middles, ends rounded inwards, and points between."""
    share = rng.choice([-1.0, -0.5, 0.0, 0.5, 1.0], balls.shape)
    return balls.middle + share * balls.radius * (1 - 2.0**-40)


def random_balls(rng, shape, spread):
    middle = wild(rng, shape, spread)
    width = np.ldexp(rng.random(shape), rng.integers(-60, 4, shape))
    radius = np.abs(middle) * width * rng.choice([0.0, 1.0], shape)
    radius = np.where(rng.random(shape) < 0.1, np.ldexp(1.0, -spread), radius)
    return Balls(middle, radius)


def inside_exactly(balls, points):
    """Keep points that really are in their balls; the others become middles."""
    gap = np.abs(points - balls.middle)
    return np.where(gap <= balls.radius * (1 - 2.0**-30), points, balls.middle)


def ball_products(rng):
    """Balls @ Balls: every product of points inside lies inside the product."""
    m, terms, k = rng.integers(20, 120), rng.integers(1, 500), rng.integers(10, 60)
    spread = int(rng.choice([2, 40, 150]))
    left, right = random_balls(rng, (m, terms), spread), random_balls(rng, (terms, k), spread)
    found = left @ right
    a = inside_exactly(left, inside(rng, left))
    b = inside_exactly(right, inside(rng, right))
    return m * k, violations(exact_product(a, b), found.middle, found.radius)


def ball_operations(rng):
    """Attack sums, differences, products, quotients and sums along axes of balls."""
    size, spread = 400, int(rng.choice([3, 60, 240]))
    x, y = random_balls(rng, size, spread), random_balls(rng, size, spread)
    a = inside_exactly(x, inside(rng, x))
    b = inside_exactly(y, inside(rng, y))
    p, q = [Fraction(v) for v in a], [Fraction(v) for v in b]
    compared = wrong = 0
    results = [
        (x + y, [s + t for s, t in zip(p, q, strict=True)]),
        (x - y, [s - t for s, t in zip(p, q, strict=True)]),
        (x * y, [s * t for s, t in zip(p, q, strict=True)]),
        (x / y, [s / t if t else None for s, t in zip(p, q, strict=True)]),
        (x.reshape(20, -1).sum(-1), [sum(p[20 * i : 20 * i + 20]) for i in range(size // 20)]),
    ]
    for balls, exact in results:
        for value, m, r in zip(exact, balls.middle, balls.radius, strict=True):
            compared += 1
            if np.isfinite(r) and value is not None:
                wrong += abs(value - Fraction(m)) > Fraction(r)
    roots = Balls(np.abs(x.middle) + x.radius, x.radius).sqrt()
    for low, high, value in zip(roots.lower, roots.upper, np.abs(x.middle), strict=True):
        compared += 1
        # The number itself lies in the ball about |m| + r of radius r.
        below, above = Fraction(max(low, 0.0)), Fraction(high)
        wrong += not below**2 <= Fraction(value) <= above**2
    return compared, wrong


def norms(rng):
    """norm_bounds: Euclidean norms of vectors inside boxes."""
    rows, d, spread = 400, int(rng.integers(1, 20)), int(rng.choice([2, 60, 300]))
    box = random_balls(rng, (rows, d), spread)
    lower, upper = norm_bounds(box.middle, box.radius)
    points = inside_exactly(box, inside(rng, box))
    wrong = 0
    for point, low, high in zip(points, lower, upper, strict=True):
        square = sum((Fraction(v) ** 2 for v in point), Fraction(0))
        wrong += not Fraction(low) ** 2 <= square <= Fraction(high) ** 2
    return rows, wrong


def powers(rng):
    """Real powers of numbers inside balls, against Arb."""
    base = random_balls(rng, (200,), int(rng.choice([2, 60])))
    exponent = float(rng.choice([0.5, 1.0, 2.0, 8.0, 64.0, rng.uniform(0.1, 20)]))
    found = power(base, exponent)
    wrong = 0
    with ctx.workprec(BITS):
        for x, low, high in zip(inside(rng, base), found.lower, found.upper, strict=True):
            exact = arb(float(x)) ** arb(exponent) if x > 0 else arb(0)
            wrong += bool(exact < arb(float(low))) or bool(exact > arb(float(high)))
    return len(base), wrong


def couplings_exactly():
    """Return the coupling functions in Arb, at the precision in use."""
    floor, four = arb(1e-3), 4 * arb(2).log() ** 2
    return {
        "softplus": lambda s: (1 + s.exp()).log() if s < 0 else s + (1 + (-s).exp()).log(),
        "relu": lambda s: (s if s > 0 else arb(0)) + floor,
        "elu": lambda s: 1 + s if s > 0 else s.exp(),
        "squareplus": lambda s: (s + (s * s + four).sqrt()) / 2,
    }


def coupling_functions(rng):
    """Softplus, rectifier, ELU and squareplus over intervals of scores."""
    size = 300
    scores = rng.choice([1e-12, 1e-3, 1.0, 30.0, 800.0]) * rng.standard_normal(size)
    width = np.abs(scores) * rng.choice([0.0, 1e-15, 1e-3], size)
    lower, upper = scores - width, scores + width
    wrong = 0
    with ctx.workprec(BITS):
        functions = couplings_exactly()
        for name, function in functions.items():
            low, high = coupling_bounds(name, lower, upper)
            for ends in (lower, upper):
                for score, below, above in zip(ends, low, high, strict=True):
                    value = function(arb(score))
                    wrong += bool(arb(below) > value) or bool(arb(above) < value)
    return 2 * size * len(functions), wrong


ATTACKS = (products, ball_products, ball_operations, norms, powers, coupling_functions)
