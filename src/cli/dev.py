from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backstage.cli.command_parser import DONE, CommandParser


def parser() -> CommandParser:
    options = CommandParser(
        "dev", "Run a worker that starts again whenever a Python file of this folder changes, until Ctrl-C."
    )
    options.add_argument(
        "--handlers", metavar="MODULE,…", help="modules of handlers; default: tasks, where there is one"
    )
    options.add_argument("--queues", metavar="NAME,…", help="serve only these queues")
    options.add_argument("--types", metavar="GLOB,…", help="serve only these task types, e.g. 'email:*'")
    options.add_argument("--concurrency", metavar="N", help="how many tasks run at once")
    options.add_argument("--log-level", metavar="LEVEL", help="debug, info, warning, error or critical")
    return options


def run(arguments: Sequence[str]) -> int:
    from backstage.cli.dev_processes import DevProcesses  # noqa: PLC0415 - what the parser does not need
    from backstage.cli.source_watch import SourceWatch  # noqa: PLC0415

    options = parser().parse_args(arguments)
    if options.handlers is None and Path("tasks.py").exists():
        options.handlers = "tasks"
    given = {name: value for name, value in vars(options).items() if value is not None}
    worker = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
    DevProcesses(["worker", *worker], [], SourceWatch(Path())).run()
    return DONE
