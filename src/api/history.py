from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from backstage.api.admission import Asked
from backstage.api.documents import Document
from backstage.api.requests import Note
from backstage.api.values import NAME, TEXT, Moment
from backstage.domain.history import RUN_BOUNDS, WAIT_BOUNDS, By
from backstage.domain.limits import MAX_SECONDS

history = APIRouter(prefix="/v1", tags=["history"])
_Name = Annotated[str | None, Query(pattern=NAME, max_length=128)]
_Fingerprint = Annotated[str, Path(min_length=1, max_length=128, pattern=TEXT)]
_MOST_GROUPS = 100


class HistoryPointDocument(Document):
    """What happened from `at` on, for the length of a step."""

    at: Moment
    claimed: int
    completed: int
    failed: int
    """Dead letters."""
    retried: int
    """Failed attempts that are tried again."""
    run_seconds: float
    wait_seconds: float
    waits: list[int]
    """Claims by how long they had waited: up to each of `wait_bounds`, and longer."""
    runs: list[int]
    """What ran by how long it took: up to each of `run_bounds`, and longer."""


class HistoryDocument(Document):
    """Series of points, oldest first and without gaps; all are one series, named "", where nothing parts them."""

    step: int
    wait_bounds: list[float]
    run_bounds: list[float]
    series: dict[str, list[HistoryPointDocument]]


class RateDocument(Document):
    """How fast one type on one queue goes, over the last minutes."""

    queue: str
    type: str
    started_per_minute: float
    completed_per_minute: float
    failure_rate: float | None
    """The share of attempts that failed, from 0 to 1; null where none ended."""


class RatesDocument(Document):
    rates: list[RateDocument]


class ScaleDocument(Document):
    """How many workers a queue needs."""

    queue: str
    wanted: int
    running: int
    due: int
    mean_seconds: float
    slots: float


class FailureGroupDocument(Document):
    """All failures of one fingerprint."""

    fingerprint: str
    task_type: str
    error: str
    line: str
    message: str
    tasks: int
    runs: int
    first_seen: Moment
    last_seen: Moment
    hours: list[int]
    """Runs of each of the last 24 hours, oldest first."""
    sample_task_ids: list[str]
    is_muted: bool
    note: str | None


class FailureGroupsDocument(Document):
    """The latest failure first. `next_after` is the `after` of the next page, and null on the last one."""

    groups: list[FailureGroupDocument]
    next_after: str | None


@history.get("/history")
async def get_history(
    asked: Asked,
    queue: _Name = None,
    type: _Name = None,
    since: Annotated[Moment | None, Query()] = None,
    until: Annotated[Moment | None, Query()] = None,
    step: Annotated[int | None, Query(ge=60, multiple_of=60)] = None,
    by: Annotated[By | None, Query()] = None,
) -> HistoryDocument:
    """What ran, one point for each step of `step` seconds; from an hour ago until now unless said otherwise."""
    found = await asked.get_history(queue, type, since=since, until=until, step=step, by=by)
    series = {
        name: [HistoryPointDocument.model_validate(point) for point in points] for name, points in found.series.items()
    }
    return HistoryDocument(step=found.step, wait_bounds=list(WAIT_BOUNDS), run_bounds=list(RUN_BOUNDS), series=series)


@history.get("/rates")
async def get_rates(asked: Asked) -> RatesDocument:
    """How fast each type on each queue goes, over the last five minutes."""
    return RatesDocument(rates=[RateDocument.model_validate(each) for each in await asked.get_rates()])


@history.get("/scale")
async def get_scale(
    asked: Asked,
    queue: Annotated[str, Query(pattern=NAME, max_length=128)],
    target: Annotated[float, Query(ge=0.001, le=MAX_SECONDS)] = 30.0,
) -> ScaleDocument:
    """How many workers the queue needs for its due tasks to begin within `target` seconds: that is `wanted`."""
    return ScaleDocument.model_validate(await asked.get_scale(queue, target))


@history.get("/failures")
async def list_failure_groups(
    asked: Asked,
    since: Annotated[Moment | None, Query()] = None,
    type: _Name = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_GROUPS)] = 50,
    after: Annotated[str | None, Query(min_length=1, max_length=512, pattern=TEXT)] = None,
) -> FailureGroupsDocument:
    """What failed since then, or in the last day, grouped by what the failures have in common."""
    groups = await asked.list_failure_groups(since, limit, after, type)
    return FailureGroupsDocument(
        groups=[FailureGroupDocument.model_validate(each) for each in groups],
        next_after=groups[-1].cursor if len(groups) == limit else None,
    )


@history.post("/failures/{fingerprint}/mute", status_code=204)
async def mute_failure_group(asked: Asked, fingerprint: _Fingerprint) -> None:
    """Call nobody's attention to these failures any more."""
    await asked.mute_failure_group(fingerprint)


@history.post("/failures/{fingerprint}/unmute", status_code=204)
async def unmute_failure_group(asked: Asked, fingerprint: _Fingerprint) -> None:
    await asked.unmute_failure_group(fingerprint)


@history.put("/failures/{fingerprint}/note", status_code=204)
async def note_failure_group(asked: Asked, fingerprint: _Fingerprint, body: Note) -> None:
    """Write down what is known of these failures; an empty note is none."""
    await asked.note_failure_group(fingerprint, body.note)
