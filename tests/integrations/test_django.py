"""The application for Django, in the guestbook of the examples."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import django
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings

from backstage import BlockingContainer, TaskHandlerRegistration, Worker
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError, TaskNotFoundError
from backstage.domain.task_query import TaskQuery
from backstage.integrations.django import backstage, enqueue, enqueue_on_commit
from backstage.integrations.django.error_middleware import ErrorMiddleware
from backstage.integrations.django.fresh_connections import include_with_fresh_connections
from backstage.testing import TaskBench

ROOT = Path(__file__).parents[2]
TASKS = "examples.guestbook.tasks"


@pytest.fixture(scope="session")
def guestbook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The project, set up once as Django wants it, with an empty database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUESTBOOK_FOLDER", str(tmp_path_factory.mktemp("guestbook")))
        patch.setenv("DJANGO_SETTINGS_MODULE", "examples.guestbook.settings")
        patch.setenv("TZ", "UTC")  # which Django sets
        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
    time.tzset()
    yield
    connections.close_all()


@pytest.fixture
def project(guestbook: None, url: str) -> Iterator[None]:
    """The project with no entry and no task."""
    call_command("flush", interactive=False, verbosity=0)
    with override_settings(BACKSTAGE={"URL": url, "HANDLERS": [TASKS], "SILENT": True}):
        yield


@pytest.fixture
def on_sqlite(guestbook: None, tmp_path: Path) -> Iterator[str]:
    """The same where a worker of its own finds the tasks."""
    call_command("flush", interactive=False, verbosity=0)
    url = f"sqlite:///{tmp_path}/tasks.db"
    with override_settings(BACKSTAGE={"URL": url, "HANDLERS": [TASKS], "SILENT": True}):
        yield url


def types() -> list[str]:
    return [task.type for task in backstage().find_tasks().tasks]


def test_a_visitor_is_greeted_by_the_worker(on_sqlite: str) -> None:
    signed = Client().post("/sign", {"name": "Ada"})
    assert signed.status_code == 202
    call_command("backstage_worker", until_idle=True)
    assert Client().get(f"/entries/{signed.json()['entry']}").json() == {
        "name": "Ada",
        "greeting": "Nice to see you, Ada!",
    }
    assert backstage().get_task(signed.json()["task"]).state == "completed"


def test_a_task_of_a_transaction_is_stored_when_it_commits(project: None) -> None:
    with transaction.atomic():
        task_id = enqueue_on_commit("mail", {"to": "ada"}, queue="slow", delay=60)
        assert types() == []
    task = backstage().get_task(task_id)
    assert (task.type, task.payload, task.queue) == ("mail", {"to": "ada"}, "slow")
    assert (task.scheduled_at - task.created_at).total_seconds() == 60


def test_a_task_of_a_transaction_that_is_rolled_back_is_never_stored(project: None) -> None:
    with pytest.raises(LookupError), transaction.atomic():
        enqueue_on_commit("mail")
        raise LookupError
    assert types() == []


def test_without_a_transaction_it_is_stored_at_once(project: None) -> None:
    enqueue_on_commit("mail")
    assert types() == ["mail"]


def test_enqueue_waits_for_no_commit(project: None) -> None:
    with pytest.raises(LookupError), transaction.atomic():
        assert enqueue("mail", {"to": "ada"}, dedupe="ada") is not None
        assert enqueue("mail", {"to": "ada"}, dedupe="ada") is None
        raise LookupError
    assert types() == ["mail"]


def test_what_is_wrong_is_said_before_the_commit(project: None) -> None:
    with transaction.atomic():
        with pytest.raises(InvalidTaskDataError, match=r"payload\.at"):
            enqueue_on_commit("mail", {"at": object()})
        with pytest.raises(TypeError, match="colour"):
            enqueue_on_commit("mail", colour="red")
    assert types() == []


def test_the_payload_is_the_one_of_the_call(project: None) -> None:
    payload = {"to": "ada"}
    with transaction.atomic():
        task_id = enqueue_on_commit("mail", payload)
        payload["to"] = "bob"
    assert backstage().get_task(task_id).payload == {"to": "ada"}


def test_the_container_is_one_for_the_process_until_the_setting_changes(project: None) -> None:
    first = backstage()
    assert backstage() is first
    enqueue("mail")
    with override_settings(BACKSTAGE={"URL": "memory://"}):
        assert backstage() is not first
        assert types() == []


def test_a_test_gives_the_project_the_store_of_its_bench(
    project: None, monkeypatch: pytest.MonkeyPatch, backstage_bench: TaskBench
) -> None:
    with BlockingContainer(container=backstage_bench.backstage) as container:
        monkeypatch.setattr(apps.get_app_config("backstage"), "container", container)
        Client().post("/sign", {"name": "Ada"})
    [task] = backstage_bench.assert_enqueued("entry:greet", count=1)
    assert set(task.payload) == {"entry"}


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        (["sqlite:///tasks.db"], "BACKSTAGE: is of type list: make it a dictionary like {'URL': …}"),
        ({"url": "memory://"}, "BACKSTAGE: has the key 'url': write it in capitals"),
        ({"LEASE": "abc"}, "lease: 'abc' is not a number of seconds"),
        ({"LEESE": 3}, "leese: is not a setting: did you mean lease?"),
    ],
)
def test_a_wrong_setting_is_one_line(guestbook: None, setting: Any, complaint: str) -> None:
    with override_settings(BACKSTAGE=setting):
        with pytest.raises(ConfigurationError) as caught:
            backstage()
        with pytest.raises(CommandError) as failed:
            call_command("backstage_worker", until_idle=True)
    assert str(caught.value) == str(failed.value) == complaint
    assert failed.value.returncode == 2


def test_an_option_wins_over_the_setting_and_the_setting_over_the_environment(
    on_sqlite: str, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("BACKSTAGE_URL", f"sqlite:///{folder}/environment.db")
    call_command("backstage_worker", until_idle=True)
    call_command("backstage_worker", until_idle=True, url=f"sqlite:///{folder}/option.db")
    assert {each.name for each in folder.glob("*.db")} == {"tasks.db", "option.db"}


def test_a_store_that_cannot_be_reached_ends_the_command_with_1(guestbook: None, folder: Path) -> None:
    (folder / "tasks.db").write_text("a diary, and by no means a database" * 100)
    with override_settings(BACKSTAGE={"URL": f"sqlite:///{folder}/tasks.db"}), pytest.raises(CommandError) as failed:
        call_command("backstage_worker", until_idle=True)
    assert failed.value.returncode in (1, 2)


def test_handlers_begin_and_end_with_fresh_connections(guestbook: None) -> None:
    left: list[bool] = []

    def count() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM guestbook_entry")
            return int(cursor.fetchone()[0])

    async def elsewhere() -> None:
        return None

    module = ModuleType("handlers")
    for each in (count, elsewhere):
        setattr(module, each.__name__, TaskHandlerRegistration(each.__name__, each))
    worker = Worker("memory://", silent=True)
    include_with_fresh_connections(worker, module)
    include_with_fresh_connections(worker, module)  # as two modules that import one another do
    handler = worker._registry.registration("count").handler

    def run() -> None:
        handler()
        left.append(connection.connection is not None)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    assert left == [False]
    assert worker._registry.registration("elsewhere").handler is elsewhere


def test_a_fleet_is_made_of_the_projects_own_command(on_sqlite: str, tmp_path: Path) -> None:
    manage(tmp_path, "migrate", "--run-syncdb")
    for number in range(10):
        enqueue("entry:greet", {"entry": number}, max_attempts=1)
    said = manage(tmp_path, "backstage_worker", "--processes", "2", "--until-idle", "--url", on_sqlite)
    assert said.count('"event": "worker_started"') == 2
    failed = backstage().find_tasks(TaskQuery(type="entry:greet")).tasks
    assert {str(task.last_failure).partition(":")[0] for task in failed} == {"DoesNotExist"}


def manage(folder: Path, *arguments: str) -> str:
    """Run the project's own command, with its data in a folder; return what it says on stderr."""
    return subprocess.run(
        [sys.executable, "-m", "examples.guestbook.manage", *arguments],
        env=os.environ | {"GUESTBOOK_FOLDER": str(folder), "PYTHONPATH": str(ROOT), "BACKSTAGE_LOG_FORMAT": "json"},
        check=True,
        capture_output=True,
        text=True,
        timeout=100,
    ).stderr


def test_the_middleware_answers_an_unknown_task_and_leaves_other_errors_alone(guestbook: None) -> None:
    middleware = ErrorMiddleware(lambda _: HttpResponse())
    answer = middleware.process_exception(HttpRequest(), TaskNotFoundError("x"))
    assert answer is not None
    assert (answer.status_code, "no task 'x'" in answer.content.decode()) == (404, True)
    assert middleware.process_exception(HttpRequest(), KeyError("x")) is None
    assert middleware(HttpRequest()).status_code == 200
