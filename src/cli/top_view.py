"""How `backstage top` looks. Loads rich, so it is imported where it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from backstage.cli.terminal_table import STATE_STYLES
from backstage.cli.top_frame import TopFrame
from backstage.domain.task import Task
from backstage.domain.time_texts import duration
from backstage.domain.worker_info import WorkerInfo, WorkerState
from backstage.infra.printable import printable

_BAR = 12
_NUMBERS = {"pending", "running", "failed", "ends/s", "oldest due", "slots", "attempt", "up", "for"}


def printed(frame: TopFrame) -> str:
    console = Console(highlight=False)
    with console.capture() as text:
        console.print(_view(frame))
    return text.get()


@contextmanager
def live(frame: TopFrame) -> Iterator[Callable[[TopFrame], None]]:
    """Show the frame on the terminal's other screen, and hand out what shows the next one."""
    with Live(_view(frame), screen=True, auto_refresh=False) as shown:
        shown.refresh()
        yield lambda next_frame: shown.update(_view(next_frame), refresh=True)


def _view(frame: TopFrame) -> RenderableType:
    parts: list[RenderableType] = [_totals(frame), _text(frame.problem, "red"), _queues(frame)]
    if frame.workers:
        parts += ["", _workers(frame)]
    if frame.running:
        parts += ["", _running(frame)]
    return Group(*parts)


def _totals(frame: TopFrame) -> Text:
    stats = frame.stats
    slots, busy = sum(each.concurrency for each in frame.workers), sum(len(each.running) for each in frame.workers)
    text = Text(f"{frame.now:%H:%M:%S} UTC", "dim")
    for name in ("pending", "running", "completed", "failed", "cancelled"):
        number = getattr(stats, name)
        text.append(f"   {name} ", "dim").append(f"{number:,}", STATE_STYLES.get(name, "bold") if number else "dim")
    return text.append(f"   slots {busy} of {slots}", "dim")


def _queues(frame: TopFrame) -> Table:
    table = _table("queue", "pending", "running", "failed", "ends/s", "oldest due", "")
    explained = {each.queue: each for each in frame.explained}
    for queue in sorted({*frame.stats.by_queue, *explained}):
        counts = frame.stats.by_queue.get(queue)
        waited, rate, why = frame.longest_wait(queue), frame.rates.get(queue), explained.get(queue)
        is_still = why is not None and not why.is_moving
        table.add_row(
            _text(queue, "bold"),
            f"{counts.pending:,}" if counts else "0",
            Text(f"{counts.running:,}", "cyan") if counts and counts.running else "0",
            Text(f"{counts.failed:,}", "red") if counts and counts.failed else "0",
            "" if rate is None else f"{rate:.1f}",
            "" if waited is None else duration(waited),
            _text(why.sentence, "yellow") if why is not None and is_still else "",
        )
    return table


def _workers(frame: TopFrame) -> Table:
    table = _table("worker", "host", "slots", "busy", "up", "")
    for worker in frame.workers:
        table.add_row(
            _text(worker.id, "bold"),
            _text(worker.host),
            f"{len(worker.running)}/{worker.concurrency}",
            _bar(len(worker.running) / max(1, worker.concurrency)),
            duration((frame.now - worker.started_at).total_seconds()),
            _mood(worker),
        )
    return table


def _mood(worker: WorkerInfo) -> Text:
    if worker.is_lost:
        return Text(f"not heard of for {duration(worker.silent_for)}", "red")
    return Text("") if worker.state is WorkerState.RUNNING else Text(worker.state, "yellow")


def _running(frame: TopFrame) -> Table:
    table = _table("running task", "type", "queue", "attempt", "for", "progress", "")
    for task in sorted(frame.running, key=lambda task: task.started_at or frame.now):
        table.add_row(
            task.id[-8:],
            _text(task.type, "bold"),
            _text(task.queue),
            str(task.attempt),
            duration((frame.now - (task.started_at or frame.now)).total_seconds()),
            _bar(task.progress) if task.progress is not None else "",
            _text(_note(task), "dim"),
        )
    return table


def _note(task: Task) -> str:
    return "cancel requested" if task.is_cancel_requested else task.progress_note or ""


def _bar(share: float) -> Text:
    full = round(_BAR * min(1.0, max(0.0, share)))
    return Text("━" * full, "cyan").append("━" * (_BAR - full), "bright_black")


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text), style, no_wrap=True, overflow="ellipsis")


def _table(*columns: str) -> Table:
    """The last column has no title, and what room is left."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=False)
    for column in columns:
        is_number = column in _NUMBERS
        # rich takes room from columns that may wrap before it cuts a name short: that is the last one.
        table.add_column(column, justify="right" if is_number else "left", no_wrap=column != "")
    return table
