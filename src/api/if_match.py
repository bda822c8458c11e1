from __future__ import annotations

from starlette.exceptions import HTTPException

from backstage.app.guarded_use_cases import GuardedUseCases


async def check_version(asked: GuardedUseCases, task_id: str, if_match: str | None) -> None:
    """Raise HTTPException 412 unless the task has the version that the header `If-Match` names.

    It is looked at before the move, which the store guards by the version that it read itself: a change in between is
    rare, and the move is still a legal one.
    """
    if if_match is None or if_match.strip() == "*":
        return
    version = (await asked.get_task(task_id)).version
    if f'"{version}"' not in [tag.strip() for tag in if_match.split(",")]:
        raise HTTPException(412, f"the task has changed: its version is {version} now, load it again")
