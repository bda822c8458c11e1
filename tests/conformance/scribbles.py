"""Rows that make no sense, as SQL for either store."""

from __future__ import annotations

SCRIBBLES = {
    "subscription": "INSERT INTO backstage_subscriptions (name, document) VALUES ('odd', '{\"events\": 1}')",
    "worker": """INSERT INTO backstage_workers
                        (id, host, pid, started_at, seen_at, concurrency, queues, types, running, is_stopping)
                 SELECT 'odd', host, pid, started_at, seen_at, concurrency, 'no json', types, running, is_stopping
                   FROM backstage_workers""",
    "attempt": "UPDATE backstage_attempts SET outcome = 'paused' WHERE fence = 1",
    "count": "INSERT INTO backstage_counts (queue, type, state, tasks, pruned) VALUES ('default', 'a', 'asleep', 1, 0)",
}
