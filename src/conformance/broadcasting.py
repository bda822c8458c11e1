from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.fault_plan import Fault, FaultPlan
from backstage.conformance.keeping import UNICODE
from backstage.conformance.trial import Trial
from backstage.domain.broadcast_message import KEPT_AT_MOST, KEPT_FOR, BroadcastMessage
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.payload import encode_payload

DEADLINE = 30.0
"""Seconds in which a reader has got what was sent, even on a busy machine."""


class Broadcasting(BackendSuite):
    """Broadcasts: each reader gets every message once, in order, and the log stays short."""

    async def test_at_first_there_is_nothing_to_receive(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        received = await trial.broadcasts.receive(position, 10)
        assert (list(received.messages), received.position) == ([], position)

    async def test_a_message_is_given_back_exactly(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        message = BroadcastMessage(
            id="01940000-0000-4000-8000-00000000beef",
            name=UNICODE,
            payload_json=encode_payload({UNICODE: [1, 2.5, None, "x" * 100_000]}),
            sent_at=datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        )
        await trial.broadcasts.send(message)
        assert await _all_after(trial, position) == [message]

    async def test_a_reader_that_comes_later_begins_after_the_newest_message(self, trial: Trial) -> None:
        await _send(trial, 3)
        position = await trial.broadcasts.position()
        assert await _all_after(trial, position) == []
        later = await _send(trial, 2)
        assert await _all_after(trial, position) == later

    async def test_messages_come_in_the_order_in_which_they_were_sent(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        sent = await _send(trial, 20)
        received = await trial.broadcasts.receive(position, 100)
        assert list(received.messages) == sent

    async def test_no_more_are_given_than_asked_for_and_the_next_ones_follow(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        sent = await _send(trial, 7)
        sizes, got = list[int](), list[BroadcastMessage]()
        for _ in range(4):
            received = await trial.broadcasts.receive(position, 3)
            position = received.position
            sizes.append(len(received.messages))
            got += received.messages
        assert (sizes, got) == ([3, 3, 1, 0], sent)

    async def test_a_position_stays_as_it_is_while_nothing_is_sent(self, trial: Trial) -> None:
        before = await trial.broadcasts.position()
        await _send(trial, 2)
        position = (await trial.broadcasts.receive(before, 10)).position
        assert (await trial.broadcasts.receive(position, 10)).position == position
        later = await _send(trial, 1)
        assert await _all_after(trial, position) == later

    async def test_the_position_after_the_newest_message_is_that_of_whoever_read_it(self, trial: Trial) -> None:
        before = await trial.broadcasts.position()
        await _send(trial, 3)
        received = await trial.broadcasts.receive(before, 10)
        later = await _send(trial, 1)
        assert await _all_after(trial, received.position) == later

    async def test_every_reader_gets_every_message(self, trial: Trial) -> None:
        one = other = await trial.broadcasts.position()
        sent = await _send(trial, 5)
        assert await _all_after(trial, one) == sent
        assert await _all_after(trial, other, at_once=2) == sent

    async def test_a_message_that_is_sent_again_is_received_once(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        [first, second] = await _send(trial, 2)
        await trial.broadcasts.send(first)
        assert await _all_after(trial, position) == [first, second]

    async def test_a_message_that_is_sent_again_after_it_was_read_is_not_received_again(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        [message] = await _send(trial, 1)
        position = (await trial.broadcasts.receive(position, 10)).position
        await trial.broadcasts.send(message)
        assert await _all_after(trial, position) == []

    async def test_messages_that_are_alike_but_for_their_id_are_all_received(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        sent = await _send(trial, 3, name="reload", payload_json="1", sent_at=trial.clock.now())
        assert await _all_after(trial, position) == sent

    # -- how long, and how many ------------------------------------------------------------------

    async def test_a_message_is_kept_for_a_while(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        sent = await _send(trial, 2)
        trial.clock.advance(KEPT_FOR - 1)
        sent += await _send(trial, 1)
        assert await _all_after(trial, position) == sent

    async def test_a_message_is_not_given_when_its_time_is_over(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        await _send(trial, 2)
        trial.clock.advance(KEPT_FOR + 1)
        assert await _all_after(trial, position) == []
        later = await _send(trial, 1)
        assert await _all_after(trial, position) == later

    async def test_a_messages_time_counts_from_when_the_store_took_it(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        sent = await _send(trial, 1, sent_at=datetime(2001, 1, 1, tzinfo=UTC))
        assert await _all_after(trial, position) == sent

    async def test_a_reader_whose_position_is_forgotten_goes_on_with_what_is_kept(self, trial: Trial) -> None:
        before = await trial.broadcasts.position()
        await _send(trial, 2)
        position = (await trial.broadcasts.receive(before, 1)).position
        trial.clock.advance(KEPT_FOR + 1)
        later = await _send(trial, 2)
        assert await _all_after(trial, position) == later

    async def test_the_oldest_messages_go_when_there_are_too_many(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        first = await _send(trial, 5)
        rest = _messages(trial, KEPT_AT_MOST)
        for begin in range(0, KEPT_AT_MOST, 500):
            await asyncio.gather(*(trial.broadcasts.send(message) for message in rest[begin : begin + 500]))
        kept = await _all_after(trial, position)
        assert {message.id for message in kept} == {message.id for message in rest}
        assert first[0] not in kept

    # -- at once, and although calls fail --------------------------------------------------------

    async def test_a_reader_misses_nothing_that_many_send_while_it_reads(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        batches = [_messages(trial, 20) for _ in range(8)]

        async def send_all(batch: list[BroadcastMessage]) -> None:
            for message in batch:
                await trial.broadcasts.send(message)

        async def read_all() -> list[BroadcastMessage]:
            got: list[BroadcastMessage] = []
            after = position
            while len(got) < 160:
                received = await trial.broadcasts.receive(after, 7)
                got += received.messages
                after = received.position
                await asyncio.sleep(0)
            return got

        async with asyncio.timeout(DEADLINE):
            readings = asyncio.gather(read_all(), read_all())
            await asyncio.gather(*(send_all(batch) for batch in batches))
            one, other = await readings
        assert one == other == await _all_after(trial, position)
        assert [[each for each in one if each in batch] for batch in batches] == batches

    async def test_a_message_that_many_send_at_once_is_received_once(self, trial: Trial) -> None:
        position = await trial.broadcasts.position()
        [message] = _messages(trial, 1)
        await asyncio.gather(*(trial.broadcasts.send(message) for _ in range(10)))
        assert await _all_after(trial, position) == [message]

    @pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: str(fault.value))
    async def test_a_message_is_received_once_although_on_sending_it_the(self, trial: Trial, fault: Fault) -> None:
        plan, position = FaultPlan([fault]), await trial.broadcasts.position()
        [message] = _messages(trial, 1)
        with pytest.raises(StorageUnavailableError):
            await plan.around(lambda: trial.broadcasts.send(message))
        await plan.around(lambda: trial.broadcasts.send(message))
        assert await _all_after(trial, position) == [message]


_NUMBERS = count(1)


def _messages(trial: Trial, number: int, **fields: Any) -> list[BroadcastMessage]:
    defaults: dict[str, Any] = {"name": "cache:clear", "sent_at": trial.clock.now()}
    return [
        BroadcastMessage(id=f"01940000-0000-4000-8000-{next(_NUMBERS):012x}", **(defaults | fields))
        for _ in range(number)
    ]


async def _send(trial: Trial, number: int, **fields: Any) -> list[BroadcastMessage]:
    messages = _messages(trial, number, **fields)
    for message in messages:
        await trial.broadcasts.send(message)
    return messages


async def _all_after(trial: Trial, position: str, at_once: int = 1000) -> list[BroadcastMessage]:
    """Everything that is kept after the position, read to its end."""
    got: list[BroadcastMessage] = []
    while True:
        received = await trial.broadcasts.receive(position, at_once)
        if not received.messages:
            assert received.position == position
            return got
        assert len(received.messages) <= at_once
        got += received.messages
        position = received.position
