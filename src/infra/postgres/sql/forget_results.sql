-- Empty results of completed tasks whose time is over. Two who do it at once pass each other by.
--   $1 now (us), NULL: the server's   $2 at most so many
-- Returns how many.
WITH due AS MATERIALIZED (
    SELECT task_id
      FROM backstage_result_ends
     WHERE NOT is_gone AND until <= coalesce($1::bigint, backstage_now())
     ORDER BY until
     LIMIT $2::integer
       FOR UPDATE SKIP LOCKED
), emptied AS (
    UPDATE backstage_finished SET result = NULL WHERE id = ANY (ARRAY (SELECT task_id FROM due))
), gone AS (
    UPDATE backstage_result_ends SET is_gone = true WHERE task_id = ANY (ARRAY (SELECT task_id FROM due))
)
SELECT count(*) FROM due
