"""A handler within recovery and timeout alone, all in one coroutine: most handlers have no other middleware, and a
coroutine for each layer costs a short run more than what the layers do."""

from __future__ import annotations

import asyncio
from typing import Any

from backstage.worker.handling import forked_child
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.middleware import Run
from backstage.worker.middleware.deadlines import Deadlines
from backstage.worker.middleware.recovery import crashed
from backstage.worker.middleware.timeout import timed_out


def direct_run(handler: Run, layers: Run, deadlines: Deadlines) -> Run:
    """`layers` is the handler within the two middlewares, which this has to equal; it takes what is rare: a run with a
    soft timeout, or without a hard one."""

    async def run(context: TaskContext) -> Any:
        limits = context.limits
        if limits is None or limits.timeout is None or limits.soft_timeout is not None:
            return await layers(context)
        task = context.asyncio_task or asyncio.current_task()
        assert task is not None
        forks, cancelling = forked_child.forks, task.cancelling()
        hard = deadlines.start(limits.timeout, task.cancel)
        try:
            return await handler(context)
        except asyncio.CancelledError as error:
            if hard.has_passed and task.cancelling() - 1 <= cancelling:
                raise timed_out(limits.timeout) from error
            raise
        except Exception:
            raise
        except BaseException as error:
            raise crashed(error) from error
        finally:
            if hard.has_passed:
                task.uncancel()
            else:
                deadlines.end(hard)
            if forked_child.forks != forks:
                forked_child.end_forked()

    return run
