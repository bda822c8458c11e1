"""What a handler raises to say more than "it failed"."""

from __future__ import annotations

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import check_seconds


def waiting_time(delay: object) -> float:
    """Return `delay` as seconds from now. Below 0 is now: what "10:00 minus the time it is" gives at 10:01.

    Raises InvalidTaskDataError for NaN, for more than a hundred years and for what is no number.
    """
    is_past = isinstance(delay, (int, float)) and not isinstance(delay, bool) and delay < 0
    return 0.0 if is_past else check_seconds("delay", delay)


class RetryLater(Exception):
    """Raise it to run this task again in `delay` seconds, at once for a delay below 0. Uses up no attempt."""

    def __init__(self, delay: float, reason: str = "") -> None:
        self.delay = waiting_time(delay)
        super().__init__(reason or f"retry in {delay:g} s")


class GiveUp(Exception):
    """Raise it if this task can never succeed: it becomes a dead letter at once, whatever attempts are left."""


class EndAsCancelled(Exception):
    """This task is no longer wanted: end it as CANCELLED. Raised by `context.cancel()`."""


def delay_of(error: BaseException) -> float:
    """The delay of a RetryLater, which a subclass may have left out or set to anything.

    Raises InvalidTaskDataError, or what the error's own code raises.
    """
    try:
        return waiting_time(error.delay)  # type: ignore[attr-defined]
    except InvalidTaskDataError as unusable:
        raise unusable from error
    except AttributeError:
        problem = f"{type(error).__name__} has no delay: call super().__init__(delay) in its __init__"
        raise InvalidTaskDataError.of("delay", problem) from error
