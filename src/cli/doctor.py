from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from backstage.cli.answer import print_json
from backstage.cli.command_parser import DONE, REFUSED, CommandParser
from backstage.cli.settings_finding import settings_findings
from backstage.cli.store import opened_store, store
from backstage.domain.errors import TaskError
from backstage.domain.finding import Finding, Severity
from backstage.domain.opening import Opening
from backstage.infra.printable import printable


def parser() -> CommandParser:
    options = CommandParser(
        "doctor", "Examine the store and the settings, and recommend what to change. Exits with 1 if it finds an error."
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
    """Of a store that cannot be opened too: the store itself is examined then, and says why."""
    backend = store(url)
    try:
        async with opened_store(url, Opening.READ) as use_cases:
            return await use_cases.diagnose()
    except TaskError:
        return await backend.diagnose()


def _print_finding(finding: Finding) -> None:
    print(printable(f"{finding.status:8} {finding.name}: {finding.detail}"))
    if finding.status is not Severity.OK:
        print(printable(f"{'':8} {finding.remedy}"))
