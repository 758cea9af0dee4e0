"""Instances on the command line: networks, heads that become networks, and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lohe.dynamics.network import Network
    from lohe.dynamics.tokens import Tokens

__all__ = [
    "find_instances",
    "instance_of",
    "is_model",
    "kind",
    "read_certified",
    "read_instance",
    "stem",
]

_HEAD, _NETWORK, _TOKENS = ".head.npz", ".network.npz", ".tokens.npz"
_CERTIFICATE = ".certificate.json"
_MODEL = ".model.npz"


def read_instance(path: Path) -> Network:
    """Read a ``.network.npz`` file, or the network of a ``.head.npz`` file.

    Raises
    ------
    InputError
        If the file is missing, damaged, or neither.
    """
    if path.name.endswith(_HEAD):
        from lohe.attention.head import Head

        return Head.load(path).network()
    if is_model(path):
        from lohe.dynamics.errors import InputError

        raise InputError(
            f"{path} is a model; its heads are networks: lohe simulate {path} --layer 0 --head 0"
        )
    from lohe.dynamics.network import Network

    return Network.load(path)


def read_certified(path: Path) -> Network | Tokens:
    """Read what a certificate can be about: a ``.network.npz`` or ``.tokens.npz`` file.

    Raises
    ------
    InputError
        If the file is missing, damaged, or neither.
    """
    if path.name.endswith(_TOKENS):
        from lohe.dynamics.tokens import Tokens

        return Tokens.load(path)
    from lohe.dynamics.network import Network

    return Network.load(path)


def find_instances(paths: Sequence[Path]) -> list[Path]:
    """Return the files named, and for a folder those in it that can be certified.

    In a folder, a ``.network.npz`` file beside a ``.head.npz`` file of the same name was made
    from it and is left out.

    Raises
    ------
    InputError
        If a folder holds no such file.
    """
    from lohe.dynamics.errors import InputError

    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        heads = sorted(path.glob(f"*{_HEAD}"))
        names = {stem(head) for head in heads}
        networks = [file for file in path.glob(f"*{_NETWORK}") if stem(file) not in names]
        inside = sorted([*heads, *networks, *path.glob(f"*{_TOKENS}")])
        if not inside:
            raise InputError(f"{path} holds no .head.npz, .network.npz or .tokens.npz file")
        found += inside
    return found


def instance_of(certificate: Path) -> Path:
    """Return where the instance of a certificate lies: beside it, under the same name.

    Examples
    --------
    >>> instance_of(Path("a.certificate.json")), instance_of(Path("a.tokens.certificate.json"))
    (PosixPath('a.network.npz'), PosixPath('a.tokens.npz'))
    """
    name = certificate.name.removesuffix(_CERTIFICATE)
    ending = ".npz" if name.endswith(".tokens") else _NETWORK
    return certificate.with_name(f"{name}{ending}")


def is_model(path: Path) -> bool:
    """Return whether a file is a trained model, by its name."""
    return path.name.endswith(_MODEL)


def kind(instance: Path) -> str:
    """Return ``"tokens"`` or ``"network"``, what a certified file holds."""
    return "tokens" if instance.name.endswith(_TOKENS) else "network"


def stem(path: Path) -> str:
    """Return the file's name without the endings that tell what it holds.

    Tokens keep theirs, so that their certificate stands beside that of their head.

    Examples
    --------
    >>> stem(Path("runs/layer0.head.npz")), stem(Path("layer0.certificate.json"))
    ('layer0', 'layer0')
    >>> stem(Path("layer0.tokens.npz"))
    'layer0.tokens'
    """
    name = path.name.removesuffix(_MODEL).removesuffix(".npz").removesuffix(".json")
    return name.removesuffix(".head").removesuffix(".network").removesuffix(".certificate")
