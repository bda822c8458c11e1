-- Which tasks may match a search, as far as their creation and stored text tell.
--   1: created from then, NULL: at any time   2: created before then, NULL: at any time   3: what the failure must hold,
--   NULL: anything   4, 5, 6: of what the payload must hold one, 4 NULL: anything   7: JSON array of ids
WITH asked (since, before, failure, first, second, third) AS (VALUES (?, ?, ?, ?, ?, ?))
SELECT task.id
  FROM asked
 CROSS JOIN json_each(?) AS candidate
 CROSS JOIN backstage_tasks AS task ON task.id = candidate.value
  LEFT JOIN backstage_large_payloads AS large ON large.task = task.seq AND asked.first IS NOT NULL
 WHERE (asked.since IS NULL OR task.created_at >= asked.since)
   AND (asked.before IS NULL OR task.created_at < asked.before)
   AND (asked.failure IS NULL OR instr(lower(task.last_failure), asked.failure))
   AND (asked.first IS NULL
        OR instr(coalesce(task.payload, large.payload), asked.first)
        OR (asked.second IS NOT NULL AND instr(coalesce(task.payload, large.payload), asked.second))
        OR (asked.third IS NOT NULL AND instr(coalesce(task.payload, large.payload), asked.third)))
