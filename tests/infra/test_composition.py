"""The composition root: each part once, and each may be replaced."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers

from backstage import CompositionRoot, Container, EnqueueTask, Settings, Worker, WorkerService
from backstage.domain.errors import ConfigurationError
from backstage.infra.making_parts import parts_of
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.testing import FakeClock
from backstage.testing.predictable import NumberedIds


def _root(**given: Any) -> CompositionRoot:
    return CompositionRoot(settings=Settings.load(url="memory://", silent=True), **given)


def test_each_part_is_made_once_and_the_facade_holds_it() -> None:
    root = _root()
    backstage = root.backstage()
    assert isinstance(backstage, Container)
    assert root.backstage() is backstage
    for part in ("settings", "logger", "backend", "clock", "ids", "chance", "events"):
        assert getattr(root, part)() is getattr(root, part)()
        assert getattr(backstage, part) is getattr(root, part)()


def test_two_roots_share_no_part() -> None:
    one, other = _root(), _root()
    assert one.backstage().backend is not other.backstage().backend
    assert one.events() is not other.events()


@pytest.mark.parametrize(("url", "kind"), [("memory://", MemoryBackend), ("sqlite:///tasks.db", SqliteBackend)])
def test_the_settings_select_the_store(url: str, kind: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(CompositionRoot(settings=Settings.load(url=url)).backend(), kind)


def test_a_url_that_no_store_has_is_named_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_URL", "carrier-pigeon://coop")
    with pytest.raises(ConfigurationError, match=r"^BACKSTAGE_URL: no backend has the scheme"):
        CompositionRoot().backstage()


async def test_a_clock_and_ids_that_are_put_in_their_place_decide_for_the_store_and_all_use_cases() -> None:
    root, clock = _root(), FakeClock()
    root.clock.override(clock)
    root.ids.override(NumberedIds())
    backstage = root.backstage()
    assert backstage.clock is root.backend().clock is clock
    task = await backstage.enqueue_task(EnqueueTask("email:send"))
    assert (task.id, task.created_at) == ("01940000-0000-7000-8000-000000000001", clock.now())


def test_without_an_override_the_store_has_its_own_clock() -> None:
    root = _root()
    assert root.clock() is root.backend().clock


def test_a_backend_of_the_application_s_own_takes_the_place_of_the_selected_one() -> None:
    own = MemoryBackend(FakeClock())
    root = CompositionRoot()
    root.backend.override(own)
    assert root.backstage().backend is own
    assert root.clock() is own.clock


def test_what_was_overridden_for_a_block_is_as_before_after_it() -> None:
    root = _root()
    with root.clock.override(FakeClock()) as overriding:
        assert root.clock() is overriding()
    root.reset_singletons()
    assert not isinstance(root.backstage().clock, FakeClock)


async def test_each_call_makes_a_new_worker_on_the_same_store() -> None:
    root = _root()
    worker, other = root.worker(), root.worker(queues="mail")
    assert isinstance(worker, Worker)
    assert worker is not other
    assert worker.backstage is other.backstage is root.backstage()
    assert isinstance(root.service(), WorkerService)

    received: asyncio.Queue[Any] = asyncio.Queue()
    worker.on("email:send", received.put)
    await worker.start()
    async with asyncio.timeout(30):
        await root.backstage().enqueue_task(EnqueueTask("email:send", {"to": "ada"}))
        assert await received.get() == {"to": "ada"}
    await worker.stop()


def test_a_container_that_nobody_composed_has_the_same_parts() -> None:
    settings = Settings.load(url="memory://", silent=True)
    composed, alone = CompositionRoot(settings=settings).parts(), parts_of(settings=settings)
    for name in composed.__dataclass_fields__:
        assert type(getattr(composed, name)) is type(getattr(alone, name)), name
    assert Container(settings).settings is settings
    given = {name: getattr(alone, name) for name in composed.__dataclass_fields__ if name != "trace"}
    clock = FakeClock()
    assert parts_of(**given) == alone
    assert parts_of(settings=settings, clock=clock).backend.clock is clock


def test_the_options_of_a_worker_go_before_the_settings_of_the_root() -> None:
    root = _root()
    worker = root.worker(concurrency=2, until_idle=True)
    assert (worker.settings.concurrency, worker.settings.until_idle) == (2, True)
    assert root.settings().concurrency == 10
    with pytest.raises(ConfigurationError, match=r"^concurency: is not a setting: did you mean concurrency\?"):
        root.worker(concurency=2)


@pytest.mark.parametrize("option", [{"url": "memory://"}, {"log_level": "debug"}, {"log_handler": print}])
def test_what_belongs_to_the_container_is_no_option_of_its_worker(option: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{next(iter(option))}: belongs to the container"):
        _root().worker(**option)


def test_an_application_adds_its_own_parts() -> None:
    class App(CompositionRoot):
        greeting = providers.Factory("{} from {}".format, "hello", CompositionRoot.backstage.provided.settings.url)

    assert App(settings=Settings.load(url="memory://")).greeting() == "hello from memory://"


def test_web_frameworks_are_loaded_by_who_wires_and_not_by_a_container() -> None:
    script = (
        "import sys\n"
        "from backstage import CompositionRoot, Container, Settings\n"
        "root = CompositionRoot(settings=Settings.load(url='memory://'))\n"
        "root.worker()\n"
        "print(*[name for name in ('fastapi', 'starlette', 'litestar', 'django') if name in sys.modules])\n"
        "from dependency_injector.wiring import MARKER_EXTRACTORS, Provide, inject\n"
        "print('fastapi' in sys.modules, len(MARKER_EXTRACTORS))\n"
        "@inject\n"
        "def wired(settings=Provide[CompositionRoot.settings]):\n"
        "    return settings\n"
        "root.wire(modules=[__name__])\n"
        "print(wired().url)\n"
        "root.unwire()\n"
        "print(type(wired()).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == ["", "True 1", "memory://", "Provide"]
