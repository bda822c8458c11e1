-- Tasks of one key, newest id first, from before an id.
--   $1 ids below this one   $2 at most so many   $3 states   $4 queue, NULL: any   $5 type, NULL: any   $6 tag, NULL: any
--   $7 key
-- OFFSET 0 keeps the page in its order, so that no more tasks are read than are told, however selective a planner takes
-- the conditions to be.
SELECT {whole}
  FROM (SELECT id FROM backstage_tasks WHERE key = $7::text AND id < $1::uuid ORDER BY id DESC OFFSET 0) AS page
 CROSS JOIN LATERAL (SELECT * FROM backstage_whole_tasks WHERE id = page.id LIMIT 1) AS whole
 WHERE whole.state = ANY ($3::text[])
   AND ($4::text IS NULL OR whole.queue = $4::text)
   AND ($5::text IS NULL OR split_part(whole.type, '@', 1) = $5::text)
   AND ($6::text IS NULL OR (SELECT true FROM backstage_tags WHERE id = page.id AND tag = $6::text LIMIT 1))
 ORDER BY page.id DESC
 LIMIT $2::integer
