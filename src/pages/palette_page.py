"""What the palette of Ctrl K offers: pages, queues, types, and actions that ask first."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import JSONResponse, Response

from backstage.pages.figures import counted
from backstage.pages.visit import Visit

MOST_NAMES = 500


async def palette_page(visit: Visit) -> Response:
    return JSONResponse(
        [*_pages(visit), *_queues(visit), *_types(visit), *(_actions(visit) if visit.may("operator") else ())]
    )


def _place(group: str, icon: str, name: str, note: str, href: str) -> dict[str, str]:
    return {"group": group, "icon": icon, "name": name, "note": note, "href": href}


def _pages(visit: Visit) -> Iterator[dict[str, str]]:
    for path, icon, label, *_ in (*visit.navigation, *visit.managing):
        yield _place("Jump to", icon, label, "page", visit.href(path))


def _queues(visit: Visit) -> Iterator[dict[str, str]]:
    for name, counts in list(visit.shell.stats.by_queue.items())[:MOST_NAMES]:
        note = f"queue, {counts.pending:,} wait"
        yield _place("Jump to", "queue", name, note, visit.href("/queues", open=name))


def _types(visit: Visit) -> Iterator[dict[str, str]]:
    for name, counts in list(visit.shell.stats.by_type.items())[:MOST_NAMES]:
        note = f"type, {counted(counts.failed, 'failure')}" if counts.failed else "type"
        yield _place("Jump to", "type", name, note, visit.href(f"/types/{name}"))


def _actions(visit: Visit) -> Iterator[dict[str, str]]:
    stats = visit.shell.stats
    for name in list(stats.by_queue)[:MOST_NAMES]:
        verb, icon = ("resume", "play") if name in stats.paused_queues else ("pause", "pause")
        yield _place("Do", icon, f"{verb.capitalize()} {name}", "asks first", visit.href(f"/act/{verb}", queue=name))
