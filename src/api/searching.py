from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from backstage.api.admission import Asked
from backstage.api.documents import Document, TaskDocument
from backstage.api.values import ID, TEXT

LONGEST_QUERY = 2_000
MOST_OF_A_PAGE = 200
searching = APIRouter(prefix="/v1", tags=["searching"])
Searched = Annotated[
    str,
    Query(
        max_length=LONGEST_QUERY,
        pattern=TEXT,
        description="A query, such as `state:failed type:email:* since:2h`. Empty: all tasks.",
    ),
]


class SearchPageDocument(Document):
    """Newest first. Without `is_whole` the search stopped at its bound of tasks or of time, with few tasks or none, and
    the next page goes on from there."""

    tasks: list[TaskDocument]
    next_after: str | None
    looked: int
    """How many tasks were looked at."""
    is_whole: bool


class CountedDocument(Document):
    """How many tasks match. Without `is_exact` there may be more: only the newest `looked` were looked at."""

    tasks: int
    is_exact: bool
    looked: int


class CompletionDocument(Document):
    """`text` may be put in place of the characters from `start` to `end` of the query."""

    text: str
    label: str
    count: int | None
    start: int
    end: int


class CompletionsDocument(Document):
    completions: list[CompletionDocument]


@searching.get("/search")
async def search_tasks(
    asked: Asked,
    q: Searched = "",
    limit: Annotated[int, Query(ge=1, le=MOST_OF_A_PAGE)] = 50,
    after: Annotated[str | None, Query(pattern=ID)] = None,
) -> SearchPageDocument:
    """One page of the tasks that match a query."""
    page = await asked.search_tasks(q, limit, after)
    return SearchPageDocument(
        tasks=[TaskDocument.of(task) for task in page.tasks],
        next_after=page.next_after,
        looked=page.looked,
        is_whole=page.is_whole,
    )


@searching.get("/search/count")
async def count_tasks(asked: Asked, q: Searched = "") -> CountedDocument:
    """How many tasks match a query."""
    return CountedDocument.model_validate(await asked.count_tasks(q))


@searching.get("/search/complete")
async def complete_query(
    asked: Asked, q: Searched = "", position: Annotated[int | None, Query(ge=0, le=LONGEST_QUERY)] = None
) -> CompletionsDocument:
    """What may stand at that place of a query."""
    found = [CompletionDocument.model_validate(each) for each in await asked.complete_query(q, position)]
    return CompletionsDocument(completions=found)
