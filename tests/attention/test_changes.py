"""Fields as text become values of their kind, or an error that names them."""

import pytest

from lohe.attention.changes import read_changes
from lohe.attention.recipe import Recipe
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError


def test_every_kind_is_read():
    settings = ["width=48", "dropout=0.5", "causal=yes", "two_sided=off", "d_qk=none", "d_qk=8"]
    found = read_changes(TransformerConfig, [*settings, "anchor_kind=free"])
    assert found == {
        "width": 48, "dropout": 0.5, "causal": True, "two_sided": False, "d_qk": 8,
        "anchor_kind": "free",
    }  # fmt: skip
    assert read_changes(TransformerConfig, ["d_qk=none"]) == {"d_qk": None}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("epochs", "no field=value of epochs, batch_size"),
        ("speed=3", "no field=value"),
        ("epochs=many", "epochs is 'many'; give a number"),
        ("epochs=1.5", "give a number"),
    ],
)
def test_what_cannot_be_read_is_named(setting, message):
    with pytest.raises(InputError, match=message):
        read_changes(Recipe, [setting])


def test_switches():
    with pytest.raises(InputError, match="causal is 'maybe'; choose true or false"):
        read_changes(TransformerConfig, ["causal=maybe"])
