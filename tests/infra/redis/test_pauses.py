"""A pause that an earlier release makes, which knows neither who nor why, is told as it is."""

from __future__ import annotations

import redis

from backstage.conformance.scheduling import nightly
from backstage.conformance.trial import Trial
from backstage.domain.ports.queue_control import Pause
from backstage.domain.schedule import Schedule
from backstage.infra.moments import to_micros


async def test_a_queue_that_an_earlier_release_paused_again_shows_no_note_of_before(
    trial: Trial, server: redis.Redis, prefix: str
) -> None:
    await trial.control.pause("queue", "mail", by="ops", reason="provider down")
    trial.clock.advance(5)
    since = to_micros(trial.clock.now())
    server.hset(f"{{{prefix}}}:pauses", "queue:mail", str(since))
    assert await trial.control.paused() == [Pause("queue", "mail", trial.clock.now())]


async def test_a_schedule_that_an_earlier_release_paused_again_shows_no_note_of_before(
    trial: Trial, server: redis.Redis, prefix: str
) -> None:
    await trial.schedules.put(nightly())
    await trial.schedules.pause("nightly", by="ops", reason="provider down")
    trial.clock.advance(5)
    last_tick = to_micros(trial.clock.now())
    key = f"{{{prefix}:default}}:schedules"
    document = str(server.hget(key, "nightly")).split(" ", 2)[2]
    server.hset(key, "nightly", f"{last_tick} p {document}")
    for found in (await trial.schedules.find("nightly"), *await trial.schedules.all()):
        assert isinstance(found, Schedule)
        assert (found.is_paused, found.last_tick, found.pause) == (True, trial.clock.now(), None)


async def test_a_note_that_somebody_else_has_spoilt_hides_no_pause(
    trial: Trial, server: redis.Redis, prefix: str
) -> None:
    await trial.control.pause("queue", "mail", by="ops", reason="provider down")
    server.hset(f"{{{prefix}}}:notes", "queue:mail", "rubbish")
    server.hset(f"{{{prefix}}}:notes", "type:a", "5 {}")
    assert await trial.control.paused() == [Pause("queue", "mail", trial.clock.now())]
