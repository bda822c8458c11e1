"""History, rates, scale and failures over HTTP."""

from __future__ import annotations

from backstage.domain.failure_group import FailureSighting
from backstage.domain.history import HistoryPoint, HistoryRow, floored
from backstage.domain.ports.run_history import HistoryBatch
from backstage.domain.type_definition import TypeDefinition
from tests.api.conftest import Api


async def test_what_ran_is_told_in_series_and_as_rates(api: Api) -> None:
    point = HistoryPoint(at=floored(api.container.clock.now(), 60), claimed=3, completed=2, failed=1)
    rows = (HistoryRow("mail", "email:send", point),)
    await api.container.backend.history.add(HistoryBatch(writer="w1", number=1, rows=rows))
    history = (await api.viewer.get("/v1/history", params={"by": "queue", "step": 300})).json()
    assert (history["step"], sum(point["completed"] for point in history["series"]["mail"])) == (300, 2)
    [rate] = (await api.viewer.get("/v1/rates")).json()["rates"]
    assert (rate["queue"], rate["type"], round(rate["failure_rate"], 2)) == ("mail", "email:send", 0.33)
    wrong = await api.viewer.get("/v1/history", params={"step": 60, "since": "2020-01-01T00:00:00Z"})
    assert (wrong.status_code, wrong.json()["fields"][0]["field"]) == (422, "step")


async def test_an_autoscaler_reads_one_number(api: Api) -> None:
    await api.container.enqueue("email:send", queue="mail")
    scale = (await api.viewer.get("/v1/scale", params={"queue": "mail"})).json()
    assert (scale["wanted"], scale["due"], scale["running"]) == (1, 1, 0)


async def test_failures_are_listed_in_pages_muted_and_noted(api: Api) -> None:
    for number in range(2):
        sighting = FailureSighting(
            fingerprint=f"f{number}",
            task_type="email:send",
            error="ValueError",
            line="mail.py:7",
            message="no such address",
            tasks=1,
            runs=1,
            at=api.container.clock.now(),
            task_ids=("t",),
        )
        await api.container.backend.history.add(HistoryBatch(writer="w1", number=number + 1, sightings=(sighting,)))
    first = (await api.viewer.get("/v1/failures", params={"limit": 1})).json()
    rest = (await api.viewer.get("/v1/failures", params={"after": first["next_after"]})).json()
    assert [group["fingerprint"] for page in (first, rest) for group in page["groups"]] == ["f1", "f0"]
    assert (await api.operator.post("/v1/failures/f1/mute")).status_code == 204
    assert (await api.operator.put("/v1/failures/f1/note", json={"note": "known"})).status_code == 204
    group = (await api.viewer.get("/v1/failures")).json()["groups"][0]
    assert (group["is_muted"], group["note"], group["error"]) == (True, "known", "ValueError")
    assert (await api.operator.post("/v1/failures/f1/unmute")).status_code == 204
    assert (await api.operator.post("/v1/failures/f9/mute")).json()["type"] == "urn:backstage:failure-group-not-found"


async def test_definitions_of_types_are_told_with_their_schemas(api: Api) -> None:
    at = api.container.clock.now()
    told = [
        TypeDefinition(type="a", version=2, module="shop", line=7, schema='{"type": "object"}', told_at=at),
        TypeDefinition(type="b", version=1, module="shop", line=None, schema="spoilt", told_at=at),
    ]
    await api.container.backend.type_definitions.put(told)
    first, second = (await api.viewer.get("/v1/type-definitions")).json()["types"]
    assert (first["type"], first["version"], first["payload_schema"]) == ("a", 2, {"type": "object"})
    assert (second["line"], second["payload_schema"]) == (None, None)
