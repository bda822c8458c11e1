from __future__ import annotations

from fastapi import Request

from backstage.api.admission import Admission
from backstage.api.refusal import Refusal
from backstage.api.requests import NewTask
from backstage.domain.task import Task


async def check_same_task(request: Request, body: NewTask, key: str) -> None:
    """Raise Refusal 422 unless the task of that id is the one that the body asks for.

    The payload is compared for those too who may not read it: they know what they send.
    """
    admission: Admission = request.app.state.admission
    task = await admission.container_of(request).get_task(key)
    others = [name for name, value in _known_of(task).items() if value != getattr(body, name)]
    if others:
        detail = f"the Idempotency-Key is the id of a task with another {' and '.join(others)}: take a new UUID"
        raise Refusal(422, "idempotency-key-reused", detail)


def _known_of(task: Task) -> dict[str, object]:
    return {name: getattr(task, name) for name in ("type", "payload_version", "queue", "payload")}
