-- Fold changes of the counts into the counts, a bounded number. The lock lets one do it at a time and sends others
-- away, so they never wait for each other; it is the transaction's, which is this statement. Readers see all of it or
-- nothing. A lane that is not known is remembered: a producer that has outlived the emptying of the store believes that
-- it is.
--   $1 the lock's number   $2 at most so many
WITH turn AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock($1::bigint) AS is_ours
), chosen AS (
    SELECT ctid FROM backstage_count_changes WHERE (SELECT is_ours FROM turn) LIMIT $2::integer
), folded AS (
    DELETE FROM backstage_count_changes WHERE ctid = ANY (ARRAY (SELECT ctid FROM chosen))
    RETURNING queue, type, state, tasks, pruned
), remembered AS (
    INSERT INTO backstage_lanes (type, queue)
    SELECT DISTINCT type, queue
      FROM folded
     WHERE tasks > 0
       AND NOT EXISTS (SELECT FROM backstage_lanes AS lane WHERE lane.type = folded.type AND lane.queue = folded.queue)
     ORDER BY type, queue
        ON CONFLICT DO NOTHING
)
INSERT INTO backstage_counts AS counted (queue, type, state, tasks, pruned)
SELECT queue, type, state, sum(tasks), sum(pruned)
  FROM folded
 GROUP BY queue, type, state
 ORDER BY queue, type, state
    ON CONFLICT (queue, type, state) DO UPDATE
   SET tasks = counted.tasks + excluded.tasks, pruned = counted.pruned + excluded.pruned
