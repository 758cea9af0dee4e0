"""The error for input that a user can mend."""

__all__ = ["InputError"]


class InputError(ValueError):
    """Input that cannot be used, with a one-line message that names the fix.

    The command line prints the message and exits with code 2; anything else that escapes
    is a defect of lohe and keeps its traceback.
    """
