from __future__ import annotations

import asyncio
from typing import Any

from backstage.domain.failure import text_of
from backstage.worker.handling import forked_child
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.middleware import Run


class HandlerCrashed(Exception):
    """A handler tried to end its worker (SystemExit, KeyboardInterrupt, …); only its attempt failed."""


def crashed(error: BaseException) -> HandlerCrashed:
    crash = HandlerCrashed(f"the handler raised {type(error).__name__}: {text_of(error)}")
    crash.__cause__ = error
    return crash


def recovery(run: Run) -> Run:
    """Turn what would end the worker into a failure of the attempt."""

    async def recovered(context: TaskContext) -> Any:
        forks = forked_child.forks
        try:
            return await run(context)
        except (Exception, asyncio.CancelledError):
            raise
        except BaseException as error:
            raise crashed(error) from error
        finally:
            if forked_child.forks != forks:
                forked_child.end_forked()

    return recovered
