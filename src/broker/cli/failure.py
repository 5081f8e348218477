"""What a command raises when it could not do what it was asked: words for a person, and an exit code."""

from typing import Final

FAILED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
INTERRUPTED: Final = 130


class CommandFailed(Exception):
    """``str(error)`` says what happened and what to do next."""

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code
