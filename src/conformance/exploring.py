from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from backstage.conformance.backend_suite import BackendSuite, DropStore, NewStore
from backstage.conformance.machine import BackendMachine

BOUNDED = settings(
    stateful_step_count=50,
    derandomize=True,
    phases=[Phase.generate],  # shrinking a failure takes minutes: add Phase.shrink when one is to be looked into
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
"""The same walks in every run."""


class Exploring(BackendSuite):
    """Whatever the steps and their order, a backend is the model made durable."""

    def test_any_sequence_of_steps_gives_the_answers_of_the_model(
        self, new_store: NewStore, drop_store: DropStore, walks: int
    ) -> None:
        class OnANewStore(BackendMachine):
            def __init__(self) -> None:
                self.connect = new_store()
                super().__init__(self.connect)

            def teardown(self) -> None:
                super().teardown()
                drop_store(self.connect)

        run_state_machine_as_test(OnANewStore, settings=settings(BOUNDED, max_examples=walks))
