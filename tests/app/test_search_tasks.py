from __future__ import annotations

import pytest

from backstage import Container, InvalidQueryError, InvalidTaskDataError
from backstage.domain.completion import Completion


async def test_a_query_is_counted_exactly_by_the_counts_where_they_decide() -> None:
    async with Container.open("memory://") as backstage:
        await backstage.enqueue("email:send", {"n": 1}, queue="mail")
        await backstage.enqueue("email:send", {"n": 2}, queue="mail", delay=60)
        counted = await backstage.count_tasks("queue:m* -state:failed")
        assert (counted.tasks, counted.is_exact) == (2, True)
        counted = await backstage.count_tasks("state:scheduled")
        assert (counted.tasks, counted.is_exact) == (1, True)
        assert (await backstage.count_tasks("queue:other")).tasks == 0


async def test_a_search_refuses_what_is_no_query_no_page_and_no_id() -> None:
    async with Container.open("memory://") as backstage:
        with pytest.raises(InvalidQueryError, match="did you mean queue:mail"):
            await backstage.search_tasks("que:mail")
        with pytest.raises(InvalidTaskDataError, match="limit"):
            await backstage.search_tasks("", limit=0)
        with pytest.raises(InvalidTaskDataError, match="after"):
            await backstage.search_tasks("", after="x")


async def test_a_query_is_completed_at_the_position_by_names_and_then_by_values_with_counts() -> None:
    async with Container.open("memory://") as backstage:
        for user in (1, 7, 7):
            await backstage.enqueue("email:send", {"user_id": user}, queue="mail")
        await backstage.enqueue("report:build", queue="reports")
        assert [each.text for each in await backstage.complete_query("state:failed -qu")] == ["-queue:"]
        assert [(each.text, each.count) for each in await backstage.complete_query("queue:")] == [
            ("queue:mail", 3),
            ("queue:reports", 1),
        ]
        assert await backstage.complete_query("type:rep state:failed", 8) == (
            Completion("type:report:build", "report:build", 1, 0, 8),
        )
        assert ("state:pending", 4) in [(each.text, each.count) for each in await backstage.complete_query("state:")]
        assert [each.text for each in await backstage.complete_query("payl")] == ["payload.user_id:"]
        assert [(each.label, each.count) for each in await backstage.complete_query("payload.user_id:")] == [
            ("7", 2),
            ("1", 1),
        ]
        assert [each.text for each in await backstage.complete_query('error:"a b" since:2')] == ["since:24h"]
        assert await backstage.complete_query("nothing:") == ()
