from __future__ import annotations

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import Trial
from backstage.domain.backoff import Backoff
from backstage.domain.failure import Failure
from backstage.domain.payload import encode_payload
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.search_page import Counted, SearchPage
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_search import TaskSearch

_POLICY = RetryPolicy(backoff=Backoff.fixed(600))

QUERIES = (
    "",
    "state:pending",
    "state:scheduled",
    "state:retrying",
    "state:running",
    "state:failed",
    "state:failed state:cancelled",
    "-state:completed -state:scheduled",
    "queue:mail",
    "queue:m*",
    "-queue:mail",
    "type:report:*",
    "type:*:send queue:mail state:failed",
    "type:nothing",
    "worker:w1",
    "worker:w*",
    "worker:nobody",
    "workflow:flow",
    "workflow:flow state:pending",
    "workflow:fl*",
    "correlation:ü",
    "-correlation:ü",
    "tag:vip",
    "tag:vip tag:eu -state:failed",
    "tag:e*",
    "-tag:vip state:pending",
    "key:ü-1",
    "key:ü* state:pending",
    'error:"no such ADDRESS"',
    'error:"OddError: ü \\"quoted\\""',
    "error:odderror state:failed",
    "-error:address",
    "error:nowhere",
    "attempts:1",
    "attempts:>=1 state:pending",
    "priority:>0",
    "priority:<=0 -queue:mail",
    "since:90s",
    "since:1h",
    "until:90s",
    "since:150s until:90s",
    "since:2026-03-01T12:01",
    "payload.user_id:42",
    'payload.user_id:"42"',
    "payload.user_id:4*",
    "payload.user_id:>42",
    "payload.order.items.sku:a-1",
    "payload.order.items.0.sku:b-2",
    "payload.tags:red",
    'payload.name:"Grüße, 100% _\\"x\\""',
    "payload.nothing:null",
    "payload.flag:true queue:reports",
    "payload.0:1",
    "-payload.user_id:42 state:pending",
)


class Querying(BackendSuite):
    """TaskRepository.search and count_matching: the same answers as going through all tasks."""

    async def test_each_query_finds_exactly_the_tasks_that_match(self, trial: Trial) -> None:
        await _fill(trial)
        tasks = (await trial.tasks.find(TaskQuery(limit=1000))).tasks
        whole, several = tasks[3].id, f"id:{tasks[5].id[-8:]} id:{tasks[7].id}"
        of_ids = (f"id:{whole}", f"id:{whole[:8]}", f"id:{whole[:-1]} -state:running", "id:ffff", several)
        for query in (*QUERIES, *of_ids):
            search = _search(trial, query)
            expected = tuple(task for task in tasks if search.matches(task))
            page = await trial.tasks.search(search, 100, None, 1000)
            assert (page.tasks, page.next_after, page.is_whole) == (expected, None, True), query
            counted = await trial.tasks.count_matching(search, 1000)
            assert (counted.tasks, counted.is_exact) == (len(expected), True), query
            assert page.looked == counted.looked >= len(expected), query

    async def test_most_of_those_queries_find_something_and_leave_something_out(self, trial: Trial) -> None:
        await _fill(trial)
        tasks = (await trial.tasks.find(TaskQuery(limit=1000))).tasks
        found = [sum(map(_search(trial, query).matches, tasks)) for query in QUERIES]
        assert sum(0 < number < len(tasks) for number in found) >= len(QUERIES) - 5

    async def test_pages_of_a_search_follow_each_other_without_gap_or_overlap(self, trial: Trial) -> None:
        await _fill(trial)
        tasks = (await trial.tasks.find(TaskQuery(limit=1000))).tasks
        for query in ("", "state:pending", "-queue:mail", "payload.user_id:42"):
            search, after, found = _search(trial, query), None, list[Task]()
            while True:
                page = await trial.tasks.search(search, 2, after, 1000)
                found += page.tasks
                if page.next_after is None:
                    break
                assert len(page.tasks) == 2
                after = page.next_after
            assert found == [task for task in tasks if search.matches(task)]

    async def test_a_search_stops_at_its_bound_says_so_and_goes_on_from_there(self, trial: Trial) -> None:
        wanted = await trial.added(payload_json='{"user_id":42}')
        others = [await trial.added(payload_json='{"user_id":7}') for _ in range(6)]
        search = _search(trial, "payload.user_id:42 state:pending")
        assert await trial.tasks.search(search, 5, None, 4) == SearchPage((), others[2].id, 4, is_whole=False)
        assert await trial.tasks.search(search, 5, others[2].id, 4) == SearchPage((wanted,), None, 3, is_whole=True)
        assert await trial.tasks.count_matching(search, 4) == Counted(0, False, 4)

    async def test_a_search_looks_no_further_than_its_page_needs(self, trial: Trial) -> None:
        tasks = [await trial.added() for _ in range(6)]
        page = await trial.tasks.search(_search(trial, "state:pending"), 2, None, 1000)
        assert page == SearchPage((tasks[5], tasks[4]), tasks[4].id, 3, is_whole=True)

    async def test_a_search_reads_many_lanes_newest_first(self, trial: Trial) -> None:
        """More tasks than are read in a step, and unevenly spread over queues."""
        tasks = [trial.new_task(queue=f"q{min(number % 40, 11)}", priority=number % 3) for number in range(400)]
        await trial.tasks.add(tasks)
        search = _search(trial, "queue:q* priority:1")
        page = await trial.tasks.search(search, 90, None, 10_000)
        assert page.tasks == tuple(task for task in reversed(tasks) if task.priority == 1)[:90]
        assert await trial.tasks.count_matching(search, 10_000) == Counted(133, True, 400)


def _search(trial: Trial, query: str) -> TaskSearch:
    return TaskSearch.parse(query, trial.clock.now())


async def _fill(trial: Trial) -> None:
    """Some twenty tasks, in every state, of several queues, types and payloads."""
    odd = Failure("OddError", 'ü "quoted" \\ end', "Traceback ...")
    for number, failure in enumerate((Failure("ValueError", "no such address"), odd)):
        dead = await trial.running(queue="mail", payload_json=encode_payload({"user_id": 42 + number}), tags=("vip",))
        await trial.settle(dead.gave_up(failure))
        again = await trial.running(worker_id="w2", queue="reports", workflow_id="flow")
        await trial.settle(again.failed(failure, _POLICY, 0.0))
        trial.clock.advance(60)
    done = await trial.running(payload_json=encode_payload({"order": {"items": [{"sku": "b-2"}, {"sku": "a-1"}]}}))
    await trial.settle(done.completed("1"))
    gone = await trial.running(correlation_id="ü", payload_json=encode_payload({"user_id": "42", "tags": ["red"]}))
    await trial.settle(gone.cancelled())
    await trial.running(worker_id="w1", workflow_id="flow", payload_json=encode_payload({"user_id": 420}))
    await trial.running(worker_id="w1.abc", queue="mail")
    await trial.running(worker_id="w2", payload_json="[1, 2]")
    trial.clock.advance(60)
    first = trial.new_task(queue="reports", type="report:build", payload_json='{"flag":true,"nothing":null}')
    name = 'Grüße, 100% _"x"'
    large = encode_payload({"text": "x" * 5000, "user_id": 42, "name": name})
    await trial.tasks.add(
        [
            first,
            trial.new_task(queue="reports", type="report:build", workflow_id=first.id, tags=("eu", "vip")),
            trial.new_task(
                queue="mail", delay=3600.0, payload_json=encode_payload({"user_id": 41}), key="ü-1", priority=-3
            ),
            trial.new_task(queue="mail", delay=3600.0, priority=9, correlation_id="ü", key="ü-1"),
            trial.new_task(payload_json=encode_payload({"user_id": 42.0, "flag": True})),
            trial.new_task(payload_json=large, workflow_id="flow"),
        ]
    )
