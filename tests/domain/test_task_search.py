from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backstage import InvalidQueryError, Task, TaskSearch, TaskState
from backstage.domain.task_search import SearchIndex

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def _task(**fields: object) -> Task:
    id_ = "0193ab12-0000-7000-8000-000000000001"
    defaults = {"id": id_, "type": "email:send", "created_at": NOW, "scheduled_at": NOW}
    return Task(**{**defaults, "correlation_id": id_, "workflow_id": id_, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        ("  queue:mail\tstate:failed  state:failed", "state:failed queue:mail"),
        ("STATE:failed payload.userId:7", "state:failed payload.userId:7"),
        ('error:"no such \\"host\\""', 'error:"no such \\"host\\""'),
        ('queue:"mail"', "queue:mail"),
        ("0193ab12", "id:0193ab12"),
        ("since:2h -queue:mail", "-queue:mail since:2h"),
        ("type:email:send", "type:email:send"),
    ],
)
def test_a_query_has_one_canonical_text_which_means_the_same(text: str, canonical: str) -> None:
    search = TaskSearch.parse(text, NOW)
    assert str(search) == canonical
    assert TaskSearch.parse(canonical, NOW) == search


@pytest.mark.parametrize(
    ("text", "field", "nearest"),
    [
        ("stat:failed", "stat", "state:failed"),
        ("-queu:mail", "queu", "-queue:mail"),
        ("state:faild", "state", "state:failed"),
        ("payloads.user:1", "payloads.user", "payload.user_id:1"),
        ("timeout", "timeout", "error:timeout"),
        ('error:"no end', "error", 'error:"no end"'),
        ("type:", "type", None),
        ('type:""', "type", None),
        ("attempts:many", "attempts", "attempts:>2"),
        ("since:yesterday", "since", None),
        ("-since:2h", "since", "since:2h"),
        ("id:xyz", "id", None),
        ("payload.:1", "payload.", "payload.user_id:1"),
        ('queue:"a"b', 'queue:"a"b', None),
        ("-", "-", "error:-"),
        ("x:1 " * 40, "x", None),
        ("queue:a" * 400, "query", None),
    ],
)
def test_a_query_that_means_nothing_is_refused_with_its_word_and_what_was_perhaps_meant(
    text: str, field: str, nearest: str | None
) -> None:
    with pytest.raises(InvalidQueryError) as caught:
        TaskSearch.parse(text, NOW)
    assert (caught.value.field, caught.value.nearest) == (field, nearest)
    assert caught.value.problem in str(caught.value)


def test_a_query_of_too_many_filters_is_refused() -> None:
    with pytest.raises(InvalidQueryError, match="the limit is 32"):
        TaskSearch.parse(" ".join(f"queue:q{number}" for number in range(33)), NOW)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("", SearchIndex.NEWEST),
        ("payload.a:1", SearchIndex.NEWEST),
        ("-state:failed", SearchIndex.LANES),
        ("worker:w* state:running", SearchIndex.WORKER),
        ("workflow:f state:failed", SearchIndex.WORKFLOW),
        ("workflow:f* state:failed", SearchIndex.LANES),
        ("workflow:f workflow:g", SearchIndex.NEWEST),
        ("workflow:f id:01", SearchIndex.ID),
    ],
)
def test_a_search_uses_the_index_that_leads_to_the_fewest_tasks(text: str, index: SearchIndex) -> None:
    assert TaskSearch.parse(text, NOW).index is index


def test_a_pending_task_that_waits_for_a_reason_has_a_word_of_its_own() -> None:
    def is_found(query: str, task: Task) -> bool:
        return TaskSearch.parse(query, NOW).matches(task)

    fresh, later = _task(), _task(scheduled_at=NOW + timedelta(seconds=1))
    again = _task(scheduled_at=NOW + timedelta(seconds=1), deliveries=1)
    words = ("state:pending", "state:scheduled", "state:retrying")
    assert [is_found(word, fresh) for word in words] == [True, False, False]
    assert [is_found(word, later) for word in words] == [True, True, False]
    assert [is_found(word, again) for word in words] == [True, False, True]
    assert TaskSearch.parse("state:retrying", NOW).is_of_lane("q", "t", TaskState.PENDING)
    assert not TaskSearch.parse("state:retrying", NOW).is_of_lane("q", "t", TaskState.FAILED)
