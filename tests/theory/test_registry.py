"""Every theorem of the folder is found, and every obligation of every theorem holds."""

import pytest
from sympy import eye

from lohe.theory import (
    blocks,
    chart,
    digital,
    lift,
    linearisation,
    registry,
    settling,
    stereographic,
    symmetry,
)
from lohe.theory.blocks import Form
from lohe.theory.registry import theorem, theorems

OBLIGATIONS = [
    pytest.param(obligation, id=f"{name}-{obligation.__name__}")
    for name, entry in theorems().items()
    for obligation in entry.obligations
]


@pytest.mark.parametrize("obligation", OBLIGATIONS)
def test_obligation_holds(obligation):
    outcome = obligation()
    assert outcome.holds, f"{outcome.claim}: {outcome.residual} ({outcome.method})"
    assert outcome.residual == "0"


def test_the_theorems_of_the_certificates_are_there():
    lemmas, numbered = {f"L{k}" for k in range(1, 10)}, {f"T{k}" for k in range(1, 13)}
    assert lemmas | numbered | {"T3a", "T4a", "T6a", "T6b", "T6c"} <= set(theorems())


@pytest.mark.parametrize("name", list(theorems()))
def test_a_theorem_is_complete(name):
    entry = theorem(name)
    assert entry.name == name
    assert entry.hypotheses
    assert entry.statement
    assert entry.latex
    assert entry.source
    assert len(set(entry.obligations)) == len(entry.obligations) > 0


def test_lemmas_come_first_and_numbers_count():
    assert sorted(["T10", "L2", "T9", "L1"], key=registry._order) == ["L1", "L2", "T9", "T10"]
    assert sorted(["T7", "T6b", "T6", "T6a"], key=registry._order) == ["T6", "T6a", "T6b", "T7"]
    with pytest.raises(ValueError, match="not 'X1'"):
        registry._order("X1")


def test_an_unknown_name():
    with pytest.raises(KeyError):
        theorem("T99")


# Sabotage: the obligations must notice a wrong sign or a missing term.


@pytest.mark.parametrize(
    ("name", "wrong", "obligation"),
    [
        ("FIELD_JACOBIAN", blocks.A - blocks.pull * blocks.PROJECTOR.expression, "ambient"),
        ("FIELD_JACOBIAN", -blocks.FIELD_JACOBIAN.expression, "every_dimension"),
        ("CROSSTALK", -blocks.J * blocks.P, "ambient"),
        ("TANGENT_JACOBIAN", blocks.P * blocks.A * blocks.P, "tangent"),
        ("TANGENT_CROSSTALK", blocks.J * blocks.Q * blocks.P, "tangent"),
        ("HESSIAN", -blocks.pull * blocks.P, "hessian"),
        ("HESSIAN_CROSSTALK", blocks.J * blocks.P * blocks.Q, "geodesics"),
        ("BASIS", blocks.BASIS.expression.subs(blocks.beta, 2 * blocks.beta), "householder"),
    ],
)
def test_a_wrong_block_is_noticed(monkeypatch, name, wrong, obligation):
    monkeypatch.setattr(linearisation, "_SIZES", ((2, 2),))  # the smallest that shows it
    monkeypatch.setattr(linearisation, "_GEODESIC_SIZES", ((2, 2),))
    form = getattr(blocks, name)
    monkeypatch.setattr(blocks, name, Form(form.name, wrong, form.latex))
    assert not getattr(linearisation, obligation)().holds


def test_a_wrong_flow_is_noticed(monkeypatch):
    right = settling._flow()
    monkeypatch.setattr(settling, "_flow", lambda: right.subs(settling._z, settling._z**2))
    assert not settling.exact_flow().holds
    assert not settling.same_cosine().holds
    assert not settling.basin().holds


def test_a_wrong_step_is_noticed(monkeypatch):
    monkeypatch.setattr(digital, "_a", 2 * digital._a)
    assert digital.step().holds  # an identity in any step length
    monkeypatch.setattr(digital, "_slope", lambda step: 1 - 2 * step)
    assert not digital.slope().holds
    assert not digital.unstable().holds


def test_a_wrong_lift_is_noticed(monkeypatch):
    right = lift._generator
    monkeypatch.setattr(lift, "_generator", lambda a, h: right(-a, h))
    assert lift.light_cone().holds  # still in so(d, 1)
    assert not lift.fixed_vector().holds
    monkeypatch.setattr(lift, "_generator", lambda a, h: right(a, h) + eye(a.rows + 1))
    assert not lift.light_cone().holds


def test_a_drive_breaks_the_symmetry(monkeypatch):
    right = symmetry._field

    def driven(network, states):
        return [v + h for v, h in zip(right(network, states), network.h, strict=True)]

    monkeypatch.setattr(symmetry, "_INFINITESIMAL", ((2, 2),))
    assert symmetry.turning().holds
    monkeypatch.setattr(symmetry, "_field", driven)
    assert not symmetry.turning().holds


@pytest.mark.parametrize("name", ["POINT_REST", "BASIS_POLAR", "BASIS_REST", "DERIVATIVE"])
def test_a_wrong_chart_form_is_noticed(monkeypatch, name):
    monkeypatch.setattr(stereographic, "_DIMENSIONS", (2,))
    assert stereographic.forms().holds
    form = getattr(chart, name)
    monkeypatch.setattr(chart, name, Form(form.name, -form.expression, form.latex))
    assert not stereographic.forms().holds
