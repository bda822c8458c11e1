"""`backstage enqueue -`: many tasks from standard input."""

from __future__ import annotations

import os
import re
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from backstage.app.enqueue_task import EnqueueTask
from backstage.app.enqueue_tasks import EnqueueMany
from backstage.cli.command_parser import DONE, INTERRUPTED, REFUSED
from backstage.cli.input_lines import Line, LineTooLongError, batches
from backstage.cli.store import opened_store
from backstage.cli.task_line import parse_line
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import DuplicateTaskError, InvalidTaskDataError, StorageError
from backstage.domain.task import Task
from backstage.infra.printable import printable

_PLACE = re.compile(r"tasks\[(\d+)\]\.")


async def enqueue_lines(url: str | None, *, is_quiet: bool) -> int:
    """Store a task per line, a batch of lines in one atomic step; print the ids, or quietly how many there were.

    Every line of a batch is checked before the batch is stored. The first that is wrong ends the command: nothing
    of its batch is stored, and the error says how many lines before it were. A duplicate is named and passed over.
    Ctrl-C ends it after the batch that is being stored, and it says the same.
    """
    interrupt = _Interrupt()
    source = sys.stdin.fileno()
    stored = refused = done = 0
    async with opened_store(url) as store:
        enqueue = store.enqueue_tasks
        with _progress(source, is_quiet) as advance:
            try:
                for lines in batches(source):
                    with interrupt.held():
                        answers = await _store(enqueue, lines)
                        new = [answer.id for answer in answers if isinstance(answer, Task)]
                        stored, refused = stored + len(new), refused + len(answers) - len(new)
                        done = lines[-1].number
                        if not is_quiet:
                            sys.stdout.write("".join(f"{task_id}\n" for task_id in new))
                            sys.stdout.flush()
                        advance(sum(len(line.text) + 1 for line in lines), stored)
            except KeyboardInterrupt:
                _say(f"interrupted; {_stored_before(done, stored)}")
                return INTERRUPTED
            except (InvalidTaskDataError, LineTooLongError, StorageError) as error:
                _say(f"{error}; {_stored_before(done, stored)}")
                return REFUSED
    if is_quiet:
        print(stored)
    return REFUSED if refused else DONE


class _Interrupt:
    """SIGINT as KeyboardInterrupt: at once while lines are read, and after the batch while one is stored.

    asyncio would only ask this task to end at its next await, and a read from a terminal or a pipe is none.
    """

    def __init__(self) -> None:
        self._is_held = self._is_asked = False
        with suppress(ValueError):  # not the main thread: no signal gets here anyway
            signal.signal(signal.SIGINT, self._on_signal)

    @contextmanager
    def held(self) -> Iterator[None]:
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        if self._is_asked:
            raise KeyboardInterrupt

    def _on_signal(self, *_: object) -> None:
        if not self._is_held or self._is_asked:  # a second one does not wait
            raise KeyboardInterrupt
        self._is_asked = True


async def _store(enqueue: EnqueueMany, lines: list[Line]) -> list[Task | Duplicate]:
    try:
        answers = await enqueue([_request(line) for line in lines])
    except InvalidTaskDataError as error:
        raise _with_line_number(error, lines) from None
    for line, answer in zip(lines, answers, strict=True):
        if isinstance(answer, Duplicate):
            _say(f"line {line.number}: {DuplicateTaskError(answer.key, answer.holder_id)}")
    return answers


def _request(line: Line) -> EnqueueTask:
    try:
        return parse_line(line.text)
    except InvalidTaskDataError as error:
        raise InvalidTaskDataError.of(f"line {line.number}", str(error).removeprefix("line: ")) from None


def _with_line_number(error: InvalidTaskDataError, lines: list[Line]) -> InvalidTaskDataError:
    message = str(error)
    place = _PLACE.match(message)
    if place is None:
        return error
    return InvalidTaskDataError.of(f"line {lines[int(place[1])].number}", message[place.end() :])


def _stored_before(line: int, stored: int) -> str:
    if not line:
        return "nothing was stored"
    return f"stored {stored} task{'' if stored == 1 else 's'} from lines 1 to {line}, and nothing after that"


def _say(problem: str) -> None:
    print(f"backstage: {printable(problem)}", file=sys.stderr)


@contextmanager
def _progress(source: int, is_quiet: bool) -> Iterator[Callable[[int, int], object]]:
    """Give a function that shows the bytes read and the tasks stored; a bar, where no ids would run through it."""
    if not sys.stderr.isatty() or (sys.stdout.isatty() and not is_quiet):
        yield lambda size, stored: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where a bar is shown
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    found = os.fstat(source)
    columns = (BarColumn(), TextColumn("{task.fields[stored]:,} tasks stored"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        shown = bar.add_task("", total=found.st_size if stat.S_ISREG(found.st_mode) else None, stored=0)
        yield lambda size, stored: bar.update(shown, advance=size, stored=stored)
