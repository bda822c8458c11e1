-- Tasks of one workflow, newest id first, from before an id; its first task keeps no workflow id of its own.
--   $1 ids below this one   $2 at most so many   $3 states   $4 queue, NULL: any   $5 type, NULL: any
--   $6 tag, NULL: any   $7 key, NULL: any   $8 workflow id   $9 the same as a task's id, NULL if it is none
--   $10 correlation id, NULL: any
SELECT {whole}
  FROM (SELECT id FROM backstage_tasks WHERE workflow_id = $8::text AND id < $1::uuid
         UNION ALL
        SELECT id FROM backstage_tasks WHERE id = $9::uuid AND workflow_id IS NULL AND id < $1::uuid) AS chain
 CROSS JOIN LATERAL (SELECT * FROM backstage_whole_tasks WHERE id = chain.id LIMIT 1) AS whole
 WHERE whole.state = ANY ($3::text[])
   AND ($4::text IS NULL OR whole.queue = $4::text)
   AND ($5::text IS NULL OR split_part(whole.type, '@', 1) = $5::text)
   AND ($6::text IS NULL OR (SELECT true FROM backstage_tags WHERE id = chain.id AND tag = $6::text LIMIT 1))
   AND ($7::text IS NULL OR whole.key = $7::text)
   AND ($10::text IS NULL OR coalesce(whole.correlation_id, whole.id::text) = $10::text)
 ORDER BY whole.id DESC
 LIMIT $2::integer
