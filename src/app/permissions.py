"""Who may use which use case, and what the audit log tells of it. Every use case has one line here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.identity import Role
from backstage.domain.payload_terms import without_payload_values

if TYPE_CHECKING:
    from backstage.app.use_cases import UseCases

Told = Callable[[Mapping[str, Any], Any], str]
"""Returns the target of a call, from its arguments by name and its answer, which is None before it was done."""


def _nothing(arguments: Mapping[str, Any], answer: Any) -> str:
    return ""


def _one(answer: Any) -> int:
    return 1


def _none(answer: Any) -> int:
    return 0


def _as_many(answer: Any) -> int:
    """The answer is the number, or one item for each task."""
    return answer if isinstance(answer, int) else len(answer)


def _enqueued(answer: Any) -> int:
    """A Duplicate and None stand for tasks that were not stored."""
    answers = answer if isinstance(answer, list) else [answer]
    return sum(hasattr(each, "payload_json") for each in answers)


def _argument(name: str) -> Told:
    def told(arguments: Mapping[str, Any], answer: Any) -> str:
        value = arguments.get(name)
        return "" if value is None else str(value)

    return told


def _id_of_answer(arguments: Mapping[str, Any], answer: Any) -> str:
    return str(getattr(answer, "id", ""))


def _name_of_answer(arguments: Mapping[str, Any], answer: Any) -> str:
    return str(getattr(answer, "name", ""))


def _name_of_cron(arguments: Mapping[str, Any], answer: Any) -> str:
    return str(arguments["cron"].name)


def _role_for_action(arguments: Mapping[str, Any]) -> Role:
    """What is deleted cannot be had again."""
    return Role.ADMIN if arguments["action"].kind == "prune" else Role.OPERATOR


def _new_token(arguments: Mapping[str, Any], answer: Any) -> str:
    return "" if answer is None else str(answer.token.id)


def _what_in_bulk(arguments: Mapping[str, Any], answer: Any) -> str:
    """An audit log holds no payload, and so no value that somebody looks for in payloads."""
    if answer is None:
        return str(next(iter(arguments.values()), ""))
    return f"{answer.action} {without_payload_values(answer.query)}"


def _total(answer: Any) -> int:
    return int(answer.total)


async def _role_of_plan(use_cases: UseCases, arguments: Mapping[str, Any]) -> Role:
    """Whoever may not delete tasks may not start what somebody else has planned either."""
    return _role_for_action({"action": (await use_cases.get_bulk(arguments["digest"])).action})


@dataclass(frozen=True, slots=True)
class Permission:
    """`role` is the least one that may call it; None: nobody but the program itself."""

    role: Role | None
    is_audited: bool = False
    target: Told = _nothing
    tasks: Callable[[Any], int] = _none
    """How many tasks the call has changed, from its answer."""
    is_told_first: bool = False
    """Whether the audit log has it before it is done, so that nothing is changed of which the log knows nothing."""
    answers_payload: bool = False
    """Whether the answer is itself what a handler was given or has returned."""
    is_search: bool = False
    """Whether its arguments may ask for values in payloads."""
    takes_back_args: bool = False
    """Whether whoever does not see the args of a schedule hands it back without them."""
    signed_as: str | None = None
    """The argument that says who asks: the name of the identity, whatever the caller says."""
    role_for: Callable[[Mapping[str, Any]], Role] | None = None
    """The least role that may call it with those arguments, where that is more."""
    role_of: Callable[[UseCases, Mapping[str, Any]], Awaitable[Role]] | None = None
    """The same, where the store has to be asked."""


_LOOK = Permission(Role.VIEWER)
_LOOK_AT_PAYLOAD = Permission(Role.VIEWER, answers_payload=True)
_SEARCH = Permission(Role.VIEWER, is_search=True)
_OF_THE_PROGRAM = Permission(None)


def _may(role: Role, target: Told = _nothing, tasks: Callable[[Any], int] = _none) -> Permission:
    return Permission(role, is_audited=True, target=target, tasks=tasks, is_told_first=True)


def _adds(role: Role, target: Told = _nothing, tasks: Callable[[Any], int] = _enqueued) -> Permission:
    """What it adds is a trace by itself, and programs call it often: it is told afterwards alone."""
    return Permission(role, is_audited=True, target=target, tasks=tasks)


_PAUSE = Permission(Role.OPERATOR, is_audited=True, target=_argument("name"), is_told_first=True, signed_as="by")

PERMISSIONS: Mapping[str, Permission] = {
    "enqueue": _adds(Role.OPERATOR, _id_of_answer),
    "enqueue_task": _adds(Role.OPERATOR, _id_of_answer),
    "enqueue_tasks": _adds(Role.OPERATOR),
    "enqueue_many": _adds(Role.OPERATOR),
    "enqueue_parts": _OF_THE_PROGRAM,
    "chain_task": _OF_THE_PROGRAM,
    "copy_task": _adds(Role.OPERATOR, _argument("task_id")),
    "cancel_task": _may(Role.OPERATOR, _argument("task_id"), _one),
    "change_priority": _may(Role.OPERATOR, _argument("task_id"), _one),
    "move_to_queue": _may(Role.OPERATOR, _argument("task_id"), _one),
    "delete_task": _may(Role.ADMIN, _argument("task_id"), _one),
    "retry_task": _may(Role.OPERATOR, _argument("task_id"), _one),
    "get_task": _LOOK,
    "result": _LOOK_AT_PAYLOAD,
    "results": _LOOK_AT_PAYLOAD,
    "as_completed": _LOOK,
    "call": Permission(Role.OPERATOR, is_audited=True, tasks=_one, answers_payload=True),
    "follow": _LOOK,
    "get_logs": _LOOK,
    "get_attempts": _LOOK,
    "find_tasks": _LOOK,
    "get_task_stats": _LOOK,
    "get_oldest_due": _LOOK,
    "count_later": _LOOK,
    "get_known_names": _LOOK,
    "get_history": _LOOK,
    "get_rates": _LOOK,
    "get_scale": _LOOK,
    "list_failure_groups": _LOOK,
    "mute_failure_group": _may(Role.OPERATOR, _argument("fingerprint")),
    "unmute_failure_group": _may(Role.OPERATOR, _argument("fingerprint")),
    "note_failure_group": _may(Role.OPERATOR, _argument("fingerprint")),
    "search_tasks": _SEARCH,
    "count_tasks": _SEARCH,
    "complete_query": _SEARCH,
    "plan_bulk": Permission(Role.OPERATOR, is_search=True, role_for=_role_for_action),
    "start_bulk": Permission(
        Role.OPERATOR, is_audited=True, target=_what_in_bulk, tasks=_total, is_told_first=True, role_of=_role_of_plan
    ),
    "get_bulk": _LOOK,
    "list_bulk": _LOOK,
    "stop_bulk": _may(Role.OPERATOR, _what_in_bulk),
    "run_bulk": _adds(Role.OPERATOR, _argument("operation_id"), _none),
    "change_for_bulk": _OF_THE_PROGRAM,
    "carry_on_bulk": _OF_THE_PROGRAM,
    "find_task_id": _LOOK,
    "list_ended": _LOOK,
    "check_deploy": _LOOK,
    "find_unserved": _LOOK,
    "explain": _LOOK,
    "explain_queues": _LOOK,
    "explain_queue": _LOOK,
    "list_workers": _LOOK,
    "quiet_worker": _may(Role.OPERATOR, _id_of_answer),
    "resume_worker": _may(Role.OPERATOR, _id_of_answer),
    "stop_worker": _may(Role.OPERATOR, _id_of_answer),
    "get_worker_stacks": _may(Role.OPERATOR, _argument("worker_id")),
    "list_type_definitions": _LOOK,
    "prune_tasks": _may(Role.ADMIN, tasks=_as_many),
    "cleanup_old_tasks": _may(Role.ADMIN, tasks=_as_many),
    "replay_dead_letters": _may(Role.OPERATOR, _argument("queue"), _as_many),
    "purge_dead_letters": _may(Role.ADMIN, _argument("queue"), _as_many),
    "pause_queue": _PAUSE,
    "resume_queue": _may(Role.OPERATOR, _argument("name")),
    "pause_type": _PAUSE,
    "resume_type": _may(Role.OPERATOR, _argument("name")),
    "list_pauses": _LOOK,
    "send_broadcast": _may(Role.OPERATOR, _argument("name")),
    "subscribe": _may(Role.ADMIN, _argument("name")),
    "unsubscribe": _may(Role.ADMIN, _argument("name"), _as_many),
    "list_subscriptions": _LOOK,
    "cancel_deliveries": _may(Role.ADMIN, _argument("name"), _as_many),
    "put_schedule": Permission(
        Role.ADMIN, is_audited=True, target=_name_of_cron, is_told_first=True, takes_back_args=True
    ),
    "schedule": _may(Role.ADMIN, _name_of_answer),
    "get_schedule": _LOOK,
    "list_schedules": _LOOK,
    "list_unreadable_schedules": _LOOK,
    "pause_schedule": _PAUSE,
    "resume_schedule": _may(Role.OPERATOR, _argument("name")),
    "delete_schedule": _may(Role.ADMIN, _argument("name")),
    "run_schedule_now": _adds(Role.OPERATOR, _argument("name")),
    "fire_schedule": _OF_THE_PROGRAM,
    "fire_schedules": _OF_THE_PROGRAM,
    "plan_transfer": Permission(Role.ADMIN),
    "transfer_tasks": _may(Role.ADMIN, tasks=lambda answer: int(answer.new)),
    "create_token": _may(Role.ADMIN, _new_token),
    "list_tokens": Permission(Role.ADMIN),
    "revoke_token": _may(Role.ADMIN, _argument("token_id")),
    "authenticate": _OF_THE_PROGRAM,
    "record_audit": _OF_THE_PROGRAM,
    "list_audit": Permission(Role.ADMIN),
    "diagnose": Permission(Role.OPERATOR),
    "get_configuration": Permission(Role.ADMIN),
}
