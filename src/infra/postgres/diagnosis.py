"""Examining the server and the store for `backstage doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg

from backstage.domain.errors import ConfigurationError
from backstage.domain.finding import Finding, Severity
from backstage.domain.task_state import TaskState
from backstage.infra.lanes_finding import lanes_finding
from backstage.infra.migrations import migrations_of
from backstage.infra.moments import to_micros
from backstage.infra.postgres.connections_taken import taken_by_a_worker
from backstage.infra.postgres.connector import Connector
from backstage.infra.postgres.migrations import Migrations
from backstage.infra.postgres.statements import qualified, statement

_LONG_TRANSACTION = 300.0
_FAR_CLOCK = 1.0
_MANY_DEAD = 100_000
_FEW_CONNECTIONS = 0.9

OK, WARNING, ERROR = Severity.OK, Severity.WARNING, Severity.ERROR


async def diagnose(connection: asyncpg.Connection[Any], connector: Connector, migrations: Migrations) -> list[Finding]:
    """Return what was found, in a fixed order. Raises what the driver raises when the server does not answer."""
    async with connection.transaction(readonly=True):
        asked_at = to_micros(datetime.now(UTC))
        [seen] = await connection.fetch(statement("diagnose"), connector.location.schema)
        answered_at = to_micros(datetime.now(UTC))
        schema = await _schema(connection, migrations)
        lanes = await _lanes(connection, connector) if schema.status is OK else []
    return [
        Finding("server version", OK, seen["version"]),
        _pooler(connector),
        *_durability(seen),
        schema,
        *lanes,
        _role(seen),
        _clock(seen["now"], asked_at, answered_at),
        *_horizon(seen),
        _dead_tuples(seen),
        _connections(seen, connector),
        Finding("size", OK, f"{seen['bytes']:,} bytes"),
    ]


def _pooler(connector: Connector) -> Finding:
    if not connector.is_pooled:
        return Finding("pooler", OK, "there is none: statements are prepared, and notifications arrive")
    if connector.location.prepared == "off":
        return Finding("pooler", OK, "prepared_statements=off: each statement is planned each time")
    return Finding(
        "pooler",
        WARNING,
        "there is one that does not keep a session: statements are planned each time, and workers poll",
        "let workers connect to the server directly, for speed and notifications; producers may use the pooler",
    )


def _durability(seen: Any) -> Iterator[Finding]:
    for name, harm in (("fsync", "lose or break the whole database"), ("full_page_writes", "break pages")):
        if seen[name] == "on":
            yield Finding(name, OK, "on")
        else:
            yield Finding(name, ERROR, f"off: a power failure may {harm}", f"set {name} = on in postgresql.conf")
    level = seen["synchronous_commit"]
    if level == "off":
        yield Finding(
            "synchronous_commit",
            WARNING,
            "off: a crash of the server may undo the last accepted steps",
            "set it to on, at least for Backstage's role",
        )
    else:
        yield Finding("synchronous_commit", OK, f"{level}: accepted tasks survive a crash of the server")
    if seen["is_standby"]:
        yield Finding("server", ERROR, "is a standby: nothing can be written", "name the primary")


async def _schema(connection: asyncpg.Connection[Any], migrations: Migrations) -> Finding:
    try:
        missing = await migrations.plan(connection)
    except ConfigurationError as error:
        return Finding("schema", ERROR, str(error), "use the Backstage release that migrated this store last")
    if missing:
        names = ", ".join(migration.name for migration in missing)
        return Finding("schema", WARNING, f"not applied yet: {names}", "run backstage migrate")
    return Finding("schema", OK, f"version {len(migrations_of('postgres'))}")


async def _lanes(connection: asyncpg.Connection[Any], connector: Connector) -> list[Finding]:
    """Of a store whose tables are there."""
    rows = await connection.fetch(qualified(statement("count_tasks"), connector.location.schema))
    return [lanes_finding(sum(1 for row in rows if row["state"] == TaskState.PENDING and row[3] > 0))]


def _role(seen: Any) -> Finding:
    if seen["is_superuser"]:
        return Finding(
            "role",
            WARNING,
            "is a superuser, which may do anything",
            "give Backstage its own role, see docs/postgresql.md",
        )
    return Finding("role", OK, "is not a superuser")


def _clock(now: int, asked_at: int, answered_at: int) -> Finding:
    """The server's clock decides; a host's own is only seen in its logs."""
    offset = max(asked_at - now, now - answered_at, 0) / 1_000_000
    if offset > _FAR_CLOCK:
        return Finding(
            "clock",
            WARNING,
            f"this host and the server differ by {offset:.1f} s",
            "run NTP on both, because times in logs are misleading",
        )
    return Finding("clock", OK, "this host and the server agree")


def _horizon(seen: Any) -> Iterator[Finding]:
    age = seen["oldest_snapshot"] or 0.0
    if age > _LONG_TRANSACTION:
        yield Finding(
            "long transactions",
            WARNING,
            f"one has been open for {age:,.0f} s; until it ends, dead rows stay and claims get slower",
            "find it in pg_stat_activity by its xact_start, and end it; set idle_in_transaction_session_timeout",
        )
    else:
        yield Finding("long transactions", OK, f"the oldest has been open for {age:,.0f} s")
    for name, remedy in (
        ("slots", "drop unused replication slots"),
        ("prepared_transactions", "commit or roll back what pg_prepared_xacts shows"),
    ):
        if seen[name]:
            yield Finding(
                name.replace("_", " "), WARNING, f"{seen[name]} may keep dead rows from being cleaned up", remedy
            )


def _dead_tuples(seen: Any) -> Finding:
    dead, live = seen["dead_tuples"], seen["live_tuples"]
    detail = f"{dead:,} dead and {live:,} live rows of pending and running tasks"
    if seen["autovacuum"] != "on":
        return Finding("dead rows", ERROR, f"{detail}; autovacuum is off", "set autovacuum = on")
    if dead > _MANY_DEAD and dead > live:
        return Finding(
            "dead rows", WARNING, detail, "check whether autovacuum keeps up; VACUUM backstage_live helps now"
        )
    return Finding("dead rows", OK, detail)


def _connections(seen: Any, connector: Connector) -> Finding:
    taken = taken_by_a_worker(connector.location.pool_size)
    detail = f"{seen['connections']} of {seen['max_connections']}; {taken}"
    if seen["connections"] > _FEW_CONNECTIONS * seen["max_connections"]:
        return Finding("connections", WARNING, detail, "raise max_connections, or lower pool_size in the URLs")
    return Finding("connections", OK, detail)
