"""A pause that an earlier release makes, which knows neither who nor why, is told as it is."""

from __future__ import annotations

from backstage.conformance.scheduling import nightly
from backstage.conformance.trial import Trial
from backstage.domain.ports.queue_control import Pause
from backstage.domain.schedule import Schedule
from backstage.infra.moments import to_micros
from tests.infra.postgres.test_columns import rows_of


async def test_a_queue_that_an_earlier_release_paused_again_shows_no_note_of_before(trial: Trial, url: str) -> None:
    await trial.control.pause("queue", "mail", by="ops", reason="provider down")
    trial.clock.advance(5)
    since = to_micros(trial.clock.now())
    await rows_of(url, "DELETE FROM backstage_pauses")
    await rows_of(url, "INSERT INTO backstage_pauses (kind, name, since) VALUES ('queue', 'mail', $1)", since)
    assert await trial.control.paused() == [Pause("queue", "mail", trial.clock.now())]


async def test_a_schedule_that_an_earlier_release_paused_again_shows_no_note_of_before(trial: Trial, url: str) -> None:
    await trial.schedules.put(nightly())
    await trial.schedules.pause("nightly", by="ops", reason="provider down")
    trial.clock.advance(5)
    last_tick = to_micros(trial.clock.now())
    await rows_of(url, "UPDATE backstage_schedules SET is_paused = false, last_tick = $1", last_tick)
    await rows_of(url, "UPDATE backstage_schedules SET is_paused = true")
    for found in (await trial.schedules.find("nightly"), *await trial.schedules.all()):
        assert isinstance(found, Schedule)
        assert (found.is_paused, found.last_tick, found.pause) == (True, trial.clock.now(), None)
