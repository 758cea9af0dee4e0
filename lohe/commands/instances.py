"""Instances on the command line: a network, or a head that becomes one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lohe.dynamics.network import Network

__all__ = ["read_instance", "stem"]


def read_instance(path: Path) -> Network:
    """Read a ``.network.npz`` file, or the network of a ``.head.npz`` file.

    Raises
    ------
    InputError
        If the file is missing, damaged, or neither.
    """
    if path.name.endswith(".head.npz"):
        from lohe.attention.head import Head

        return Head.load(path).network()
    from lohe.dynamics.network import Network

    return Network.load(path)


def stem(path: Path) -> str:
    """Return the file's name without the endings that tell what it holds.

    Examples
    --------
    >>> stem(Path("runs/layer0.head.npz")), stem(Path("layer0.certificate.json"))
    ('layer0', 'layer0')
    """
    name = path.name.removesuffix(".npz").removesuffix(".json")
    return name.removesuffix(".head").removesuffix(".network").removesuffix(".certificate")
