"""A command that takes files, unless its first word is the name of a subcommand."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

__all__ = ["FilesOrCommand"]


class FilesOrCommand(TyperGroup):
    """A group whose callback is a command in its own right.

    ``lohe basin x.network.npz`` runs the callback with its own arguments and options;
    ``lohe basin status x.basin.sqlite`` runs the subcommand and nothing of the callback's.
    """

    allow_extra_args = False
    allow_interspersed_args = True

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Leave the words after a subcommand's name to the subcommand."""
        if args and args[0] in self.commands:
            ctx.args = list(args)
            return list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand that was named, or else the callback."""
        if not ctx.args:
            return super().invoke(ctx)
        name, *rest = ctx.args
        command = self.commands[name]
        # Beside this group, not below it: its usage has none of the group's own arguments.
        with command.make_context(f"{ctx.info_name} {name}", rest, parent=ctx.parent) as inner:
            return command.invoke(inner)
