from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from backstage.conformance import choices
from backstage.conformance.backend_suite import Connect
from backstage.conformance.store_machine import StoreMachine, one_of
from backstage.domain.broadcast_message import KEPT_FOR, BroadcastMessage


class BroadcastSteps(StoreMachine):
    """Steps with messages: each of two readers is given what was sent since it read last, unless it is too old."""

    def __init__(self, connect: Connect, processes: int = 1) -> None:
        super().__init__(connect, processes)
        self.sent: list[tuple[datetime, BroadcastMessage]] = []
        """Every message with the moment at which it was stored, in that order; one that was forgotten may be twice."""
        beginning = self.run(self.trial.broadcasts.position())
        self.positions = [beginning, beginning]
        self.were_read = [0, 0]
        """How many of the messages each reader has behind it."""

    @rule(payload=st.sampled_from(["null", '"ü"']))
    def send(self, payload: str) -> None:
        id_ = f"01940000-0000-4000-8000-{len(self.sent):012x}"
        self.send_message(BroadcastMessage(id=id_, name="n", payload_json=payload, sent_at=self.clock.now()))

    @precondition(lambda self: self.sent)
    @rule(pick=choices.picks)
    def send_again(self, pick: int) -> None:
        self.send_message(one_of(self.sent[-3:], pick)[1])

    @rule(reader=st.sampled_from([0, 1]), limit=st.integers(1, 3))
    def receive(self, reader: int, limit: int) -> None:
        received = self.run(self.trial.broadcasts.receive(self.positions[reader], limit))
        later = self.sent[self.were_read[reader] :]
        kept = [index for index, (stored_at, _) in enumerate(later) if self.is_kept(stored_at)][:limit]
        assert list(received.messages) == [later[index][1] for index in kept]
        if kept:
            self.were_read[reader] += kept[-1] + 1
        else:
            assert received.position == self.positions[reader]
        self.positions[reader] = received.position

    @rule(reader=st.sampled_from([0, 1]))
    def begin_after_the_newest_message(self, reader: int) -> None:
        self.positions[reader] = self.run(self.trial.broadcasts.position())
        self.were_read[reader] = len(self.sent)

    def send_message(self, message: BroadcastMessage) -> None:
        self.run(self.trial.broadcasts.send(message))
        if not any(each.id == message.id and self.is_kept(stored_at) for stored_at, each in self.sent):
            self.sent.append((self.clock.now(), message))

    def is_kept(self, stored_at: datetime) -> bool:
        return stored_at >= self.clock.now() - timedelta(seconds=KEPT_FOR)
