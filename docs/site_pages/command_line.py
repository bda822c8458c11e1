"""The reference of the command line: what each command answers to `--help`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from unittest.mock import patch

from backstage.cli.commands import COMMANDS
from backstage.cli.main import main
from backstage.cli.schedules import ACTIONS

_WIDTH = "100"


def command_line_reference() -> str:
    """A section for each command, and below `schedules` for each of its actions."""
    sections = []
    for command in COMMANDS:
        sections.append(_section(2, [command]))
        if command == "schedules":
            sections += [_section(3, [command, action]) for action in ACTIONS]
    return "".join(sections)


def _section(level: int, words: Sequence[str]) -> str:
    answer = StringIO()
    with patch.dict(os.environ, COLUMNS=_WIDTH, NO_COLOR="1"), redirect_stdout(answer):
        main([*words, "--help"])
    return f"\n{'#' * level} backstage {' '.join(words)}\n\n```text\n{answer.getvalue().rstrip()}\n```\n"
