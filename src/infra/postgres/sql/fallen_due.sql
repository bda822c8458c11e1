-- Tasks that are due and that no claim has made claimable yet, those that fell due first before others.
--   $1 now (us)   $2 at most so many
SELECT queue, type, priority, scheduled_at, id::text
  FROM backstage_live
 WHERE state = 'pending' AND NOT ready AND scheduled_at <= $1::bigint
 ORDER BY scheduled_at
 LIMIT $2::integer
