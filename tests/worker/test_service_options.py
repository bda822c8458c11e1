"""What a service refuses, before anything runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from backstage import Queue, WorkerService
from backstage.domain.errors import ConfigurationError
from backstage.infra.container import Container
from backstage.infra.settings.settings import Settings


@pytest.fixture(autouse=True)
def here(own_directory: None) -> None:
    return


def service(**settings: Any) -> WorkerService:
    return WorkerService("memory://", silent=True, **settings)


def done() -> None: ...


async def test_a_service_without_a_processor_is_not_started() -> None:
    with pytest.raises(ConfigurationError, match="processors: there is no processor: call register_processor"):
        await service().start()


async def test_a_processor_without_a_handler_is_not_started() -> None:
    made = service()
    made.register_processor("mail")
    with pytest.raises(ConfigurationError, match="mail: its processor has no handler"):
        await made.start()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"concurrency": 0}, "concurrency: 0 is not between"),
        ({"lease": "soon"}, "lease: 'soon' is not a number of seconds"),
        ({"drain_delay": -1}, "drain_delay: -1 is not between"),
        ({"keep_failed": -1}, "keep_failed: -1 is not between"),
        ({"backoff": 5}, "backoff: is not a Backoff"),
        ({"dead_letter_queue": "no name"}, "dead_letter_queue: 'no name' is not a name"),
        ({"dead_letter_queue": "mail"}, "'mail' is in use already"),
        ({"concurency": 5}, "concurency: is not an option of a processor"),
        ({"url": "memory://"}, "url: is not an option of a processor"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        service().register_processor("mail", {"t": done}, **options)


@pytest.mark.parametrize(
    ("register", "problem"),
    [
        (lambda made: made.register_processor("not a queue!"), "queue: .* is not a name"),
        (lambda made: made.register_processor("mail"), "the queue has two processors"),
        (lambda made: made.register_processor("mail.dead"), "is the name of another queue's dead letters"),
        (lambda made: made.register_processor("x", dead_letter_queue="mail"), "'mail' is in use already"),
        (lambda made: made.get_processor("reports"), "no processor serves this queue; there are mail"),
        (lambda made: made.setup_graceful_shutdown(), "the service is not running: start it first"),
    ],
)
def test_what_does_not_fit_is_refused(register: Callable[[WorkerService], Any], problem: str) -> None:
    made = service()
    made.register_processor("mail", {"t": done})
    with pytest.raises(ConfigurationError, match=problem):
        register(made)


async def test_nothing_is_added_to_a_running_service() -> None:
    made = service()
    mail = made.register_processor("mail", {"t": done})
    async with made:
        for add in (
            lambda: made.register_processor("other"),
            lambda: mail.on("u", done),
            lambda: made.on_broadcast("reload", print),
        ):
            with pytest.raises(ConfigurationError, match="the service was started already"):
                add()
        with pytest.raises(ConfigurationError, match="the service was started already"):
            await made.start()


def test_a_processor_that_is_not_started_cannot_be_paused() -> None:
    mail = service().register_processor("mail", {"t": done})
    with pytest.raises(ConfigurationError, match="was not started yet"):
        mail.pause().send(None)


def test_a_container_brings_its_own_settings() -> None:
    container = Container(Settings.load(url="memory://", silent=True))
    with pytest.raises(ConfigurationError, match="pass either it or them"):
        WorkerService(container=container, concurrency=5)


def test_a_processor_has_the_services_options_unless_it_says_otherwise() -> None:
    made = service(lease=7.0, concurrency=3, soft_timeout=2.0)
    one = made.register_processor("one", {"t": done})
    other = made.register_processor(
        Queue("other", hard_timeout=5), {"t": done}, lease=1.0, drain_delay=0.5, soft_timeout="none"
    )
    assert (one.options.lease, one.options.concurrency, one.options.poll_interval) == (7.0, 3, 5.0)
    assert (other.options.lease, other.options.poll_interval, other.options.soft_timeout) == (1.0, 0.5, None)
    assert (other.queue.hard_timeout, one.options.worker_id == other.options.worker_id) == (5, False)


@pytest.mark.parametrize("unlimited", ["none", math.inf])
def test_a_processor_may_keep_without_limit_what_the_settings_limit(unlimited: Any) -> None:
    made = service(keep_failed=5)
    mail = made.register_processor("mail", {"t": done}, keep_failed=unlimited, keep_completed=1000)
    assert (mail.queue.keep_failed, mail.queue.keep_completed, mail.queue.keep_cancelled) == (math.inf, 1000, None)
