-- Tasks by queue, type and state: what was counted and what has changed since, in one snapshot.
SELECT queue, type, state, sum(tasks)::bigint, sum(pruned)::bigint
  FROM (SELECT queue, type, state, tasks, pruned FROM backstage_counts
        UNION ALL
        SELECT queue, type, state, tasks, pruned FROM backstage_count_changes) AS every
 GROUP BY queue, type, state
 ORDER BY queue, type, state
