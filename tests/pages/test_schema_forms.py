"""The form for a new task, made from what a worker told of its handler's payloads."""

from __future__ import annotations

import html
import json
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal

import httpx
from pydantic import BaseModel, Field, TypeAdapter

from backstage.domain.identity import Role
from backstage.domain.type_definition import TypeDefinition
from backstage.infra.container import Container
from backstage.pages.schema_fields import fields_of
from backstage.pages.schema_values import payload_of, texts_of
from tests.pages.conftest import Client
from tests.pages.scene import HOSTILE
from tests.pages.test_pages import hidden


class Paper(Enum):
    A4 = "a4"
    LETTER = "letter"


class Invoice(BaseModel):
    number: Annotated[int, Field(ge=1, le=900)]
    customer: str
    due: datetime | None = None
    paper: Paper = Paper.A4
    is_paid: bool = False
    rate: float | None
    lines: list[float] = Field(description="One <amount> for each line", default=[])
    kind: Literal["net", "gross"] = "net"


SCHEMA = json.dumps(TypeAdapter(Invoice).json_schema())


async def told(store: Container, **fields: Any) -> None:
    usual: dict[str, Any] = {"type": "invoice:render", "version": 3, "module": "shop.billing", "line": 42}
    definition = TypeDefinition(**{**usual, "schema": SCHEMA, "told_at": store.clock.now(), **fields})
    await store.backend.type_definitions.put([definition])


def test_each_value_of_a_payload_has_a_field_of_its_kind() -> None:
    fields = {field.name: field for field in fields_of(SCHEMA)}
    assert {name: field.kind for name, field in fields.items()} == {
        "number": "integer",
        "customer": "text",
        "due": "text",
        "paper": "choice",
        "is_paid": "boolean",
        "rate": "number",
        "lines": "json",
        "kind": "choice",
    }
    assert [name for name, field in fields.items() if field.is_required] == ["number", "customer", "rate"]
    assert fields["number"].what == "A whole number from 1 to 900."
    assert fields["paper"].choices == ['"a4"', '"letter"']


def test_what_is_typed_becomes_a_payload_that_the_model_takes() -> None:
    typed = {"payload.number": "12", "payload.customer": "", "payload.paper": '"letter"', "payload.lines": "[1, 2.5]"}
    payload, problems = payload_of(fields_of(SCHEMA), lambda name: typed.get(name, ""))
    assert (payload, problems) == (
        {"number": 12, "customer": "", "paper": "letter", "rate": None, "lines": [1, 2.5]},
        {},
    )
    assert Invoice.model_validate(payload).paper is Paper.LETTER
    texts = texts_of(fields_of(SCHEMA), payload)
    assert texts is not None
    assert texts["payload.paper"] == '"letter"'
    assert texts_of(fields_of(SCHEMA), {"unknown": 1}) is None


def test_what_is_wrong_is_told_at_its_field() -> None:
    typed = {"payload.number": "901", "payload.rate": "much", "payload.lines": "[", "payload.is_paid": "maybe"}
    _, problems = payload_of(fields_of(SCHEMA), lambda name: typed.get(name, ""))
    assert problems["payload.number"] == "is more than 900"
    assert problems["payload.rate"] == "is not a number"
    assert problems["payload.lines"].startswith("is not JSON")
    assert problems["payload.is_paid"] == "is none of true, false"


def test_a_schema_without_named_fields_makes_no_form() -> None:
    for schema in (
        None,
        "",
        "[]",
        '{"type": "array"}',
        '{"type": "object", "properties": {}}',
        '{"$ref": "#/no"}',
        "{",
    ):
        assert fields_of(schema) == []


async def test_a_task_is_stored_by_the_form_of_its_type(client: httpx.AsyncClient, store: Container) -> None:
    await told(store)
    page = (await client.get("/new-task?type=invoice:render")).text
    assert "shop.billing:42" in page
    assert 'name="payload.customer"' in page
    assert "One &lt;amount&gt; for each line" in page
    form = {"csrf": hidden(page, "csrf"), "type": "invoice:render", "version": hidden(page, "version")}
    wrong = await client.post("/new-task", data={**form, "payload.number": "many", "payload.customer": HOSTILE})
    assert wrong.status_code == 422
    assert 'id="payload.number-problem"' in wrong.text
    assert html.escape(HOSTILE, quote=False)[:20] in wrong.text
    right = await client.post("/new-task", data={**form, "payload.number": "7", "payload.customer": "Hooli"})
    assert right.status_code == 303
    task = await store.get_task(right.headers["location"].rsplit("/", 1)[1])
    assert (json.loads(task.payload_json), task.payload_version) == (
        {"number": 7, "customer": "Hooli", "rate": None},
        3,
    )
    shown = (await client.get(right.headers["location"])).text
    assert "Version 3" in shown
    assert "shop.billing:42" in shown
    copied = (await client.get(f"/new-task?copy={task.id}")).text
    assert 'value="Hooli"' in copied
    assert "--payload-version 3" in shown


async def test_a_payload_may_always_be_written_as_json(client: httpx.AsyncClient, store: Container) -> None:
    await told(store)
    page = (await client.get("/new-task?type=invoice:render&as=json")).text
    assert 'name="payload"' in page
    form = {"csrf": hidden(page, "csrf"), "type": "invoice:render", "as": "json", "payload": '{"x": 1}', "version": "2"}
    stored = await client.post("/new-task", data=form)
    task = await store.get_task(stored.headers["location"].rsplit("/", 1)[1])
    assert (json.loads(task.payload_json), task.payload_version) == ({"x": 1}, 2)


async def test_types_tell_their_handler_and_offer_the_form_to_operators(new_client: Client, store: Container) -> None:
    await told(store)
    await store.enqueue("invoice:render", {})
    async with new_client(Role.OPERATOR) as client:
        assert "shop.billing:42" in (await client.get("/types")).text
        page = (await client.get("/types/invoice:render")).text
        assert 'action="/new-task"' in page
        assert "Payload schema" in page
    async with new_client(Role.VIEWER) as client:
        assert 'action="/new-task"' not in (await client.get("/types/invoice:render")).text
