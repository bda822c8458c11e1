-- All tasks, newest id first, from before an id.
--   $1 ids below this one   $2 at most so many
SELECT {whole}
  FROM (SELECT id FROM backstage_tasks WHERE id < $1::uuid ORDER BY id DESC LIMIT $2::integer) AS page
 CROSS JOIN LATERAL (SELECT * FROM backstage_whole_tasks WHERE id = page.id LIMIT 1) AS whole
 ORDER BY whole.id DESC
