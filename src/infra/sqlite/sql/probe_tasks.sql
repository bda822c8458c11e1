-- Which tasks may match a search, as far as their creation and stored text tell.
--   1: JSON array of ids   2: created from then, NULL: at any time   3: created before then, NULL: at any time
--   4: what the failure must hold, NULL: anything   5, 6, 7: of what the payload must hold one, 5 NULL: anything
SELECT task.id
  FROM backstage_tasks AS task
  LEFT JOIN backstage_large_payloads AS large ON large.task = task.seq AND ?5 IS NOT NULL
 WHERE task.id IN (SELECT value FROM json_each(?1))
   AND (?2 IS NULL OR task.created_at >= ?2)
   AND (?3 IS NULL OR task.created_at < ?3)
   AND (?4 IS NULL OR instr(lower(task.last_failure), ?4))
   AND (?5 IS NULL
        OR instr(coalesce(task.payload, large.payload), ?5)
        OR (?6 IS NOT NULL AND instr(coalesce(task.payload, large.payload), ?6))
        OR (?7 IS NOT NULL AND instr(coalesce(task.payload, large.payload), ?7)))
