"""The store and the settings: what the doctor finds, how large it is, and what is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from starlette.responses import Response

from backstage.domain.configuration import Configuration
from backstage.domain.errors import ConfigurationError, StorageError
from backstage.domain.finding import Finding, Severity
from backstage.pages.figures import counted
from backstage.pages.keeping_words import kept
from backstage.pages.problem_page import not_allowed
from backstage.pages.visit import Visit

_KINDS = {
    "sqlite": "SQLite",
    "postgresql": "PostgreSQL",
    "postgres": "PostgreSQL",
    "redis": "Redis",
    "rediss": "Redis, encrypted",
    "memory": "Memory of this process",
}


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, the worst first, and what is well."""

    problems: tuple[Finding, ...]
    well: tuple[Finding, ...]

    @classmethod
    def of(cls, findings: list[Finding]) -> Examined:
        order = (Severity.ERROR, Severity.WARNING)
        problems = [finding for status in order for finding in findings if finding.status is status]
        return cls(tuple(problems), tuple(finding for finding in findings if finding.status is Severity.OK))


async def system_page(visit: Visit) -> Response:
    """The store is examined only when that is asked for, which a script does by itself: it may take seconds."""
    if not visit.may("operator"):
        return not_allowed(visit, "operator")
    examined = await _examined(visit) if visit.asked("examine") else None
    if visit.is_part:
        return visit.render("system_findings.html", examined=examined)
    configuration = await visit.use_cases.get_configuration() if visit.may("admin") else None
    return visit.render(
        "system.html",
        cur="System",
        title="System",
        examined=examined,
        store=_store(visit, configuration),
        kept=kept(configuration.retentions) if configuration and configuration.settings else [],
        configuration=configuration,
    )


async def _examined(visit: Visit) -> Examined:
    try:
        return Examined.of(await visit.use_cases.diagnose())
    except StorageError:
        remedy = "examine it again in a few seconds"
        return Examined.of([Finding("store", Severity.ERROR, "it did not answer while it was examined", remedy)])
    except ConfigurationError as error:
        return Examined.of([Finding("store", Severity.ERROR, str(error), "correct the setting")])


def _store(visit: Visit, configuration: Configuration | None) -> dict[str, str]:
    stats = visit.shell.stats
    live = stats.pending + stats.running
    url = configuration.url if configuration else ""
    lines = {
        "Store": _KINDS.get(url.partition(":")[0].partition("+")[0], "") if url else "",
        "Address": url,
        "Live tasks": counted(live, "task"),
        "Ended, kept": counted(stats.total - live - stats.pruned, "task"),
        "Ended, deleted": counted(stats.pruned, "task"),
        "Release here": configuration.release if configuration else "",
        "Of the workers": _releases(visit),
    }
    return {name: text for name, text in lines.items() if text}


def _releases(visit: Visit) -> str:
    releases = Counter(worker.release or "older than 0.1.0" for worker in visit.shell.workers)
    return ", ".join(f"{release} ({counted(number, 'worker')})" for release, number in sorted(releases.items()))
