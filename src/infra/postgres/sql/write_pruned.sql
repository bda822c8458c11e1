-- Raise the number of pruned tasks of lanes to what is given, and count them among their tasks.
--   $1 queues   $2 types   $3 states   $4 pruned
INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
SELECT given.queue, given.type, given.state, given.pruned - known.pruned, given.pruned - known.pruned
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS given (queue, type, state, pruned)
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(pruned), 0)::bigint AS pruned
         FROM (SELECT queue, type, state, pruned FROM backstage_counts
               UNION ALL
               SELECT queue, type, state, pruned FROM backstage_count_changes) AS every
        WHERE queue = given.queue AND type = given.type AND state = given.state) AS known
 WHERE given.pruned > known.pruned
