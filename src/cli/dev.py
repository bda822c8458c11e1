from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.store import opened_store
from backstage.domain.opening import Opening
from backstage.worker.command.repeated_names import RepeatedNames


def parser() -> CommandParser:
    options = CommandParser(
        "dev",
        "Run a worker that starts again whenever a Python file of this folder changes, with the pages beside it, until "
        "Ctrl-C.",
    )
    options.add_argument(
        "--handlers",
        action=RepeatedNames,
        metavar="MODULE,…",
        help="modules of handlers; default: tasks, where there is one",
    )
    options.add_argument("--queues", metavar="NAME,…", help="serve only these queues")
    options.add_argument("--types", metavar="GLOB,…", help="serve only these task types, e.g. 'email:*'")
    options.add_argument("--concurrency", metavar="N", help="how many tasks run at once")
    options.add_argument("--http", metavar="HOST:PORT", help="where the pages are; default: 127.0.0.1:8420")
    options.add_argument("--log-level", metavar="LEVEL", help="debug, info, warning, error or critical")
    return options


def run(arguments: Sequence[str]) -> int:
    from backstage.cli.dev_page import page_command  # noqa: PLC0415
    from backstage.cli.dev_processes import DevProcesses  # noqa: PLC0415 - what the parser does not need
    from backstage.cli.source_watch import SourceWatch  # noqa: PLC0415

    options = parser().parse_args(arguments)
    if options.handlers is None and Path("tasks.py").exists():
        options.handlers = "tasks"
    asyncio.run(_make_store(options.url))
    page = page_command(options.url, options.http)
    given = {name: value for name, value in vars(options).items() if value is not None and name != "http"}
    worker = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
    DevProcesses(["worker", *worker], [page], SourceWatch(Path())).run()
    return DONE


async def _make_store(url: str | None) -> None:
    """The pages and the worker start together, and both need it."""
    async with opened_store(url, Opening.WORK):
        pass
