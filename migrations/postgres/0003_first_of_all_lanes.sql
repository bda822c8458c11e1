-- no-transaction
-- Claimable tasks of all lanes in one order: a claim by a worker that serves several of them costs the same with two
-- lanes and with ten thousand. The predicate, true of every row, keeps it to the statement that names it.

DROP INDEX CONCURRENTLY IF EXISTS backstage_live_first;

CREATE INDEX CONCURRENTLY backstage_live_first ON backstage_live (priority DESC, scheduled_at, id)
    WHERE ready AND priority >= -32768;
