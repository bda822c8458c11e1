-- no-transaction
-- Tasks in the order in which they ended, without their ids: those of one batch ended at one moment, so they share an
-- entry. The ids of one moment are sorted when they are read. The predicate, always true, keeps it to the statements
-- that name it.

DROP INDEX CONCURRENTLY IF EXISTS backstage_finished_ended;

CREATE INDEX CONCURRENTLY backstage_finished_ended ON backstage_finished (queue, state, finished_at)
    WHERE finished_at >= 0;

DROP INDEX CONCURRENTLY IF EXISTS backstage_finished_oldest;
