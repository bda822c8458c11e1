CREATE INDEX backstage_finished_oldest ON backstage_finished (queue, state, finished_at, id) WHERE finished_at >= 0;
DROP INDEX backstage_finished_ended;
