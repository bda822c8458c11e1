from __future__ import annotations

import sys

from backstage.cli.command_parser import WrongUsageError


def confirm(question: str, *, is_confirmed: bool) -> None:
    """Ask whoever sits at a terminal, unless `--yes` was given; a script has said what it wants.

    Raises WrongUsageError where the answer is not yes.
    """
    if is_confirmed or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise WrongUsageError("nothing was done: it was not confirmed")
