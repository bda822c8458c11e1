-- Store new tasks without dedupe keys, each with its place in a lane; one whose id is stored already is left as it is,
-- so a caller that lost the reply may ask again. One statement, so all or nothing. The lanes are in backstage_lanes.
--   $1 now (us), NULL: the server's   $2 … $17: the columns of the batch, as stored_tasks.columns_of gives them
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), given AS (
    SELECT *
      FROM unnest($2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::bigint[], $7::bigint[], $8::text[],
                  $9::integer[], $10::text[], $11::double precision[], $12::double precision[],
                  $13::integer[], $14::text[], $15::text[], $16::text[], $17::text[])
        AS t (id, type, queue, priority, created_at, scheduled_at, payload,
              max_attempts, backoff, timeout, soft_timeout, max_deliveries, correlation_id, workflow_id, origin_id, metadata)
), stored AS (
    INSERT INTO backstage_tasks (id, type, queue, created_at, max_attempts, backoff, timeout, soft_timeout,
                                 max_deliveries, correlation_id, workflow_id, origin_id, metadata, payload)
    SELECT id, type, queue, created_at, max_attempts, backoff, timeout, soft_timeout, max_deliveries,
           correlation_id, workflow_id, origin_id, metadata, payload
      FROM given
        ON CONFLICT (id) DO NOTHING
    RETURNING id
), placed AS (
    INSERT INTO backstage_live (id, queue, type, priority, state, ready, is_keyed, is_chained, scheduled_at, version)
    SELECT id, queue, type, priority, 'pending', scheduled_at <= (SELECT now FROM clock), false,
           workflow_id IS NOT NULL, scheduled_at, 1
      FROM given
      JOIN stored USING (id)
    RETURNING queue, type
)
INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
SELECT queue, type, 'pending', count(*), 0 FROM placed GROUP BY queue, type
