from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from backstage.cli.answer import iso, print_json
from backstage.cli.command_parser import DONE, CommandParser
from backstage.cli.table import print_table
from backstage.domain.cron import CronSchedule
from backstage.domain.cron_preview import ClockChange, PreviewedTick, preview
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import check_moment
from backstage.domain.time_texts import moment
from backstage.infra.system_clock import SystemClock

MOST = 1000
_NOTES = {
    ClockChange.MOVED: "moved: clocks skip the time it names",
    ClockChange.FIRST: "the first of two times that clocks show",
    ClockChange.SECOND: "the second of two times that clocks show",
}


def run_next(arguments: Sequence[str]) -> int:
    known = CommandParser(
        "schedules next", "Show when an expression ticks next, and how clock changes affect each tick."
    )
    known.add_argument("schedule", metavar="EXPR", help="such as '30 2 * * *', @daily or 'every 30s'")
    known.add_argument("--tz", default="UTC", metavar="ZONE", help="such as Europe/Berlin; default: UTC")
    known.add_argument("--count", type=int, default=5, metavar="N", help="default: 5")
    known.add_argument("--after", metavar="WHEN", help="start at this time instead of now: 2030-01-31T08:00:00Z")
    known.add_json()
    options = known.parse_args(arguments)
    if not 1 <= options.count <= MOST:
        known.error(f"--count must lie between 1 and {MOST}")
    with known.naming_options({"time_zone": "tz"}):
        after = SystemClock().now() if options.after is None else _moment(options.after)
        ticks = preview(CronSchedule.parse(options.schedule, options.tz), after, options.count)
    if options.json:
        print_json([preview_document(tick) for tick in ticks])
    else:
        print_preview(ticks)
    return DONE


def preview_document(tick: PreviewedTick) -> dict[str, Any]:
    """`offset_change` is seconds."""
    return {
        "tick": iso(tick.tick),
        "local": tick.local.isoformat(),
        "clock_change": tick.change,
        "offset_change": int(tick.offset_change.total_seconds()),
    }


def print_preview(ticks: Iterable[PreviewedTick]) -> None:
    rows = [(tick.local.strftime("%a %Y-%m-%d %H:%M:%S %z"), moment(tick.tick), _note(tick)) for tick in ticks]
    print_table(("local", "UTC", "clocks"), rows)


def _note(tick: PreviewedTick) -> str:
    notes = []
    if tick.offset_change:
        direction = "forward" if tick.offset_change > timedelta() else "back"
        notes.append(f"clocks went {direction} by {abs(tick.offset_change)} before it")
    if tick.change is not None:
        notes.append(_NOTES[tick.change])
    return "; ".join(notes)


def _moment(text: str) -> datetime:
    try:
        return check_moment("after", datetime.fromisoformat(text)).astimezone(UTC)
    except ValueError:
        raise InvalidTaskDataError.of(
            "after", "is not an ISO 8601 date and time: write it like 2030-01-31T08:00:00Z"
        ) from None
