from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

from backstage.cli.answer import iso
from backstage.cli.command_parser import DONE, CommandParser, seconds
from backstage.cli.event_watch import EventWatch, Happened
from backstage.cli.store import existing_store
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.one_line import one_line
from backstage.domain.task_state import FINAL_STATES
from backstage.infra.printable import printable

_COLOURS = {"completed": "32", "failed": "31", "started": "36", "waiting": "33"}


def parser() -> CommandParser:
    options = CommandParser(
        "events",
        "Tell what happens to tasks: created, started, completed, failed, cancelled, waiting again. It is read from "
        "the store, so it does not matter which process did it.",
    )
    options.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    options.add_argument("--since", type=seconds, metavar="SECONDS", help="begin so long ago; default: 5m, with -f now")
    options.add_argument("--queue", metavar="NAME", help="only tasks of this queue")
    options.add_argument("--type", metavar="GLOB", help="only of this type, or pattern such as 'email:*'")
    options.add_argument("--interval", type=seconds, default=1.0, metavar="SECONDS", help="between looks; default: 1")
    options.add_argument("--json", action="store_true", help="print a JSON object per line")
    return options


def run(arguments: Sequence[str]) -> int:
    asyncio.run(_tell(parser().parse_args(arguments)))
    return DONE


async def _tell(options: argparse.Namespace) -> None:
    since = options.since if options.since is not None else 0.0 if options.follow else 300.0
    async with existing_store(options.url) as store:
        watch = EventWatch(store, store.clock.now() - timedelta(seconds=since))
        is_silent = False
        while True:
            try:
                new, is_silent = await watch.look(), False
            except StorageUnavailableError as error:
                if not options.follow:
                    raise
                if not is_silent:
                    print(f"backstage: {printable(str(error))}: asking again", file=sys.stderr)
                new, is_silent = [], True
            for happened in new:
                if _is_asked_for(happened, options.queue, options.type):
                    print(_json(happened) if options.json else _line(happened))
            sys.stdout.flush()
            if not options.follow:
                return
            await asyncio.sleep(max(0.1, options.interval))


def _is_asked_for(happened: Happened, queue: str | None, type_: str | None) -> bool:
    return queue in (None, happened.task.queue) and (type_ is None or fnmatchcase(happened.task.type, type_))


def _json(happened: Happened) -> str:
    task = happened.task
    document: dict[str, Any] = {
        "at": iso(happened.at),
        "event": happened.what,
        "id": task.id,
        "type": task.type,
        "queue": task.queue,
        "attempt": task.attempt,
        "worker": task.lease.worker_id if happened.what == "started" and task.lease else None,
        "seconds": _seconds(happened),
        "error": _error(happened),
    }
    return json.dumps(document)


def _line(happened: Happened) -> str:
    task, ran, error = happened.task, _seconds(happened), _error(happened)
    colour = _COLOURS.get(happened.what) if sys.stdout.isatty() and not _has_no_colour() else None
    what = f"{happened.what:9}"
    words = [
        f"{happened.at:%H:%M:%S.%f}"[:-3],
        what if colour is None else f"\x1b[{colour}m{what}\x1b[0m",
        task.id[-8:],
        printable(task.type),
        printable(task.queue),
        *([f"attempt {task.attempt}"] if happened.what != "created" and task.attempt else []),
        *([] if ran is None else [f"{ran:.3f} s"]),
        *([] if error is None else [printable(one_line(error))]),
    ]
    return "  ".join(words)


def _has_no_colour() -> bool:
    return bool(os.environ.get("NO_COLOR"))


def _seconds(happened: Happened) -> float | None:
    """How long the run took that ended the task."""
    task = happened.task
    if happened.what not in FINAL_STATES or task.started_at is None or task.finished_at is None:
        return None
    return round((task.finished_at - task.started_at).total_seconds(), 6)


def _error(happened: Happened) -> str | None:
    if happened.what not in {"failed", "waiting"} or happened.task.last_failure is None:
        return None
    return str(happened.task.last_failure)
