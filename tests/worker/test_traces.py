from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from backstage import EnqueueTask, Next, RetryLater, TaskContext, TaskResult, Worker
from backstage.domain.errors import ConfigurationError
from backstage.domain.limits import MAX_METADATA_BYTES
from backstage.domain.task import Task
from tests.worker.workers import Workers, finish, found, memory, play

_exporter = InMemorySpanExporter()
KINDS = {SpanKind.PRODUCER: "send", SpanKind.CONSUMER: "process"}


@pytest.fixture(scope="session", autouse=True)
def _provider() -> None:
    """A process has one, for good."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(_exporter))
    trace.set_tracer_provider(provider)


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    _exporter.clear()
    yield _exporter
    _exporter.clear()


def named(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    spans = exporter.get_finished_spans()
    assert len({span.name for span in spans}) == len(spans)
    return {span.name: span for span in spans}


def parent_of(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


def id_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.span_id


def traced(workers: Workers, **options: Any) -> Worker:
    return workers.new(otel=True, until_idle=True, **options)


@pytest.fixture(params=["memory", "sqlite", "postgresql", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Stores that must give metadata back as they got it."""
    match request.param:
        case "memory":
            yield "memory://"
        case "sqlite":
            yield f"sqlite:///{tmp_path}/tasks.db"
        case "postgresql":
            yield request.getfixturevalue("postgres_url")
        case _:
            server = request.getfixturevalue("redis_server")
            yield f"{server.url}?prefix={server.new_prefix()}"
            server.delete_prefixes()


async def test_one_trace_leads_from_the_caller_through_the_handler_to_what_it_chains(
    any_workers: Workers, exporter: InMemorySpanExporter
) -> None:
    worker = traced(any_workers)

    @worker.on("order:pay")
    async def pay(context: TaskContext) -> Next:
        await worker.enqueue("order:mail")
        return Next("order:ship")

    @worker.on("order:mail")
    def mail() -> None:
        pass

    @worker.on("order:ship")
    async def ship() -> None:
        pass

    with trace.get_tracer("shop").start_as_current_span("POST /orders"):
        await worker.enqueue("order:pay")
    await finish(worker)
    spans = named(exporter)
    parents = {
        "send order:pay": "POST /orders",
        "process order:pay": "send order:pay",
        "send order:mail": "process order:pay",
        "process order:mail": "send order:mail",
        "send order:ship": "process order:pay",
        "process order:ship": "send order:ship",
    }
    assert spans.keys() == {"POST /orders", *parents}
    assert {name: parent_of(spans[name]) for name in parents} == {
        name: id_of(spans[parent]) for name, parent in parents.items()
    }
    assert len({span.context.trace_id for span in spans.values() if span.context}) == 1


async def test_spans_have_the_attributes_of_the_messaging_conventions(
    workers: Workers, exporter: InMemorySpanExporter
) -> None:
    worker = traced(workers, queues="billing")
    worker.on("t", lambda: None)
    task = await play(worker, "t", queue="billing", correlation_id="order-7")
    spans = named(exporter)
    common = {
        "messaging.system": "backstage",
        "messaging.destination.name": "billing",
        "messaging.message.id": task.id,
        "messaging.message.conversation_id": "order-7",
        "backstage.task.type": "t",
    }
    for name, kind in (("send t", SpanKind.PRODUCER), ("process t", SpanKind.CONSUMER)):
        attributes = dict(spans[name].attributes or {})
        assert spans[name].kind is kind
        assert common.items() <= attributes.items()
        assert attributes["messaging.operation.name"] == attributes["messaging.operation.type"] == KINDS[kind]
    attributes = dict(spans["process t"].attributes or {})
    assert (attributes["backstage.task.attempt"], attributes["backstage.task.workflow_id"]) == (1, task.workflow_id)
    assert str(attributes["messaging.client.id"]).startswith("w.")


async def test_a_batch_has_one_span_which_is_the_parent_of_every_run(
    workers: Workers, exporter: InMemorySpanExporter
) -> None:
    worker = traced(workers)
    worker.on("a", lambda: None)
    worker.on("b", lambda: None)
    async with worker:
        await worker.backstage.enqueue_tasks([EnqueueTask("a"), EnqueueTask("b")])
        await finish(worker)
    spans = named(exporter)
    assert spans.keys() == {"send", "process a", "process b"}
    assert dict(spans["send"].attributes or {})["messaging.batch.message_count"] == 2
    assert parent_of(spans["process a"]) == parent_of(spans["process b"]) == id_of(spans["send"])


def _raises(context: TaskContext) -> None:
    raise ValueError("no such address")


def _returns_an_error(context: TaskContext) -> TaskResult:
    return TaskResult(success=False, error="broken")


def _postpones(context: TaskContext) -> None:
    if context.task.deliveries == 1:
        raise RetryLater(0.0)


def _cancels(context: TaskContext) -> None:
    context.cancel()


@pytest.mark.parametrize(
    ("handler", "status"),
    [
        (_raises, StatusCode.ERROR),
        (_returns_an_error, StatusCode.ERROR),
        (_postpones, StatusCode.UNSET),
        (_cancels, StatusCode.UNSET),
    ],
)
async def test_only_a_failure_is_an_error(
    workers: Workers, exporter: InMemorySpanExporter, handler: Any, status: StatusCode
) -> None:
    worker = traced(workers, max_attempts=1)
    worker.on("t", handler)
    await play(worker, "t")
    spans = [span for span in exporter.get_finished_spans() if span.kind is SpanKind.CONSUMER]
    assert {span.status.status_code for span in spans} == {status}


async def test_the_error_of_a_handler_is_told(workers: Workers, exporter: InMemorySpanExporter) -> None:
    worker = traced(workers, max_attempts=1)
    worker.on("t", _raises)
    await play(worker, "t")
    span = named(exporter)["process t"]
    assert dict(span.attributes or {})["error.type"] == "ValueError"
    assert [event.name for event in span.events] == ["exception"]
    assert span.status.description == "ValueError: no such address"


async def test_metadata_of_the_callers_own_is_kept_beside_the_context(
    any_workers: Workers, exporter: InMemorySpanExporter
) -> None:
    worker = traced(any_workers)
    async with worker:
        enqueued = await worker.enqueue("nobody:knows", metadata={"tenant": "7"})
        [stored] = await found(worker, type="nobody:knows")
    assert enqueued is not None
    assert stored.metadata == enqueued.metadata
    assert stored.metadata.keys() == {"tenant", "traceparent"}


async def test_a_context_for_which_metadata_has_no_room_is_left_out(
    workers: Workers, exporter: InMemorySpanExporter
) -> None:
    full = {"x": "y" * (MAX_METADATA_BYTES - len('{"x":""}'))}
    async with traced(workers) as worker:
        enqueued = await worker.enqueue("t", metadata=full)
    assert isinstance(enqueued, Task)
    assert enqueued.metadata == full


async def test_a_run_does_not_belong_to_whoever_started_the_worker(
    workers: Workers, exporter: InMemorySpanExporter
) -> None:
    backend = memory()
    task = await workers.over(backend).enqueue("t")
    assert task is not None
    assert task.metadata == {}
    worker = workers.over(backend, otel=True, until_idle=True)
    worker.on("t", lambda: None)
    with trace.get_tracer("shop").start_as_current_span("startup"):
        await finish(worker)
    assert parent_of(named(exporter)["process t"]) is None


async def test_without_the_setting_there_is_no_span_and_no_metadata(
    workers: Workers, exporter: InMemorySpanExporter
) -> None:
    worker = workers.new(until_idle=True)
    worker.on("t", lambda: Next("t2"))
    worker.on("t2", lambda: None)
    task = await play(worker, "t")
    assert (task.metadata, exporter.get_finished_spans()) == ({}, ())


def test_traces_without_their_package_are_one_line_that_names_the_extra(
    own_directory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "backstage.infra.otel_trace", raising=False)
    line = r"otel: needs the package opentelemetry, .*: pip install 'backstage-worker\[otel\]'"
    with pytest.raises(ConfigurationError, match=f"^{line}$"):
        Worker("memory://", otel=True)
