"""The Typer application that the commands hang on."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(
    name="lohe",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Certify, sample, train and report oscillator attention.

    First steps: `lohe demo` runs the whole job; `lohe COMMAND --help` shows an example each.
    """
    if version:
        from lohe import __version__

        typer.echo(f"lohe {__version__}")
        raise typer.Exit
