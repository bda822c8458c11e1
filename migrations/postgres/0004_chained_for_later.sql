-- no-transaction
-- Steps of a chain that are due later: a worker that runs until idle waits for them. A worker of an earlier release marks
-- none, and waits for none.

ALTER TABLE backstage_live ADD COLUMN IF NOT EXISTS is_chained boolean NOT NULL DEFAULT false;

DROP INDEX CONCURRENTLY IF EXISTS backstage_live_chained;

CREATE INDEX CONCURRENTLY backstage_live_chained ON backstage_live (queue, type)
    WHERE state <> 'running' AND NOT ready AND is_chained;
