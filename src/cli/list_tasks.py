from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime

from backstage.cli.answer import print_json
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.store import existing_store
from backstage.cli.table import print_table
from backstage.cli.task_document import task_document
from backstage.domain.search_terms import Term
from backstage.domain.search_values import is_glob
from backstage.domain.shown_state import shown_state
from backstage.domain.task import Task
from backstage.domain.task_query import MAX_PAGE, TaskPage, TaskQuery
from backstage.domain.task_state import TaskState
from backstage.domain.time_texts import duration

_PATIENCE = 30.0
"""Seconds: what looks at 10,000 tasks takes a fraction of one, and the person at the terminal would only ask again."""
_COLUMNS = ("id", "type", "queue", "state", "priority", "attempts", "age", "error")


def parser() -> CommandParser:
    options = CommandParser(
        "list",
        "List tasks, newest first, a page at a time. --json prints an array. Pass the last id of a page to "
        "--after to get the next page.",
    )
    options.add_argument("query", nargs="*", metavar="QUERY", help="such as 'state:failed since:2h attempts:>2'")
    options.add_argument(
        "--state", action="append", choices=[state.value for state in TaskState], default=[], help="may be repeated"
    )
    options.add_argument("--queue", metavar="NAME")
    options.add_argument("--type", metavar="GLOB", help="a type, or a pattern such as 'email:*'")
    options.add_argument("--workflow", metavar="ID", help="the id of the first task of a chain")
    options.add_argument("--correlation", metavar="ID")
    options.add_argument("--tag", metavar="TEXT")
    options.add_argument("--key", metavar="TEXT", help="whose tasks")
    options.add_argument("--limit", type=int, default=50, metavar="N", help=f"1 to {MAX_PAGE}; default: 50")
    options.add_argument("--after", metavar="ID", help="the last id of the previous page")
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    known = parser()
    options = known.parse_args(arguments)
    is_search = bool(options.query) or is_glob(options.type or "")
    with known.naming_options({"workflow_id": "workflow", "correlation_id": "correlation"}):
        query = TaskQuery(
            states=frozenset(TaskState(state) for state in options.state),
            queue=options.queue,
            type=None if is_search else options.type,
            workflow_id=options.workflow,
            correlation_id=options.correlation,
            tag=options.tag,
            key=options.key,
            limit=options.limit,
            after=options.after,
        )
    page, now = asyncio.run(_found(options) if is_search else _page(options.url, query))
    if options.json:
        print_json([task_document(task) for task in page.tasks])
        return DONE
    _print_page(page, now)
    return DONE


async def _found(options: argparse.Namespace) -> tuple[TaskPage, datetime]:
    """What the query finds, narrowed by the options."""
    terms = [Term("state", state) for state in options.state]
    for name in ("queue", "type", "workflow", "correlation", "tag", "key"):
        if (value := getattr(options, name)) is not None:
            terms.append(Term(name, value))
    async with existing_store(options.url) as store:
        query = " ".join([*options.query, *map(str, terms)])
        page = await store.search_tasks(query, options.limit, options.after, patience=_PATIENCE)
        if not page.is_whole:
            print(f"looked at the newest {page.looked:,}; --after goes on from there", file=sys.stderr)
        return TaskPage(page.tasks, page.next_after), store.clock.now()


async def _page(url: str | None, query: TaskQuery) -> tuple[TaskPage, datetime]:
    async with existing_store(url) as store:
        return await store.find_tasks(query), store.clock.now()


def _print_page(page: TaskPage, now: datetime) -> None:
    rows = [_row(task, now) for task in page.tasks]
    print_table(_COLUMNS, rows, numbers=("priority", "attempts", "age"), empty="no tasks match")
    if page.next_after is not None:
        sys.stdout.flush()
        print(f"next page: --after {page.next_after}", file=sys.stderr)


def _row(task: Task, now: datetime) -> tuple[str, ...]:
    return (
        task.id,
        task.type,
        task.queue,
        shown_state(task, now),
        str(task.priority),
        str(task.attempt) if task.max_attempts is None else f"{task.attempt} of {task.max_attempts}",
        duration((now - task.created_at).total_seconds()),
        "" if task.last_failure is None else str(task.last_failure),
    )
