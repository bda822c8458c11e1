"""Where the threads and asyncio tasks of one worker stand."""

from __future__ import annotations

from starlette.responses import Response

from backstage.domain.errors import WorkerNotFoundError
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import WorkerStacks
from backstage.pages.problem_page import not_allowed
from backstage.pages.visit import Visit


async def worker_stacks_page(visit: Visit) -> Response:
    """A GET asks nothing of the worker, so that no browser does by looking ahead."""
    if not visit.may("operator"):
        return not_allowed(visit, "operator")
    worker = worker_of(visit, visit.request.path_params["id"])
    stacks: WorkerStacks | None = None
    was_asked = visit.request.method == "POST"
    if was_asked:
        stacks = await visit.use_cases.get_worker_stacks(worker.id)
    return visit.render(
        "worker_stacks.html",
        cur="Workers",
        title=f"Stacks of {worker.id}",
        worker=worker,
        stacks=stacks,
        was_asked=was_asked,
    )


def worker_of(visit: Visit, worker_id: str) -> WorkerInfo:
    """Raises WorkerNotFoundError for one that was not alive lately."""
    for worker in visit.shell.workers:
        if worker.id == worker_id:
            return worker
    raise WorkerNotFoundError(worker_id)
