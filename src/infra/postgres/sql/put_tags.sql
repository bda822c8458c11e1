-- Let tasks that were just stored be found by their tags, whatever of them was stored before.
--   $1 ids of tasks that have tags
INSERT INTO backstage_tags (id, tag)
SELECT task.id, tag
  FROM backstage_tasks AS task
 CROSS JOIN LATERAL json_array_elements_text(task.tags::json) AS tag
 WHERE task.id = ANY ($1::uuid[])
    ON CONFLICT (id, tag) DO NOTHING
