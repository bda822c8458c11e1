from __future__ import annotations

from fastapi import APIRouter

from backstage.api.admission import Asked
from backstage.api.documents import Document
from backstage.domain.finding import Severity
from backstage.domain.task_state import TaskState

examining = APIRouter(prefix="/v1", tags=["examining"])


class FindingDocument(Document):
    """One thing that was looked at. `remedy` says what to do unless all is well."""

    name: str
    status: Severity
    detail: str
    remedy: str


class FindingsDocument(Document):
    findings: list[FindingDocument]


class SettingDocument(Document):
    """`value` is as the environment would have it, without passwords; `source` says where it comes from."""

    name: str
    value: str
    source: str


class RetentionDocument(Document):
    """Which finished tasks need not be kept, of one queue or of each by itself."""

    state: TaskState
    max_age: float | None
    keep_last: int | None
    queue: str | None
    except_queues: list[str]


class ConfigurationDocument(Document):
    """How the process that answers was set up; workers elsewhere may have other settings."""

    url: str
    """The store, without its password."""
    release: str
    settings: list[SettingDocument]
    unknown: list[str]
    """What was set and has no effect: a sentence each."""
    retentions: list[RetentionDocument]


@examining.get("/doctor")
async def diagnose(asked: Asked) -> FindingsDocument:
    """What an examination of the store and its workers finds. It may take seconds."""
    return FindingsDocument(findings=[FindingDocument.model_validate(each) for each in await asked.diagnose()])


@examining.get("/configuration")
async def get_configuration(asked: Asked) -> ConfigurationDocument:
    """The settings of this process, without passwords."""
    found = await asked.get_configuration()
    names = [name for name in ConfigurationDocument.model_fields if name != "retentions"]
    retentions = [
        RetentionDocument.model_validate(
            {name: getattr(each, name) for name in RetentionDocument.model_fields if name != "except_queues"}
            | {"except_queues": sorted(each.except_queues)}
        )
        for each in found.retentions
    ]
    return ConfigurationDocument.model_validate(
        {name: getattr(found, name) for name in names} | {"retentions": retentions}
    )
