from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import POLICY, Trial
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.failure import Failure
from backstage.domain.limits import EARLIEST, LATEST, MAX_PRIORITY, MIN_PRIORITY
from backstage.domain.payload import encode_payload
from backstage.testing.fake_clock import FakeClock

UNICODE = "Grüße, 世界 🎈 \u200f\u2028 e\u0301 'quoted' \"double\" \\back %s {0} $1 \t\n\x01\x7f"

FIELDS: dict[str, dict[str, Any]] = {
    "a payload of every JSON type": {
        "payload_json": encode_payload({"a": [1, 2.5, -0.0, 1e308, True, None, "x"], "": {}})
    },
    "an int at the edge of 64 bits": {"payload_json": encode_payload([2**63 - 1, -(2**63)])},
    "a payload of any script": {"payload_json": encode_payload({UNICODE: UNICODE})},
    "a payload of 1 MiB": {"payload_json": encode_payload("x" * (1024 * 1024 - 2))},
    "metadata of any script": {"metadata": {UNICODE: UNICODE, "empty": ""}},
    "a correlation id of any script": {"correlation_id": UNICODE},
    "a workflow id of its own": {"workflow_id": "flow 1"},
    "tags of any script": {"tags": ("vip", UNICODE.replace("\x00", "")[:64], "t" * 64)},
    "a key of any script": {"key": UNICODE},
    "a later version of its payload": {"payload_version": 9999},
    "somebody who waits for it": {"is_awaited": True},
    "an origin": {"origin_id": "01940000-0000-7000-8000-00000000beef"},
    "the highest priority": {"priority": MAX_PRIORITY},
    "the lowest priority": {"priority": MIN_PRIORITY},
    "the longest names": {"queue": "q" * 128, "type": "t" * 128},
    "names with every sign": {"queue": "a_B.c:d-1", "type": "_x:y.z-9"},
    "its own limits": {"max_attempts": 10_000, "timeout": 0.001, "soft_timeout": 12.5, "max_deliveries": 7},
    "an exponential backoff": {"backoff": Backoff.exponential(0.1, cap=33.3, jitter=0.7)},
    "a fixed backoff": {"backoff": Backoff.fixed(5)},
    "a dedupe key of any script": {"dedupe": Dedupe(UNICODE.replace("\x00", ""))},
    "a dedupe window": {"dedupe": Dedupe("k" * 512, ttl=0.001)},
    "the earliest moments": {"created_at": EARLIEST, "scheduled_at": EARLIEST},
    "the latest moment": {"scheduled_at": LATEST},
    "a moment to the microsecond": {"scheduled_at": datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)},
    "a moment of odd microseconds": {"created_at": datetime(2001, 9, 9, 1, 46, 39, 1, tzinfo=UTC)},
    "a moment far ahead, to the microsecond": {"scheduled_at": datetime(9999, 12, 29, 23, 59, 59, 999999, tzinfo=UTC)},
}


class Keeping(BackendSuite):
    """A store gives back exactly what it was given."""

    @pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
    async def test_a_task_is_given_back_exactly_with(self, trial: Trial, fields: dict[str, Any]) -> None:
        task = await trial.added(**fields)
        assert await trial.tasks.get(task.id) == task

    async def test_a_stored_float_stays_a_float_and_an_int_an_int(self, trial: Trial) -> None:
        task = await trial.added(payload_json="[1,1.0]")
        first, second = (await trial.tasks.get(task.id)).payload
        assert (type(first), type(second)) == (int, float)

    async def test_a_claimed_task_keeps_every_field(self, trial: Trial) -> None:
        pending = await trial.added(
            payload_json=encode_payload({UNICODE: [1, None]}),
            queue="mail",
            priority=MAX_PRIORITY,
            max_attempts=7,
            backoff=Backoff.linear(2, cap=9, jitter=0.25),
            timeout=2.5,
            soft_timeout=1.25,
            dedupe=Dedupe("order-1", ttl=60),
            correlation_id=UNICODE,
            workflow_id="flow",
            origin_id="01940000-0000-7000-8000-00000000beef",
            metadata={"tenant": UNICODE},
            tags=("vip", UNICODE),
            key=UNICODE,
            is_awaited=True,
        )
        [claimed] = await trial.claim()
        assert claimed == pending.claim(trial.lease(), trial.clock.now())

    async def test_a_result_is_given_back_exactly(self, trial: Trial) -> None:
        running = await trial.running()
        outcome = running.completed(encode_payload({UNICODE: [1, 2.0, None, 2**63 - 1]}))
        await trial.settle(outcome)
        assert await trial.tasks.get(running.id) == running.settle(outcome, trial.clock.now())

    async def test_a_result_of_null_differs_from_no_result(self, trial: Trial) -> None:
        with_null, without = await trial.running(), await trial.running()
        await trial.queue.settle([with_null.completed("null"), without.completed()])
        assert (await trial.tasks.get(with_null.id)).result_json == "null"
        assert (await trial.tasks.get(without.id)).result_json is None

    async def test_a_failure_of_any_script_is_given_back_exactly(self, trial: Trial) -> None:
        running = await trial.running()
        failure = Failure("Fehler", UNICODE, "x" * 16_000 + "\n" + UNICODE)
        outcome = running.failed(failure, POLICY, 0.0)
        await trial.settle(outcome)
        assert (await trial.tasks.get(running.id)).last_failure == failure
        assert [each.failure for each in await trial.tasks.attempts(running.id)] == [failure]

    async def test_a_progress_note_of_any_script_is_given_back_exactly(self, trial: Trial) -> None:
        running = await trial.running()
        assert await trial.queue.report_progress(running.id, running.fence, 0.3, UNICODE)
        stored = await trial.tasks.get(running.id)
        assert (stored.progress, stored.progress_note) == (0.3, UNICODE)

    async def test_a_worker_id_of_any_script_is_given_back_exactly(self, trial: Trial) -> None:
        running = await trial.running(worker_id=UNICODE)
        assert await trial.queue.held_by(UNICODE) == [running]

    async def test_moments_of_a_claim_are_kept_to_the_microsecond(self, trial: Trial, clock: FakeClock) -> None:
        pending = await trial.added()
        clock.set_wall(datetime(2026, 3, 1, 12, 0, 1, 999999, tzinfo=UTC))
        [claimed] = await trial.claim()
        assert claimed == pending.claim(trial.lease(), clock.now())
        assert await trial.tasks.get(pending.id) == claimed
