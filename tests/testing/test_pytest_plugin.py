"""The plugin in projects of its own, each run by a pytest of its own."""

from __future__ import annotations

import pytest

HANDLERS = """
from backstage import Next, handler

@handler("order:place")
async def place(payload: dict) -> Next:
    return Next("order:confirm", payload)

@handler("order:confirm")
def confirm(payload: dict) -> str:
    return f"confirmed {payload['id']}"
"""
# As in a project that has no asyncio plugin: the fixtures need none. Schemathesis takes a second to load.
OPTIONS = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:schemathesis", "-W", "error")


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(shop=HANDLERS)
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\npythonpath = ["."]\nbackstage_handlers = ["shop"]')
    return pytester


def passed(project: pytest.Pytester, test: str) -> int:
    project.makepyfile(test)
    return project.runpytest_subprocess(*OPTIONS).parseoutcomes().get("passed", 0)


def test_the_bench_runs_the_handlers_of_the_project(project: pytest.Pytester) -> None:
    test = """
        import asyncio

        def test_an_order_is_confirmed(backstage_bench):
            async def place():
                await backstage_bench.enqueue("order:place", {"id": 7}, delay=60)
                return await backstage_bench.drain_all()

            placed, confirmed = asyncio.run(place())
            assert confirmed.result == "confirmed 7"

        def test_each_test_has_a_bench_of_its_own(backstage_bench):
            assert backstage_bench.enqueued() == []
    """
    assert passed(project, test) == 2


def test_the_code_under_test_gets_the_container_and_the_clock(project: pytest.Pytester) -> None:
    test = """
        import asyncio
        from backstage import EnqueueTask

        def test_it(backstage_container, backstage_clock, backstage_bench):
            asyncio.run(backstage_container.enqueue_task(EnqueueTask("order:place", {"id": 7}, delay=60)))
            backstage_bench.assert_enqueued("order:place", {"id": 7}, delay=60)
            backstage_clock.advance(60)
            assert len(asyncio.run(backstage_bench.drain())) == 2
    """
    assert passed(project, test) == 1


def test_inline_runs_what_blocking_code_enqueues(project: pytest.Pytester) -> None:
    test = """
        from backstage import BlockingContainer

        def test_it(backstage_inline):
            with BlockingContainer(container=backstage_inline.backstage) as backstage:
                task = backstage.enqueue("order:place", {"id": 7})
                assert backstage.get_task(task.id).state == "completed"
                assert backstage.get_task_stats().completed == 2
            assert backstage_inline.enqueued() == []
    """
    assert passed(project, test) == 1


def test_asynchronous_tests_use_the_same_fixtures(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        async def test_it(backstage_bench):
            await backstage_bench.enqueue("order:place", {"id": 7})
            assert len(await backstage_bench.drain()) == 2
        """
    )
    options = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function", "-W", "error")
    project.runpytest_subprocess(*options).assert_outcomes(passed=1)


def test_a_module_that_cannot_be_imported_is_named(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nbackstage_handlers = ["shopp"]')
    pytester.makepyfile("def test_it(backstage_bench): pass")
    result = pytester.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*there is no module 'shopp'*"])


def test_a_project_that_uses_none_of_it_loads_none_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_is_loaded():
            ours = {name for name in sys.modules if name.partition(".")[0] in ("backstage", "worker")}
            assert ours == {"backstage", "backstage.public_names", "backstage.pytest_plugin"}
            assert not {"pydantic", "structlog", "asyncpg", "redis", "sqlite3", "rich"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=1, warnings=0)


def test_pytest_does_not_warn_where_backstage_was_imported_before(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(): pass")
    program = f"import sys, backstage, worker, pytest; sys.exit(pytest.main({list(OPTIONS)!r}))"
    result = pytester.runpython_c(program)
    assert result.ret == 0
    result.assert_outcomes(passed=1, warnings=0)


def test_the_fixtures_explain_themselves(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--fixtures", *OPTIONS)
    result.stdout.fnmatch_lines(["backstage_bench*", "*memory store, fake clock*", "backstage_inline*"])
