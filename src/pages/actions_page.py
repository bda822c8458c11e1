"""Asks before an action is done, and does it when the answer is yes."""

from __future__ import annotations

from starlette.responses import Response

from backstage.pages.action import Action, Question
from backstage.pages.bulk_actions import BULK_ACTIONS
from backstage.pages.failure_actions import FAILURE_ACTIONS
from backstage.pages.problem_page import no_such_page, not_allowed
from backstage.pages.queue_actions import QUEUE_ACTIONS
from backstage.pages.schedule_actions import SCHEDULE_ACTIONS
from backstage.pages.system_actions import SYSTEM_ACTIONS
from backstage.pages.task_actions import TASK_ACTIONS
from backstage.pages.token_actions import TOKEN_ACTIONS
from backstage.pages.visit import Visit
from backstage.pages.waiting_actions import WAITING_ACTIONS
from backstage.pages.worker_actions import WORKER_ACTIONS

ACTIONS: dict[str, Action] = {
    **TASK_ACTIONS,
    **BULK_ACTIONS,
    **WAITING_ACTIONS,
    **QUEUE_ACTIONS,
    **SCHEDULE_ACTIONS,
    **FAILURE_ACTIONS,
    **TOKEN_ACTIONS,
    **SYSTEM_ACTIONS,
    **WORKER_ACTIONS,
}
_OURS = frozenset({"csrf", "typed", "back"})


async def action_page(visit: Visit) -> Response:
    action = ACTIONS.get(visit.request.path_params["action"])
    if action is None:
        return no_such_page(visit)
    if not visit.may(action.role):
        return not_allowed(visit, action.role)
    question = await action.ask(visit)
    if visit.request.method == "GET":
        return _asked(visit, question)
    if question.to_type is not None and visit.given("typed").strip() != question.to_type:
        return _asked(visit, question, f"Type {question.to_type} to go on.")
    said = await action.do(visit)
    return visit.redirect(visit.root + _back(visit, question), said)


def _back(visit: Visit, question: Question) -> str:
    back = visit.given("back")
    return back if back.startswith("/") and not back.startswith(("//", "/\\")) else question.back


def _asked(visit: Visit, question: Question, problem: str | None = None) -> Response:
    ours = _OURS | {field.name for field in question.fields}
    subject = [(name, value) for name, values in visit.form.items() if name not in ours for value in values]
    return visit.render(
        "question_part.html" if visit.is_part else "question.html",
        status=200 if problem is None else 422,
        cur="",
        title=question.title,
        question=question,
        subject=subject,
        action=visit.href(visit.path),
        back=_back(visit, question),
        problem=problem,
    )
