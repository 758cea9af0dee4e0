"""The ``lohe`` command: ``lohe COMMAND --help`` shows an example for each command."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0: done, or proved. 1: refuted. 2: usage error or bad input. 3: undecided. 130: interrupted.

    Examples
    --------
    >>> main(["certify", "no-such.network.npz"])
    2
    """
    import typer

    from lohe.commands.app import build
    from lohe.dynamics.errors import InputError

    _tolerate_other_encodings()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = build()(args=words, prog_name="lohe", standalone_mode=False)
        sys.stdout.flush()
    except InputError as error:
        return _fail(str(error), 2)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # the help is already on the screen
            return 2
        return _fail(f"{error.format_message()} (lohe --help lists what there is)", 2)
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except BrokenPipeError:  # the reader (a pager, head) has gone: nothing is left to say
        _drop_output()
        return 141
    except OSError as error:
        if error.filename is not None:  # a file is the library's to explain: this is a defect
            raise
        _drop_output()
        return _fail(f"cannot write the result: {error.strerror}; send it elsewhere", 2)
    if code == 130:
        return _fail("interrupted; run the same command again to go on", 130)
    return int(code or 0)


def _tolerate_other_encodings() -> None:
    """Let a terminal that has no sign for a character show a question mark in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(errors="replace")


def _drop_output() -> None:
    """Keep Python from failing again at exit, on what is left in the buffer of stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"lohe: {' '.join(message.split())}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
