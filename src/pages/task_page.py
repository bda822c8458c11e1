"""One task: why it is so, what happened, what it carries, and what can be done."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from backstage.domain.errors import AmbiguousIdError
from backstage.domain.fingerprint import fingerprint
from backstage.domain.shown_state import shown_state
from backstage.domain.task_state import TaskState
from backstage.pages.answer import answer_of
from backstage.pages.json_painting import painted_json
from backstage.pages.run_a_copy import copies_of
from backstage.pages.state_labels import LABELS
from backstage.pages.task_history import events_of, lifeline_of
from backstage.pages.traceback_frames import frames_of
from backstage.pages.visit import Visit

WHOLE_ID = 36
MOST_OF_A_CHAIN = 12
MOST_LINES = 200
_WARNINGS = frozenset({"warning", "error", "critical", "exception"})


async def task_page(visit: Visit) -> Response:
    task_id = visit.request.path_params["id"]
    if len(task_id) < WHOLE_ID:
        return await _by_part(visit, task_id)
    use_cases = visit.use_cases
    task, attempts, logs, definitions = await asyncio.gather(
        use_cases.get_task(task_id),
        use_cases.get_attempts(task_id),
        use_cases.get_logs(task_id),
        use_cases.list_type_definitions(),
    )
    chain = await use_cases.search_tasks(f"workflow:{task.workflow_id}", MOST_OF_A_CHAIN)
    explanation = await use_cases.explain(task_id) if task.state is TaskState.PENDING else None
    state = shown_state(task, visit.now)
    failure = task.last_failure if state != "completed" else None
    failed = [attempt for attempt in attempts if attempt.failure is not None]
    copies = copies_of(task, f"{visit.request.base_url}v1") if visit.may_read_payloads else {}
    return visit.render(
        "task.html",
        cur="Tasks",
        title=task.type,
        task=task,
        definition=next((each for each in definitions if each.type == task.type), None),
        state=state,
        label=LABELS[state],
        answer=answer_of(visit, task, attempts, explanation, state),
        events=events_of(task, attempts, state, visit.now),
        life=lifeline_of(task, attempts, visit.now),
        failure=failure,
        failed_attempt=failed[-1].number if failed else None,
        frames=frames_of(failure.traceback) if failure else None,
        is_raised=visit.asked("trace") == "raised",
        payload=painted_json(task.payload_json),
        result=None if task.result_json is None else painted_json(task.result_json),
        logs=[line for line in logs if visit.asked("log") != "warnings" or line.level in _WARNINGS][-MOST_LINES:],
        has_logs=bool(logs),
        chain=[(each, shown_state(each, visit.now)) for each in reversed(chain.tasks)],
        is_whole_chain=chain.next_after is None,
        group=fingerprint(task.type, failure).id if failure else None,
        copies=copies,
        form=visit.asked("form") if visit.asked("form") in copies else "CLI",
    )


async def _by_part(visit: Visit, part: str) -> Response:
    """Where some characters of an id were typed: to the task, or to those that have them."""
    try:
        return visit.redirect(visit.href(f"/tasks/{await visit.use_cases.find_task_id(part)}"))
    except AmbiguousIdError:
        return visit.redirect(visit.href("/tasks", q=f"id:{part}"))
