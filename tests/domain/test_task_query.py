from __future__ import annotations

import re
from typing import Any

import pytest

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"states": "completed"}, "states: 'completed' is not a set: pass one, such as {TaskState.FAILED}"),
        ({"states": TaskState.FAILED}, "states: <TaskState.FAILED: 'failed'> is not a set"),
        ({"states": ["done"]}, "states: 'done' is not one of pending, running, completed, failed, cancelled"),
        ({"states": 3}, "states: 3 is not a set"),
        ({"limit": "9"}, "limit: '9' is not a whole number"),
    ],
)
def test_a_condition_that_no_task_can_meet_is_refused(condition: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidTaskDataError, match=f"^{re.escape(message)}"):
        TaskQuery(**condition)
