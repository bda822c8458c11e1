from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from backstage.conformance import choices
from backstage.conformance.backend_suite import Connect
from backstage.conformance.schedule_model import ScheduleModel
from backstage.conformance.store_machine import StoreMachine, one_of
from backstage.domain.cron_task import CronTask
from backstage.domain.schedule import Schedule


class ScheduleSteps(StoreMachine):
    """Steps with schedules: each is answered as the model answers, and then the schedules are the model's."""

    def __init__(self, connect: Connect, processes: int = 1) -> None:
        super().__init__(connect, processes)
        self.schedule_model = ScheduleModel(self.model, self.clock)
        self.read: list[Schedule] = []
        """Schedules as a scheduler read them; most have ticked since."""

    @rule(name=choices.schedules, expression=st.sampled_from(["* * * * *", "0 3 * * *"]))
    def put_schedule(self, name: str, expression: str) -> None:
        cron = CronTask(expression, "a", queue=choices.QUEUE_OF_SCHEDULE[name], name=name)
        put = self.run(self.trial.schedules.put(cron))
        assert put == self.schedule_model.put(cron)
        self.read_all_schedules()

    @precondition(lambda self: self.schedule_model.schedules)
    @rule(name=choices.schedules, step=st.sampled_from(["pause", "resume", "resume", "delete"]))
    def steer_schedule(self, name: str, step: str) -> None:
        expected = getattr(self.schedule_model, step)(name)
        assert self.run(getattr(self.trial.schedules, step)(name)) == expected
        self.read_all_schedules()

    @precondition(lambda self: self.read)
    @rule(pick=choices.picks, seconds=st.sampled_from([1, 60]), batch=st.lists(choices.task_fields, max_size=2))
    def fire(self, pick: int, seconds: int, batch: list[dict[str, Any]]) -> None:
        self.clock.advance(seconds)
        schedule, until = one_of(self.read[-4:], pick), self.clock.now()
        tasks = [self.new_task(**(fields | {"queue": schedule.cron.queue})) for fields in batch]
        fired = self.run(self.trial.schedules.fire(schedule, until, tasks))
        assert fired == self.schedule_model.fire(schedule, until, tasks)
        self.read_all_schedules()

    def read_all_schedules(self) -> None:
        schedules = self.run(self.trial.schedules.all())
        assert schedules == self.schedule_model.all()
        self.read += [each for each in schedules if isinstance(each, Schedule)]
