from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Protocol, runtime_checkable

from backstage.app.find_unserved import FindUnserved, Unserved
from backstage.cli.answer import print_json
from backstage.cli.command_parser import DONE, REFUSED, CommandParser
from backstage.cli.settings_finding import settings_findings
from backstage.cli.store import opened_store, store
from backstage.cli.unserved import MOST_SHOWN
from backstage.domain.errors import ConfigurationError, StoreNotReadyError
from backstage.domain.finding import Finding, Severity
from backstage.domain.opening import Opening
from backstage.infra.printable import printable


@runtime_checkable
class _Examined(Protocol):
    async def diagnose(self) -> list[Finding]: ...


def parser() -> CommandParser:
    options = CommandParser(
        "doctor", "Examine the store and the settings, and say what to do; ends with 1 if something is an error."
    )
    options.add_json()
    return options


def run(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    findings = [*asyncio.run(_findings(options.url)), *settings_findings(options.url)]
    if options.json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            _print_finding(finding)
    return REFUSED if any(finding.status is Severity.ERROR for finding in findings) else DONE


async def _findings(url: str | None) -> list[Finding]:
    findings = await _examined(url).diagnose()
    if any(finding.status is Severity.ERROR for finding in findings):
        return findings
    with suppress(StoreNotReadyError):
        async with opened_store(url, Opening.READ) as opened:
            findings.append(_served(await FindUnserved(opened.tasks, opened.registry)()))
    return findings


def _served(unserved: Sequence[Unserved]) -> Finding:
    if not unserved:
        return Finding("served", Severity.OK, "no task waits for a queue or a type that living workers do not serve")
    more = f"; and {len(unserved) - MOST_SHOWN:,} more" if len(unserved) > MOST_SHOWN else ""
    detail = "; ".join(map(str, unserved[:MOST_SHOWN])) + more
    return Finding("served", Severity.WARNING, detail, "start a worker that serves them, or cancel the tasks")


def _examined(url: str | None) -> _Examined:
    backend = store(url)
    if not isinstance(backend, _Examined):
        raise ConfigurationError("url", "that store has nothing to examine")
    return backend


def _print_finding(finding: Finding) -> None:
    print(printable(f"{finding.status:8} {finding.name}: {finding.detail}"))
    if finding.status is not Severity.OK:
        print(printable(f"{'':8} {finding.remedy}"))
