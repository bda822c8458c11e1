from __future__ import annotations

import pytest

from backstage.app.list_pauses import ListPauses
from backstage.app.pause_queue import PauseQueue
from backstage.app.pause_type import PauseType
from backstage.app.resume_queue import ResumeQueue
from backstage.app.resume_type import ResumeType
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.ports.queue_control import Pause


async def test_pauses_are_listed_until_they_are_resumed(scene):
    control = scene.backend.control
    assert await PauseType(control)("email:send") is True
    assert await PauseQueue(control)("mail") is True
    since = scene.clock.now()
    assert await ListPauses(control)() == [Pause("queue", "mail", since), Pause("type", "email:send", since)]
    assert await ResumeQueue(control)("mail") is True
    assert await ResumeType(control)("email:send") is True
    assert await ListPauses(control)() == []


@pytest.mark.parametrize(("pause", "resume"), [(PauseQueue, ResumeQueue), (PauseType, ResumeType)])
async def test_doing_it_again_changes_nothing(scene, pause, resume):
    control = scene.backend.control
    assert await resume(control)("mail") is False
    await pause(control)("mail")
    assert await pause(control)("mail") is False


@pytest.mark.parametrize(
    ("use_case", "field"), [(PauseQueue, "queue"), (ResumeQueue, "queue"), (PauseType, "type"), (ResumeType, "type")]
)
async def test_a_name_that_is_none_is_refused(scene, use_case, field):
    with pytest.raises(InvalidTaskDataError) as caught:
        await use_case(scene.backend.control)("not a name")
    assert caught.value.fields[0].field == field


async def test_who_paused_it_and_why_is_told_in_one_line_each(scene):
    control = scene.backend.control
    await PauseQueue(control)("mail", reason=" provider \n down ", by="ops\nteam")
    await PauseType(control)("email:send", reason="  ", by="")
    since = scene.clock.now()
    assert await ListPauses(control)() == [
        Pause("queue", "mail", since, "ops team", "provider down"),
        Pause("type", "email:send", since),
    ]


@pytest.mark.parametrize("reason", ["x" * 501, "a\0b", "\ud800", 5])
async def test_a_reason_that_no_store_can_keep_is_refused(scene, reason):
    for pause in (PauseQueue, PauseType):
        with pytest.raises(InvalidTaskDataError) as caught:
            await pause(scene.backend.control)("mail", reason=reason)
        assert caught.value.fields[0].field == "reason"
    assert await ListPauses(scene.backend.control)() == []
