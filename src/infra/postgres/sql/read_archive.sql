-- Whole tasks of any state, smallest id first, from after an id.
--   $1 ids above this one, NULL: all   $2 at most so many
SELECT {whole}
  FROM (SELECT id FROM backstage_tasks
         WHERE id > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
         ORDER BY id LIMIT $2::integer) AS page
 CROSS JOIN LATERAL (SELECT * FROM backstage_whole_tasks WHERE id = page.id LIMIT 1) AS whole
 ORDER BY whole.id
