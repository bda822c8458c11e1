-- Tasks by their ids, in no order.
--   $1 ids
SELECT {whole}
  FROM unnest($1::uuid[]) AS asked (id)
 CROSS JOIN LATERAL (SELECT * FROM backstage_whole_tasks WHERE id = asked.id LIMIT 1) AS whole
