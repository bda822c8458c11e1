-- Store a message at the next position, unless its id is kept already, and delete what need not be kept: what is too
-- old, and what is beyond the newest. The position's row is held until the end of this statement's transaction, so
-- messages become visible in the order of their positions.
--   $1 now (us), NULL: the server's   $2 id   $3 name   $4 payload (JSON)   $5 sent (us)   $6 kept for (us)
--   $7 kept at most
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), taken AS (
    UPDATE backstage_broadcast_position
       SET last = last + 1
     WHERE NOT EXISTS (SELECT 1 FROM backstage_broadcasts
                        WHERE id = $2::uuid AND stored_at >= (SELECT now FROM clock) - $6::bigint)
    RETURNING last
), deleted AS (
    DELETE FROM backstage_broadcasts
     WHERE id <> $2::uuid
       AND (stored_at < (SELECT now FROM clock) - $6::bigint OR position <= (SELECT last FROM taken) - $7::bigint)
)
INSERT INTO backstage_broadcasts (position, id, name, payload, sent_at, stored_at)
SELECT taken.last, $2::uuid, $3::text, $4::text, $5::bigint, clock.now
  FROM taken, clock
    ON CONFLICT (id) DO UPDATE
   SET position = excluded.position, name = excluded.name, payload = excluded.payload, sent_at = excluded.sent_at,
       stored_at = excluded.stored_at
 WHERE backstage_broadcasts.stored_at < (SELECT now FROM clock) - $6::bigint
