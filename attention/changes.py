"""Fields of a configuration, given as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from lohe.dynamics.errors import InputError

__all__ = ["read_changes"]

_SWITCH = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


def read_changes(config: type[Any], settings: Iterable[str]) -> dict[str, Any]:
    """Read ``field=value`` for a frozen dataclass.

    Parameters
    ----------
    config
        The dataclass, with fields of numbers, switches and words.
    settings
        Each one field.

    Returns
    -------
    dict of str to Any
        Values by field.

    Raises
    ------
    InputError
        For a field that there is not, and a value that is not of its kind.

    Examples
    --------
    >>> from lohe.attention.recipe import Recipe
    >>> read_changes(Recipe, ["epochs=3", "schedule=constant"])
    {'epochs': 3, 'schedule': 'constant'}
    """
    hints = get_type_hints(config)
    known = [field.name for field in fields(config)]
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in known:
            raise InputError(f"{setting!r} is no field=value of {', '.join(known)}")
        found[name] = _read(name, text, hints[name])
    return found


def _read(name: str, text: str, kind: Any) -> Any:
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        kinds = get_args(kind)
        if text == "none" and NoneType in kinds:
            return None
        return _read(name, text, next(k for k in kinds if k is not NoneType))
    if origin is Literal:
        return text  # the dataclass knows the words
    if kind is bool:
        if text not in _SWITCH:
            raise InputError(f"{name} is {text!r}; choose true or false")
        return _SWITCH[text]
    try:
        return kind(text)
    except ValueError as error:
        raise InputError(f"{name} is {text!r}; give a number") from error
