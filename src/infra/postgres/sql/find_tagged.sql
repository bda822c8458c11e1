-- Tasks that have a tag, newest id first, from before an id.
--   $1 ids below this one   $2 at most so many   $3 states   $4 queue, NULL: any   $5 type, NULL: any   $6 tag
-- (`tag <> ''`, true of each, names the index to read; OFFSET 0 keeps the page in its order, so that no more is read.)
SELECT {whole}
  FROM (SELECT id FROM backstage_tags WHERE tag = $6::text AND tag <> '' AND id < $1::uuid
         ORDER BY id DESC OFFSET 0) AS page
 CROSS JOIN LATERAL (SELECT * FROM backstage_whole_tasks WHERE id = page.id LIMIT 1) AS whole
 WHERE whole.state = ANY ($3::text[])
   AND ($4::text IS NULL OR whole.queue = $4::text)
   AND ($5::text IS NULL OR split_part(whole.type, '@', 1) = $5::text)
 ORDER BY page.id DESC
 LIMIT $2::integer
