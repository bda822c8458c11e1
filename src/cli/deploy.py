"""`backstage deploy check`: whether the code at hand can run what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from backstage.cli.answer import print_json, print_text
from backstage.cli.command_parser import DONE, REFUSED, CommandParser
from backstage.cli.store import opened_store
from backstage.cli.table import print_table
from backstage.cli.worker import look_in_working_directory
from backstage.domain.deploy_report import DeployedCode, DeployReport
from backstage.domain.opening import Opening
from backstage.domain.time_texts import duration
from backstage.worker.command.repeated_names import RepeatedNames


def parser() -> CommandParser:
    options = CommandParser(
        "deploy",
        "Say what of the store the handlers could not run: types and versions that they do not know, payloads that "
        "they do not read, schedules and subscriptions. Exits with 1 if there is any. Nothing is run and "
        "nothing changed. With the handlers of the release before, it says whether a roll-back is safe.",
    )
    options.add_argument("action", choices=("check",), metavar="check")
    options.add_argument(
        "--handlers",
        action=RepeatedNames,
        metavar="MODULE,…",
        help="modules of handlers, as of `backstage worker`; default: the setting",
    )
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    report = asyncio.run(_checked(options.url, _code(options.url, options.handlers)))
    if options.json:
        looked_at = [{**asdict(each), "is_whole": each.is_whole} for each in report.looked_at]
        print_json({"is_safe": report.is_safe, **asdict(report), "looked_at": looked_at})
    else:
        _print(report)
    return DONE if report.is_safe else REFUSED


def _code(url: str | None, handlers: str | None) -> DeployedCode:
    """Raises ConfigurationError for a module that cannot be loaded."""
    look_in_working_directory()
    from backstage.infra.settings.settings import Settings  # noqa: PLC0415 - takes longer to load than all use cases
    from backstage.worker.command.command import worker_of  # noqa: PLC0415

    return worker_of(Settings.load(url=url, handlers=handlers, log_level="warning")).deployed()


async def _checked(url: str | None, code: DeployedCode) -> DeployReport:
    async with opened_store(url, Opening.READ) as store:
        report: DeployReport = await store.check_deploy(code)
        return report


def _print(report: DeployReport) -> None:
    if report.unknown_lanes:
        print_text("Tasks that no handler gets:")
        rows = [
            (
                each.queue,
                each.type,
                f"{each.pending:,}",
                f"{each.running:,}",
                "" if each.oldest_due is None else duration(each.oldest_due),
            )
            for each in report.unknown_lanes
        ]
        print_table(("queue", "type", "pending", "running", "oldest due"), rows, numbers=("pending", "running"))
    if report.unreadable:
        print_text("Payloads that their handlers do not read:")
        unread = [
            (each.queue, each.type, f"{each.field}: {each.problem}", f"{each.tasks:,}", " ".join(each.sample_task_ids))
            for each in report.unreadable
        ]
        print_table(("queue", "type", "problem", "tasks", "such as"), unread, numbers=("tasks",))
    if report.unknown_names:
        print_text("Schedules and subscriptions that the code cannot serve:")
        names = [(each.kind, each.name, each.problem) for each in report.unknown_names]
        print_table(("kind", "name", "problem"), names, numbers=())
    print_text("\n".join(_summary(report)))


def _summary(report: DeployReport) -> Iterator[str]:
    looked = sum(each.looked for each in report.looked_at)
    yield f"{'Safe' if report.is_safe else 'Not safe'}: looked at {looked:,} pending and running tasks."
    for each in report.looked_at:
        if not each.is_whole:
            yield f"Of {each.type} on queue {each.queue}, the newest {each.looked:,} of {each.tasks:,} were looked at."
