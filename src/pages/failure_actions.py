"""Muting a group of failures, and keeping a note with it."""

from __future__ import annotations

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.failure_group import MAX_NOTE, FailureGroup
from backstage.pages.action import Action, AskedField, Question
from backstage.pages.said import Said
from backstage.pages.time_range import RANGES
from backstage.pages.visit import Visit


async def _group(visit: Visit) -> FailureGroup:
    for group in await visit.use_cases.list_failure_groups(visit.now - RANGES["30d"], limit=200):
        if group.fingerprint == visit.given("group"):
            return group
    raise InvalidTaskDataError.of("group", "there is no such group of failures any more")


async def _ask_mute(visit: Visit) -> Question:
    group = await _group(visit)
    return Question(
        title=f"Mute {group.error} in {group.task_type}?",
        consequence="It stands last in the list and needs no attention any more. It is counted all the same.",
        button="Mute it",
        keep="Leave it",
        back="/failures",
    )


async def _mute(visit: Visit) -> Said:
    group = await _group(visit)
    await visit.use_cases.mute_failure_group(group.fingerprint)
    undo = visit.href("/act/unmute", group=group.fingerprint).removeprefix(visit.root)
    return Said(f"Muted {group.error} in {group.task_type}", undo=undo)


async def _ask_note(visit: Visit) -> Question:
    group = await _group(visit)
    return Question(
        title=f"A note on {group.error} in {group.task_type}",
        consequence="Whoever looks at this failure next reads it: who mends it, where the ticket is.",
        button="Keep the note",
        keep="Leave it",
        fields=(AskedField("note", "Note", group.note or "", is_optional=True, longest=MAX_NOTE),),
        back=f"/failures?open={group.fingerprint}",
    )


async def _note(visit: Visit) -> Said:
    await visit.use_cases.note_failure_group((await _group(visit)).fingerprint, visit.given("note").strip())
    return Said("Kept the note")


async def _ask_unmute(visit: Visit) -> Question:
    group = await _group(visit)
    return Question(
        title=f"Listen to {group.error} in {group.task_type} again?",
        consequence="It needs attention again.",
        button="Listen to it",
        keep="Leave it muted",
        back="/failures",
    )


async def _unmute(visit: Visit) -> Said:
    group = await _group(visit)
    await visit.use_cases.unmute_failure_group(group.fingerprint)
    undo = visit.href("/act/mute", group=group.fingerprint).removeprefix(visit.root)
    return Said(f"Listening to {group.error} in {group.task_type} again", undo=undo)


FAILURE_ACTIONS = {
    "mute": Action(ask=_ask_mute, do=_mute),
    "unmute": Action(ask=_ask_unmute, do=_unmute),
    "note": Action(ask=_ask_note, do=_note),
}
