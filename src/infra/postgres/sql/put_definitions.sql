-- Store what tasks are, and return the ids of those that were new; their rows follow in the same transaction.
--   $1 … $16: as stored_tasks.definition_columns_of gives them
INSERT INTO backstage_tasks (id, type, queue, created_at, payload, max_attempts, backoff, timeout, soft_timeout,
                             max_deliveries, correlation_id, workflow_id, origin_id, metadata, dedupe_key, dedupe_ttl)
SELECT *
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[], $7::text[],
              $8::double precision[], $9::double precision[], $10::integer[], $11::text[], $12::text[], $13::text[],
              $14::text[], $15::text[], $16::double precision[])
    ON CONFLICT (id) DO NOTHING
RETURNING id::text
