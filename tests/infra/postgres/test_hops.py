"""Through which of the adapter's files an enqueue goes."""

from __future__ import annotations

from tests.walked import walked


def test_an_enqueue_passes_each_file_of_a_short_list(postgres_url: str) -> None:
    rooms = {room.removeprefix("infra/postgres/") for room in walked(postgres_url).enqueue if room.startswith("infra/")}
    assert rooms == {
        "infra/joined_adds.py",
        *("add.py", "columns.py", "database.py", "connection_pool.py", "session.py", "notifier.py", "counts.py"),
    }
