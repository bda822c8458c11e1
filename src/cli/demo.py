from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from random import Random

from backstage.cli.command_parser import DONE, CommandParser
from backstage.domain.errors import ConfigurationError
from backstage.infra.redact_url import redact_url

MODULE = "demo_tasks"
_FILE = Path(f"{MODULE}.py")
_URL = "sqlite:///backstage.db"


def parser() -> CommandParser:
    options = CommandParser(
        "demo",
        "Fill a store with lively sample tasks and work on them until Ctrl-C: failures, retries, chains, schedules, "
        "a paused queue, an unknown type, and a queue that nobody serves. Run it in an empty folder: it writes "
        f"{_FILE} and, without --url, backstage.db there.",
    )
    options.add_argument("--http", metavar="HOST:PORT", help="where the pages are; default: 127.0.0.1:8420")
    options.add_argument("--fill", action="store_true", help="only store the first tasks, and work on none")
    options.add_argument("--trickle", action="store_true", help="only go on enqueueing, for a worker of your own")
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    url = _URL if options.url is None else options.url
    if options.trickle:
        asyncio.run(_trickle(url))
        return DONE
    asyncio.run(_fill(url, may_have_tasks=_FILE.exists()))
    if not _FILE.exists():
        _FILE.write_text((files("backstage") / "samples" / _FILE.name).read_text("utf-8"), "utf-8")
    if not options.fill:
        _work(url, options.http)
    return DONE


def _work(url: str, http: str | None) -> None:
    from backstage.cli.demo_load import SERVED_QUEUES  # noqa: PLC0415 - slow to load, and --help needs none of it
    from backstage.cli.dev_page import page_command  # noqa: PLC0415
    from backstage.cli.dev_processes import DevProcesses  # noqa: PLC0415
    from backstage.cli.source_watch import SourceWatch  # noqa: PLC0415

    print(_welcome(url), flush=True)
    served = ("--handlers", MODULE, "--queues", ",".join(SERVED_QUEUES))
    worker = ["worker", "--url", url, *served, "--concurrency", "8", "--log-level", "critical"]
    trickle = ["demo", "--url", url, "--trickle"]
    DevProcesses(worker, [trickle, page_command(url, http)], SourceWatch(Path())).run()


def _welcome(url: str) -> str:
    option = "" if url == _URL else f" --url {redact_url(url)}"
    return f"""The demo runs until Ctrl-C. Its handlers are in {_FILE}: change one, and the worker starts again.

Open the page, or in a second terminal, in this folder:
  backstage list --state failed{option}
  backstage queues{option}
  backstage explain --queue archive{option}
  backstage replay --type invoice:total{option}
"""


async def _fill(url: str, *, may_have_tasks: bool) -> None:
    from backstage.cli.demo_load import demo_store, fill  # noqa: PLC0415 - as above

    async with demo_store(url) as backstage:
        if not (await backstage.get_task_stats()).total:
            await fill(backstage, Random())  # noqa: S311 - a sample
        elif not may_have_tasks:
            raise ConfigurationError("url", f"{redact_url(url)} has tasks already: run the demo in an empty folder")


async def _trickle(url: str) -> None:
    from backstage.cli.demo_load import demo_store, trickle  # noqa: PLC0415 - as above

    async with demo_store(url) as backstage:
        await trickle(backstage, Random())  # noqa: S311 - a sample
