"""Deleting what need not be kept, now."""

from __future__ import annotations

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.retention import Retention
from backstage.pages.action import Action, Question
from backstage.pages.figures import counted
from backstage.pages.keeping_words import kept
from backstage.pages.said import Said
from backstage.pages.visit import Visit


async def _retentions(visit: Visit) -> tuple[Retention, ...]:
    retentions = (await visit.use_cases.get_configuration()).retentions
    if not retentions:
        raise InvalidTaskDataError.of("retention", "every ended task is kept for ever here, so there is none to delete")
    return retentions


async def _ask_prune(visit: Visit) -> Question:
    rules = "; ".join(f"{state} {sentences[0]}" for state, sentences in kept(await _retentions(visit)))
    return Question(
        title="Delete now what need not be kept?",
        consequence=f"Kept are {rules}. The rest of the ended tasks goes, with results and attempts, as workers delete "
        "it every minute; of many tasks that takes a while. This cannot be undone.",
        button="Delete the rest",
        keep="Keep them",
        command="backstage prune",
        is_destructive=True,
        to_type="delete",
        back="/system",
    )


async def _prune(visit: Visit) -> Said:
    deleted = await visit.use_cases.prune_tasks(await _retentions(visit))
    return Said(f"Deleted {counted(deleted, 'task')}" if deleted else "There was nothing to delete")


SYSTEM_ACTIONS = {"prune": Action(ask=_ask_prune, do=_prune, role="admin")}
