from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from backstage.app.enqueue_task import EnqueueTask
from backstage.cli.command_parser import DONE, CommandParser, json_value, key_and_value, priority, seconds
from backstage.cli.store import opened_store
from backstage.cli.unserved import warn_before_storing
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import DuplicateTaskError
from backstage.domain.lane_type import check_payload_version
from backstage.domain.limits import check_name
from backstage.domain.queue import DEFAULT_QUEUE

_FROM_LINES = "-"
_OF_ALL = frozenset({"url", "type", "payload", "quiet"})


def parser() -> CommandParser:
    options = CommandParser(
        "enqueue",
        "Store a task and print its id. `backstage enqueue -` reads one JSON object per line from standard input, "
        'such as {"type": "email:send", "payload": {}, "queue": "mail"}, and prints one id per line. '
        "Fields of a line: " + ", ".join(EnqueueTask.__struct_fields__) + "; dedupe may have the fields key and ttl. "
        "SECONDS may also be written like 90s, 5m, 2h or 7d.",
    )
    options.add_argument("type", metavar="TYPE", help="such as email:send, or - to read lines")
    options.add_argument(
        "payload",
        metavar="JSON",
        nargs="?",
        type=json_value,
        default=...,
        help="the payload for the handler; default: null",
    )
    options.add_argument("--queue", default=DEFAULT_QUEUE, help="default: %(default)s")
    options.add_argument(
        "--priority",
        type=priority,
        default=0,
        metavar="N",
        help="a number, or urgent, default or low; higher runs first",
    )
    options.add_argument(
        "--payload-version", type=int, default=1, metavar="N", help="a handler that knows it runs the task; default: 1"
    )
    _add_times_and_limits(options)
    options.add_argument("--correlation-id", metavar="ID", help="default: the task's own id")
    options.add_argument(
        "--metadata", type=key_and_value, action="append", default=[], metavar="KEY=VALUE", help="may be repeated"
    )
    options.add_argument("--tag", action="append", default=[], metavar="TEXT", help="to find it by; may be repeated")
    options.add_argument("--key", metavar="TEXT", help="whose task it is, such as a customer's id")
    options.add_argument("--quiet", action="store_true", help="with -: print the number of stored tasks, not their ids")
    return options


def _add_times_and_limits(options: CommandParser) -> None:
    options.add_argument("--delay", type=seconds, metavar="SECONDS", help="run it after this time")
    options.add_argument("--at", metavar="WHEN", help="run it at this time: 2030-01-31T08:00:00Z")
    options.add_argument("--dedupe-key", metavar="KEY", help="store nothing if a task of the queue holds this key")
    options.add_argument(
        "--dedupe-ttl",
        type=seconds,
        metavar="SECONDS",
        help="hold the key this long, instead of until the task ends",
    )
    options.add_argument("--max-attempts", type=int, metavar="N", help="how often a failing task is run")
    options.add_argument(
        "--max-deliveries",
        type=int,
        metavar="N",
        help="the task fails when N workers have died running it; 1 with --max-attempts 1: at most once",
    )
    options.add_argument("--timeout", type=seconds, metavar="SECONDS", help="limit of one run")


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    if options.type == _FROM_LINES:
        if any(value != known.get_default(name) for name, value in vars(options).items() if name not in _OF_ALL):
            known.error("with -, each line has its own fields: only --url and --quiet are allowed")
        if options.payload is not ...:
            known.error("with -, the payloads come from standard input: leave out JSON")
        if sys.stdin is None:
            known.error("standard input is closed")
        from backstage.cli.enqueue_lines import enqueue_lines  # noqa: PLC0415 - a single task does without

        return asyncio.run(enqueue_lines(options.url, is_quiet=options.quiet))
    if options.quiet:
        known.error("--quiet needs -")
    if options.dedupe_ttl is not None and options.dedupe_key is None:
        known.error("--dedupe-ttl needs --dedupe-key")
    if options.delay is not None and options.at is not None:
        known.error("--delay: was given together with --at: pass only one of them")
    with known.naming_options({"scheduled_at": "at", "dedupe.key": "dedupe_key", "dedupe.ttl": "dedupe_ttl"}):
        print(asyncio.run(_enqueue(options)))
    return DONE


async def _enqueue(options: argparse.Namespace) -> str:
    request = EnqueueTask(
        options.type,
        None if options.payload is ... else options.payload,
        payload_version=options.payload_version,
        queue=options.queue,
        priority=options.priority,
        delay=options.delay,
        scheduled_at=options.at,
        dedupe=None if options.dedupe_key is None else Dedupe(options.dedupe_key, options.dedupe_ttl),
        max_attempts=options.max_attempts,
        max_deliveries=options.max_deliveries,
        timeout=options.timeout,
        correlation_id=options.correlation_id,
        metadata=dict(options.metadata),
        tags=options.tag,
        key=options.key,
    )
    check_name("type", options.type)  # before it is said of a name that can be none that nobody serves it
    check_name("queue", options.queue)
    version = check_payload_version("payload_version", options.payload_version)
    async with opened_store(options.url) as store:
        await warn_before_storing(store, options.queue, options.type, version)
        answer = await store.enqueue_task(request)
    if isinstance(answer, Duplicate):
        raise DuplicateTaskError(answer.key, answer.holder_id)
    return answer.id
