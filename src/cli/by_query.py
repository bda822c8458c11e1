"""A command on all tasks that a query finds: plan, confirm, then do it with a progress bar."""

from __future__ import annotations

import argparse
import sys

from backstage.app.use_cases import UseCases
from backstage.cli.command_parser import DONE, REFUSED, CommandParser
from backstage.cli.confirming import confirm
from backstage.cli.host_user import host_user
from backstage.cli.table import print_table
from backstage.domain.bulk_action import BulkAction
from backstage.domain.bulk_operation import DEFAULT_RATE, EMPTY_QUERY, BulkOperation, BulkPlan, BulkState
from backstage.infra.printable import printable

_BAR = 30
_DONE_TO = {
    "retry": "retried",
    "cancel": "cancelled",
    "prune": "deleted",
    "prioritise": "given their priority",
    "move": "moved",
}


def add_ids_or_query(options: CommandParser) -> None:
    options.add_argument("ids", nargs="*", metavar="ID")
    add_query(options)
    options.add_yes()


def add_query(options: CommandParser) -> None:
    options.add_argument("--query", metavar="QUERY", help="all tasks that it finds, such as 'state:failed since:2h'")
    options.add_argument("--dry-run", action="store_true", help="with --query: only say which tasks are meant")
    options.add_argument(
        "--rate", type=float, metavar="N", help=f"with --query: so many tasks per second; default: {DEFAULT_RATE:g}"
    )


def check_ids_or_query(known: CommandParser, options: argparse.Namespace) -> None:
    if bool(options.ids) is (options.query is not None):
        known.error("name tasks: ID …, or --query QUERY")
    check_query(known, options)


def check_query(known: CommandParser, options: argparse.Namespace) -> None:
    if options.query is None and (options.dry_run or options.rate is not None):
        known.error("--dry-run and --rate belong to --query")
    if options.query is not None and not options.query.strip():
        known.error(f"--query: {EMPTY_QUERY}")


async def act_on_query(store: UseCases, action: BulkAction, options: argparse.Namespace) -> int:
    plan = await store.plan_bulk(action, options.query)
    _print_plan(plan)
    if options.dry_run or plan.count == 0:
        return DONE
    confirm(f"{action} {_number(plan)}?", is_confirmed=options.yes)
    rate = DEFAULT_RATE if options.rate is None else options.rate
    operation = await store.start_bulk(plan.digest, rate, started_by=host_user().name)
    async for operation in store.run_bulk(plan.digest):
        _show_progress(operation)
    return _told_end(operation)


def _print_plan(plan: BulkPlan) -> None:
    rows = [(task.id, task.type, task.queue, task.state.value) for task in plan.sample]
    if rows:
        print_table(("id", "type", "queue", "state"), rows)
    more = "" if len(rows) == plan.count and plan.is_exact else f", of which {len(rows)} are shown"
    print(f"{plan.action} means {_number(plan)}{more}")


def _number(plan: BulkPlan) -> str:
    return f"{plan.count:,}{'' if plan.is_exact else ' or more'} task{'' if plan.count == 1 else 's'}"


def _show_progress(operation: BulkOperation) -> None:
    if not sys.stderr.isatty():
        return
    seen_to = operation.done + operation.failed
    part = 1.0 if operation.state is BulkState.DONE else min(1.0, seen_to / max(operation.total, 1))
    bar = "#" * round(part * _BAR)
    end = "\n" if operation.state is not BulkState.RUNNING else ""
    print(f"\r[{bar:{_BAR}}] {seen_to:,} of {operation.total:,}", end=end, file=sys.stderr, flush=True)


def _told_end(operation: BulkOperation) -> int:
    stopped = "stopped: " if operation.state is BulkState.STOPPED else ""
    print(f"{stopped}{operation.done:,} {_DONE_TO[operation.action.kind]}")
    if operation.failed:
        problem = printable(operation.problem)
        print(f"backstage: {operation.failed:,} could not be changed, the last of them: {problem}", file=sys.stderr)
        return REFUSED
    return DONE
