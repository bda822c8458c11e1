"""Is all well, and if not, what is there to do?"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from backstage.pages.attention import attention_of
from backstage.pages.figures import counted
from backstage.pages.moments import age
from backstage.pages.queues_page import QueueRow, queue_rows
from backstage.pages.shell import Shell
from backstage.pages.visit import Visit


async def overview_page(visit: Visit) -> Response:
    shell = visit.shell
    if shell.is_fresh:
        return visit.render("fresh.html", cur="Overview", title="Overview")
    queues = await queue_rows(visit)
    return visit.render(
        "overview.html",
        cur="Overview",
        title="Overview",
        attention=attention_of(visit, queues),
        queues=queues[:8],
        types=sorted(shell.stats.by_type.items(), key=lambda each: (-each[1].failed, -each[1].pending, each[0]))[:8],
        figures=_figures(shell, queues),
        calm=_calm(shell),
    )


def _figures(shell: Shell, queues: Sequence[QueueRow]) -> list[tuple[str, int, str]]:
    """State, number, and what belongs to it."""
    stats = shell.stats
    oldest = max((row.oldest for row in queues if row.oldest is not None), default=None)
    return [
        ("pending", stats.pending, "none is due" if oldest is None else f"oldest {age(oldest)}"),
        ("running", stats.running, f"of {counted(shell.slots, 'slot')}"),
        ("failed", stats.failed, "for good"),
        ("cancelled", stats.cancelled, "never ran to the end"),
        ("completed", stats.completed, "ever"),
    ]


def _calm(shell: Shell) -> str:
    workers = f"{counted(shell.alive, 'worker')} {'is' if shell.alive == 1 else 'are'} alive"
    return f"All queues move, and {workers}." if shell.alive else "Nothing waits, and no worker is alive."
