"""The ``lohe`` command: ``lohe COMMAND --help`` shows an example for each command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

__all__ = ["main"]

# In the order of the main job. Each name is a file of lohe/commands with a function of that name.
_COMMANDS = ("demo", "train", "certify", "verify", "basin", "report", "derive", "data")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code.

    0: done, or proved. 1: refuted. 2: usage error or bad input. 3: undecided. 130: interrupted.
    """
    import click
    import typer

    from lohe.commands.app import app
    from lohe.dynamics.errors import InputError

    del typer
    for name in _COMMANDS:
        module = import_module(f"lohe.commands.{name}")
        command = getattr(module, name)
        if hasattr(command, "registered_commands"):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    try:
        code = app(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except click.exceptions.Abort:
        return _fail("interrupted", 130)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except InputError as error:
        return _fail(str(error), 2)
    except KeyboardInterrupt:
        return _fail("interrupted; nothing half-written was left behind", 130)
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    return int(code or 0)


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"lohe: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
