"""The command line, put together from one file a command."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

__all__ = ["build"]

# In the order of the main job. Each names a file beside this one that holds either a function of
# that name or, for a command with subcommands, a Typer application of that name.
_COMMANDS = (
    "demo",
    "train",
    "certify",
    "verify",
    "tolerance",
    "basin",
    "simulate",
    "bench",
    "hardware",
    "report",
    "audit",
    "derive",
    "data",
)

_SETTINGS = {"help_option_names": ["-h", "--help"]}


def build() -> typer.Typer:
    """Return the application with every command registered."""
    app = typer.Typer(
        name="lohe",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings=_SETTINGS,
    )
    app.callback(invoke_without_command=True)(_root)
    for name in _COMMANDS:
        command = getattr(import_module(f"lohe.commands.{name}"), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, no_args_is_help=True, context_settings=_SETTINGS)
        else:
            app.command(name, no_args_is_help=False, context_settings=_SETTINGS)(command)
    return app


def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Certify, sample, train and report oscillator attention.

    `lohe demo` runs the whole job on a small task; `lohe COMMAND --help` shows an example each.
    """
    if version:
        from lohe import __version__

        typer.echo(f"lohe {__version__}")
        raise typer.Exit
