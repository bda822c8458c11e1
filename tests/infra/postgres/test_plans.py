"""No statement reads more than it needs, whatever the planner was told about the tables when it made its plan."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from backstage.infra.postgres.backend import PostgresBackend
from backstage.infra.postgres.connector import Connector
from backstage.infra.postgres.location import parse_url
from backstage.infra.postgres.statements import all_statements, qualified, statement
from backstage.testing.fake_clock import FakeClock

BIG = {
    *("backstage_tasks", "backstage_live", "backstage_finished"),
    *("backstage_attempts", "backstage_dedupe", "backstage_tags"),
}
READ_WHOLE = {"backstage_live_running", "backstage_live_future", "backstage_live_first"}
"""Partial indexes whose rows are few, or of which the first are wanted."""

INDEXES = {
    "claim_tasks": {"backstage_live_first", "backstage_live_ready", "backstage_live_future", "backstage_tasks_pkey"},
    "promote_tasks": {"backstage_live_future", "backstage_live_pkey"},
    "settle_ends": {"backstage_live_pkey", "backstage_dedupe_task"},
    "settle_returns": {"backstage_live_pkey", "backstage_dedupe_task"},
    "renew_leases": {"backstage_live_pkey"},
    "lock_expired_tasks": {"backstage_live_running", "backstage_live_pkey", "backstage_tasks_pkey"},
    "find_busy_lane": {
        "backstage_live_ready",
        "backstage_live_future",
        "backstage_live_retrying",
        "backstage_live_chained",
        "backstage_live_running",
    },
    "find_in_lanes": {
        "backstage_live_listed",
        "backstage_live_running",
        "backstage_finished_listed",
        "backstage_live_pkey",
        "backstage_finished_pkey",
        "backstage_tasks_pkey",
    },
    "count_later": {"backstage_live_future"},
    "count_due": {"backstage_live_ready", "backstage_live_future"},
    "find_tagged": {
        "backstage_tags_tasks",
        "backstage_live_pkey",
        "backstage_finished_pkey",
        "backstage_tasks_pkey",
    },
    "find_of_key": {
        "backstage_tasks_key",
        "backstage_tags_pkey",
        "backstage_live_pkey",
        "backstage_finished_pkey",
        "backstage_tasks_pkey",
    },
    "prune_tasks": {
        "backstage_finished_ended",
        "backstage_finished_pkey",
        "backstage_attempts_pkey",
        "backstage_tasks_pkey",
        "backstage_tags_pkey",
        "backstage_dedupe_task",
    },
}
"""All that these may read of big tables: they run all day, and an index in another order would be read to its end."""

FILL = """
INSERT INTO backstage_lanes SELECT 't' || n, 'q' || n FROM generate_series(1, 30) AS n;
INSERT INTO backstage_tasks (id, type, queue, created_at, payload, workflow_id, correlation_id, key, tags)
SELECT md5(n::text)::uuid, 't' || n % 30, 'q' || n % 30, n, 'null', 'w' || n % 900, 'c' || n % 900, 'k' || n % 900,
       '["vip"]'
  FROM generate_series(1, 30000) AS n;
INSERT INTO backstage_tags SELECT id, 'vip' FROM backstage_tasks;
INSERT INTO backstage_live (id, queue, type, priority, state, ready, is_keyed, scheduled_at, version, worker_id,
                            lease_begun, lease_end, deliveries)
SELECT md5(n::text)::uuid, 'q' || n % 30, 't' || n % 30, n % 3, CASE WHEN n % 100 = 0 THEN 'running' ELSE 'pending' END,
       n % 100 <> 0 AND n % 2 = 0, true, n, 1, 'w' || n % 7, n, n, n % 2
  FROM generate_series(1, 15000) AS n;
INSERT INTO backstage_finished (id, queue, type, priority, state, scheduled_at, deliveries, interruptions, crashes,
                                version, finished_at, is_failure_new)
SELECT md5(n::text)::uuid, 'q' || n % 30, 't' || n % 30, 0, 'completed', n, 1, 0, 0, 3, n, false
  FROM generate_series(15001, 30000) AS n;
INSERT INTO backstage_attempts
SELECT md5(n::text)::uuid, 1, 1, 'w', 1, 2, 'retried', NULL FROM generate_series(1, 15000) AS n;
INSERT INTO backstage_dedupe SELECT 'q' || n % 30, n::text, md5(n::text)::uuid, n FROM generate_series(1, 15000) AS n;
"""


async def _prepared(url: str, set_up: str) -> str:
    """Return the URL of a store that was opened, and then set up; its tables are analysed by nobody else."""
    await _opened_once(url)
    connection = await _connected(url)
    try:
        for table in BIG:
            await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        await connection.execute(set_up)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return url


async def _opened_once(url: str) -> None:
    backend = PostgresBackend.from_url(url, FakeClock())
    await backend.open()
    await backend.close()


async def _connected(url: str) -> asyncpg.Connection[Any]:
    """A connection as the backend makes it, that keeps the plan which it would come to keep."""
    location = parse_url(url)
    connection = await Connector(location).connect()
    await connection.execute(f'SET search_path TO "{location.schema}"; SET plan_cache_mode = force_generic_plan')
    return connection


@pytest.fixture(scope="module")
def stale_url(database_url: str) -> str:
    """The planner believes that the tables are empty, as they are when a worker makes its plans on a new store."""
    return asyncio.run(_prepared(f"{database_url}?schema=stale", "SELECT"))


@pytest.fixture(scope="module")
def full_url(database_url: str) -> str:
    """The planner knows how the tables are filled."""
    return asyncio.run(_prepared(f"{database_url}?schema=full", FILL))


@pytest.mark.parametrize("name", all_statements())
async def test_made_for_empty_tables_it_reads_no_big_one_whole(stale_url: str, name: str) -> None:
    assert list(_whole_reads(await _plan(stale_url, name))) == []


@pytest.mark.parametrize("name", all_statements())
async def test_made_for_full_tables_it_reads_no_big_one_whole(full_url: str, name: str) -> None:
    assert list(_whole_reads(await _plan(full_url, name))) == []


@pytest.mark.parametrize("name", INDEXES)
async def test_it_reads_its_own_indexes_and_no_others(stale_url: str, full_url: str, name: str) -> None:
    for url in (stale_url, full_url):
        assert set(_indexes(await _plan(url, name))) <= INDEXES[name]


@pytest.fixture(scope="module")
def pending_url(database_url: str) -> str:
    """The planner knows that no task runs, as it does when a full queue was analysed before its workers came."""
    fill = FILL.replace("CASE WHEN n % 100 = 0 THEN 'running' ELSE 'pending' END", "'pending'")
    return asyncio.run(_prepared(f"{database_url}?schema=pending", fill))


@pytest.mark.parametrize("name", ["settle_ends", "settle_returns", "renew_leases", "inspect_leases"])
async def test_a_batch_is_not_gone_through_again_for_each_of_its_tasks(
    stale_url: str, full_url: str, pending_url: str, name: str
) -> None:
    for url in (stale_url, full_url, pending_url):
        assert list(_repeated_scans(await _plan(url, name))) == []


@pytest.mark.parametrize("name", ["find_in_lanes", "find_ids_in_lanes"])
async def test_the_tasks_of_a_lane_are_not_looked_for_among_all_ids(full_url: str, name: str) -> None:
    """Not even where the index of lanes is missing and sorting costs much: an empty lane would be looked for to the
    end."""
    worst = (
        "DROP INDEX backstage_live_listed, backstage_finished_listed; SET enable_sort = off; SET enable_seqscan = off"
    )
    assert list(_backward_reads(await _plan(full_url, name, f"BEGIN; {worst}"))) == []


@pytest.mark.parametrize("name", ["prune_tasks", "ended_since"])
async def test_of_those_that_ended_first_no_more_are_read_than_are_asked_for(stale_url: str, name: str) -> None:
    """Their index has no ids: a sort by moment and id would read it to its end."""
    assert "backstage_finished_ended" not in set(_sorted_reads(await _plan(stale_url, name)))


async def test_a_statement_is_planned_once_however_dear_its_plan_seems(full_url: str) -> None:
    location = parse_url(full_url)
    connection = await Connector(location).connect()
    try:
        for _ in range(8):
            await connection.fetch(qualified(statement("oldest_due"), location.schema), None, 10_000)
        planned = "SELECT custom_plans FROM pg_prepared_statements WHERE statement LIKE '%best_of_priority%' LIMIT 1"
        assert await connection.fetchval(planned) == 0
    finally:
        await connection.close()


async def _plan(url: str, name: str, before: str = "SELECT") -> dict[str, Any]:
    """The plan that is kept for any arguments."""
    connection = await _connected(url)
    try:
        await connection.execute(before)
        await connection.execute(f"PREPARE {name} AS {qualified(statement(name), parse_url(url).schema)}")
        [(number,)] = await connection.fetch(
            "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = $1", name
        )
        arguments = f"({', '.join(['NULL'] * number)})" if number else ""
        [(text,)] = await connection.fetch(f"EXPLAIN (FORMAT JSON) EXECUTE {name}{arguments}")
    finally:
        await connection.close()
    plan: dict[str, Any] = json.loads(text)[0]["Plan"]
    return plan


def _backward_reads(node: dict[str, Any]) -> Iterator[str]:
    """Indexes of big tables that are read from their greatest entry on."""
    if node.get("Scan Direction") == "Backward" and node.get("Relation Name") in BIG:
        yield node["Index Name"]
    for child in node.get("Plans", ()):
        yield from _backward_reads(child)


def _sorted_reads(node: dict[str, Any]) -> Iterator[str]:
    """Indexes whose rows are sorted as they come."""
    for child in node.get("Plans", ()):
        if node["Node Type"] in ("Sort", "Incremental Sort") and "Index Name" in child:
            yield child["Index Name"]
        yield from _sorted_reads(child)


def _repeated_scans(node: dict[str, Any]) -> Iterator[str]:
    """What a nested loop reads from end to end for each of its rows; `clock` has one row."""
    for child in node.get("Plans", ()):
        is_scan = child["Node Type"] in ("Function Scan", "CTE Scan") and child.get("CTE Name") != "clock"
        if node["Node Type"] == "Nested Loop" and child["Parent Relationship"] == "Inner" and is_scan:
            yield f"{child['Node Type']} on {child['Alias']}"
        yield from _repeated_scans(child)


def _whole_reads(node: dict[str, Any]) -> Iterator[str]:
    table, kind, index = node.get("Relation Name"), node["Node Type"], node.get("Index Name")
    is_whole = kind == "Seq Scan" or (index not in (None, *READ_WHOLE) and "Index Cond" not in node)
    if table in BIG and is_whole:
        yield f"{index or table} from end to end"
    for child in node.get("Plans", ()):
        yield from _whole_reads(child)


def _indexes(node: dict[str, Any]) -> Iterator[str]:
    """The indexes of big tables that are read."""
    if node.get("Relation Name") in BIG and "Index Name" in node:
        yield node["Index Name"]
    for child in node.get("Plans", ()):
        yield from _indexes(child)
