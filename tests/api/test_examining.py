"""The doctor and the configuration over HTTP."""

from __future__ import annotations

from backstage import Container, Identity, Role, Settings
from backstage.api import backstage_app
from tests.api.conftest import Api, client


async def test_the_doctor_answers_whoever_may_act(api: Api) -> None:
    findings = {each["name"]: each for each in (await api.operator.get("/v1/doctor")).json()["findings"]}
    assert (findings["served"]["status"], findings["served"]["remedy"]) == ("ok", "")
    assert (await api.viewer.get("/v1/doctor")).status_code == 403


async def test_the_configuration_is_told_to_an_admin_without_passwords(api: Api) -> None:
    assert (await api.operator.get("/v1/configuration")).status_code == 403
    found = (await api.admin.get("/v1/configuration")).json()
    assert found["url"] == "memory://"
    assert found["settings"]
    assert {each["state"] for each in found["retentions"]} >= {"completed", "failed"}


async def test_a_configuration_has_no_password_of_a_store() -> None:
    container = Container(Settings(url="redis://ada:pa55word@localhost:1/0"))
    app = backstage_app(container, authorize=lambda request: Identity("ada", Role.ADMIN))
    async with client(app) as http:
        answer = await http.get("/v1/configuration")
    assert ("localhost:1" in answer.text, "pa55word" in answer.text) == (True, False)
