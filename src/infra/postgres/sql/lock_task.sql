-- Version, state and queue of a stored task, locked until the end of the transaction wherever its row is. Nothing, for one
-- that does not exist or that another transaction has just moved.
--   $1 id
SELECT version, state, queue FROM (SELECT version, state, queue FROM backstage_live WHERE id = $1::uuid FOR UPDATE) AS live
 UNION ALL
SELECT version, state, queue FROM (SELECT version, state, queue FROM backstage_finished WHERE id = $1::uuid FOR UPDATE) AS ended
