from __future__ import annotations

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import Trial
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState

EVERY_VERSION = frozenset({"a", "a@2", "a@3"})


class Versioning(BackendSuite):
    """Each version of a type's payload is claimed by itself; what names a type means all of its versions."""

    async def test_a_version_is_claimed_by_those_alone_who_name_it(self, trial: Trial) -> None:
        first, second = await trial.added(type="a"), await trial.added(type="a", payload_version=2)
        assert [task.id for task in await trial.claim(5, types=frozenset({"a"}))] == [first.id]
        assert await trial.claim(5, types=frozenset({"a@3", "b@2"})) == ()
        [claimed] = await trial.claim(5, types=frozenset({"b", "a@2"}))
        assert (claimed.id, claimed.type, claimed.payload_version) == (second.id, "a", 2)

    async def test_a_pause_of_a_type_stops_all_of_its_versions(self, trial: Trial) -> None:
        for version in (1, 2, 3):
            await trial.added(type="a", payload_version=version)
        await trial.control.pause("type", "a")
        assert await trial.claim(5, types=EVERY_VERSION) == ()
        assert await trial.claim(5, types=frozenset({"a@2"})) == ()
        assert await trial.queue.is_idle(EVERY_VERSION, None)
        await trial.control.resume("type", "a")
        assert not await trial.queue.is_idle(EVERY_VERSION, None)
        assert len(await trial.claim(5, types=EVERY_VERSION)) == 3

    async def test_finding_by_a_type_finds_all_of_its_versions(self, trial: Trial) -> None:
        asked = {
            "state": TaskQuery(type="a", states=frozenset({TaskState.PENDING})),
            "workflow": TaskQuery(type="a", workflow_id="w"),
            "correlation": TaskQuery(type="a", correlation_id="c"),
            "tag": TaskQuery(type="a", tag="t"),
            "key": TaskQuery(type="a", key="k"),
        }
        fields = {"workflow_id": "w", "correlation_id": "c", "tags": ("t",), "key": "k"}
        tasks = [await trial.added(type="a", payload_version=version, **fields) for version in (1, 2)]
        await trial.added(type="ab", **fields)
        for query in asked.values():
            assert list((await trial.tasks.find(query)).tasks) == tasks[::-1]
        [running] = await trial.claim(types=frozenset({"a@2"}))
        found = await trial.tasks.find(TaskQuery(type="a", states=frozenset({TaskState.RUNNING})))
        assert found.tasks == (running,)

    async def test_each_version_is_counted_by_itself_through_all_moves(self, trial: Trial) -> None:
        await trial.added(type="a")
        await trial.added(type="a", payload_version=3)
        assert [row.type for row in await trial.tasks.oldest_due()] == ["a", "a@3"]
        [claimed] = await trial.claim(types=frozenset({"a@3"}))
        await trial.settle(claimed.completed())
        assert await trial.tally() == {
            ("default", "a", TaskState.PENDING): (1, 0),
            ("default", "a@3", TaskState.COMPLETED): (1, 0),
        }

    async def test_a_retried_one_keeps_its_version(self, trial: Trial) -> None:
        await trial.added(type="a", payload_version=2)
        [claimed] = await trial.claim(types=frozenset({"a@2"}))
        await trial.settle(claimed.cancelled())
        cancelled = await trial.tasks.get(claimed.id)
        await trial.tasks.save(cancelled.retry(trial.clock.now()))
        [again] = await trial.claim(types=frozenset({"a@2"}))
        assert (again.id, again.payload_version) == (claimed.id, 2)
