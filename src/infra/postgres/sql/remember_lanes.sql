-- Remember queues and types in which tasks are stored. In its own transaction, before the tasks: a lane without tasks
-- does no harm, and nobody waits for a long transaction that brings the first task of a lane.
--   $1 types   $2 queues
INSERT INTO backstage_lanes (type, queue)
SELECT type, queue FROM unnest($1::text[], $2::text[]) AS t (type, queue) ORDER BY type COLLATE "C", queue COLLATE "C"
    ON CONFLICT DO NOTHING
