r"""The linear flow behind T5: an oscillator with a natural frequency, lifted to the light cone.

A point x of the sphere stands for the ray of :math:`z=(y,s)`, :math:`x=y/s`, on the cone
:math:`\|y\|^2=s^2`. There the flow is :math:`\dot z=Mz` with
:math:`M=\begin{pmatrix}A&h\\h^{\top}&0\end{pmatrix}`, which keeps the Lorentz form
:math:`\langle z,z'\rangle_L=\langle y,y'\rangle-ss'`. Written out, that gives two conserved ratios
of distances, one for each kind of oscillator: one that locks and one that does not.
"""

from __future__ import annotations

from sympy import Expr, Matrix, MatrixBase, Symbol, diag, symbols, zeros

from lohe.theory.frame import Frame
from lohe.theory.symbols import Oscillators
from lohe.theory.theorem import Outcome, vanishes

__all__ = [
    "eigenvectors",
    "fixed_vector",
    "inversion",
    "lift",
    "light_cone",
    "preserved_distance",
    "ratio_law",
]

_b, _b2, _c, _H, _w = symbols("b b_2 c H w", real=True)
_s, _level = symbols("s lambda", positive=True)


def _generator(frequency: MatrixBase, drive: MatrixBase) -> MatrixBase:
    """Return M in coordinates."""
    return Matrix.vstack(frequency.row_join(drive), drive.T.row_join(zeros(1, 1)))


def lift() -> Outcome:
    """Check that the linear flow projects to the oscillator's, in every dimension."""
    names = ("y", "h", "Ay")
    gram = [[Symbol(f"⟨{a},{b}⟩" if a <= b else f"⟨{b},{a}⟩") for b in names] for a in names]
    frame = Frame.of(gram)
    y, h, turned = frame.vectors
    speed, stretch = turned + _s * h, frame.inner(h, y)  # ẏ and ṡ
    x, frequency = y / _s, turned / _s
    return vanishes(
        "every d: x = y/s obeys ẋ = Ax + h − ⟨h, x⟩x when ẏ = Ay + sh and ṡ = ⟨h, y⟩",
        r"\dot z = Mz,\ z=(y,s)\ \Rightarrow\ \tfrac{d}{dt}\tfrac ys = A\tfrac ys+h-\langle h,"
        r"\tfrac ys\rangle\tfrac ys",
        (speed * _s - y * stretch) / _s**2 - (frequency + h - frame.inner(h, x) * x),
    )


def light_cone() -> Outcome:
    """Check that the linear flow keeps the Lorentz form, and with it the light cone."""
    residuals = []
    for d in (2, 3, 4):
        one = Oscillators(1, d)
        generator, form = _generator(one.frequency[0], one.h[0]), diag(*([1] * d), -1)
        residuals.append(generator.T * form + form * generator)
    frame = Frame.of([[_s**2, _b, 0], [_b, _H, _c], [0, _c, _w]])
    y, h, turned = frame.vectors
    return vanishes(
        "the lift keeps the Lorentz form (d = 2, 3, 4), and the cone ‖y‖ = s in every dimension",
        r"M\in\mathfrak{so}(d,1),\qquad\tfrac{d}{dt}(\|y\|^2-s^2) = 0",
        *residuals,
        2 * frame.inner(y, turned + _s * h) - 2 * _s * frame.inner(h, y),
    )


def eigenvectors() -> Outcome:
    """Check that the two points at rest are the eigenvectors of M on the cone."""
    # w = (λ² − A²)⁻¹h, Aw and A²w, for a skew A; then h = λ²w − A²w.
    frame = Frame.of([[_c, 0, -_b], [0, _b, 0], [-_b, 0, _w]])
    w, first, second = frame.vectors
    h = _level**2 * w - second
    points = (_level * w + first, _level, 1), (-(_level * w - first), -_level, -1)
    residuals: list[Expr | MatrixBase] = []
    for point, value, sign in points:
        turned = sign * _level * first + second  # A applied to the point
        residuals += [turned + h - value * point, frame.inner(h, point) - value * _norm(frame, w)]
        residuals.append(frame.square(point) - _norm(frame, w))
    return vanishes(
        "every d: x* = (λ − A)⁻¹h and x₋ = −(λ + A)⁻¹h have the same length, f(λ)^(1/2); where it "
        "is 1, (x*, 1) and (x₋, 1) are eigenvectors of M with eigenvalues λ and −λ",
        r"Ax^*+h = \lambda x^*,\quad Ax_-+h = -\lambda x_-,\quad \langle h,x^*\rangle = "
        r"-\langle h,x_-\rangle = \lambda f(\lambda),\quad \|x^*\|^2 = \|x_-\|^2 = f(\lambda)",
        *residuals,
    )


def _norm(frame: Frame, w: MatrixBase) -> Expr:
    """Return f(λ) = λ²‖w‖² + ‖Aw‖², in the frame of w, Aw and A²w."""
    return _level**2 * frame.square(w) - frame.inner(w, frame.vectors[2])


def ratio_law() -> Outcome:
    """Check how the distances to the two points at rest change along the flow."""
    pull = Symbol("mu", real=True)  # of the point p at rest: λ at x*, −λ at x₋
    # x, p, h and Ax, where Ap = μp − h and A is skew.
    row = -pull * _c + _b
    frame = Frame.of([[1, _c, _b, 0], [_c, 1, pull, row], [_b, pull, _H, _w], [0, row, _w, _s]])
    x, p, h, turned = frame.vectors
    speed = turned + h - frame.inner(h, x) * x
    gap = frame.square(x - p)
    near, far = symbols("near far", positive=True)  # squared distances to x* and to x₋
    changes = -(_level + _b) * near, -(-_level + _b) * far
    ratio = (changes[0] * far - near * changes[1]) / far**2
    return vanishes(
        "the ratio of the distances to x* and to x₋ decays exactly like e^(−λt), every d",
        r"\tfrac{d}{dt}\|x-p\|^2 = -(\mu_p+\langle h,x\rangle)\|x-p\|^2\ \Rightarrow\ "
        r"\frac{\|x(t)-x^*\|}{\|x(t)-x_-\|} = e^{-\lambda t}\frac{\|x(0)-x^*\|}{\|x(0)-x_-\|}",
        2 * frame.inner(speed, x - p) + (pull + _b) * gap,
        ratio + 2 * _level * near / far,
    )


def fixed_vector() -> Outcome:
    """Check that a solution of Ay = −h is a fixed vector of the linear flow."""
    residuals: list[Expr | MatrixBase] = []
    for d in (2, 3, 4):
        one = Oscillators(1, d)
        y, frequency = one.x[0], one.frequency[0]
        residuals.append(_generator(frequency, -frequency * y) * Matrix([*y, 1]))
    frame = Frame.of([[_c, 0], [0, _w]])  # y and Ay, A skew
    y, turned = frame.vectors
    return vanishes(
        "if Ay = −h, then M(y, 1) = 0 (d = 2, 3, 4), since ⟨h, y⟩ = −⟨Ay, y⟩ = 0 for every d",
        r"Ay = -h\ \Rightarrow\ M(y,1) = (Ay+h,\langle h,y\rangle) = 0",
        *residuals,
        frame.inner(-turned, y),
    )


def preserved_distance() -> Outcome:
    """Check the distance of two states that the flow keeps where Ay = −h has a solution."""
    first, second, turn = symbols("p p_2 k", real=True)
    others = symbols("o_1:5", real=True)
    # x, x', y, h, Ax, Ax'; ⟨Ax, y⟩ = −⟨x, Ay⟩ = ⟨x, h⟩, and ⟨h, y⟩ = −⟨Ay, y⟩ = 0.
    frame = Frame.of(
        [
            [1, _c, first, _b, 0, -turn],
            [_c, 1, second, _b2, turn, 0],
            [first, second, _w, 0, _b, _b2],
            [_b, _b2, 0, _H, others[0], others[1]],
            [0, turn, _b, others[0], others[2], others[3]],
            [-turn, 0, _b2, others[1], others[3], _s],
        ]
    )
    x, x2, y, h, turned, turned2 = frame.vectors
    speeds = tuple(
        change + h - frame.inner(h, state) * state for change, state in ((turned, x), (turned2, x2))
    )
    gap = frame.square(x - x2)
    weights = 1 - first, 1 - second
    change = 2 * frame.inner(speeds[0] - speeds[1], x - x2)
    falls = [-frame.inner(speed, y) for speed in speeds]
    conserved = (change * weights[0] - gap * falls[0]) / weights[0] ** 2 / weights[1]
    conserved -= gap / weights[0] * falls[1] / weights[1] ** 2
    return vanishes(
        "every d: if Ay = −h, the flow keeps the distance ‖x − x'‖/((1 − ⟨x, y⟩)(1 − ⟨x', y⟩))^½",
        r"\frac{d}{dt}\,\frac{\|x-x'\|^2}{(1-\langle x,y\rangle)(1-\langle x',y\rangle)} = 0",
        conserved,
    )


def inversion() -> Outcome:
    """Check that for ‖y‖ = 1 this distance is Euclidean after inversion at y."""
    first, second = symbols("p p_2", real=True)
    frame = Frame.of([[1, _c, first], [_c, 1, second], [first, second, 1]])
    x, x2, y = frame.vectors
    images = [(state - y) / frame.square(state - y) for state in (x, x2)]
    conserved = frame.square(x - x2) / ((1 - first) * (1 - second))
    return vanishes(
        "for ‖y‖ = 1 it is twice the Euclidean distance of the images under inversion at y",
        r"\Bigl\|\tfrac{x-y}{\|x-y\|^2}-\tfrac{x'-y}{\|x'-y\|^2}\Bigr\|^2 = "
        r"\tfrac14\,\frac{\|x-x'\|^2}{(1-\langle x,y\rangle)(1-\langle x',y\rangle)}",
        frame.square(images[0] - images[1]) - conserved / 4,
        frame.square(x - y) - 2 * (1 - first),
    )
