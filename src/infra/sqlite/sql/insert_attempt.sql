-- The record of one claim, in the transaction that ended it.
--   1: task (seq)   2: fence   3: number   4: worker id   5: started (us)   6: ended (us)   7: outcome   8: failure JSON
INSERT INTO backstage_attempts (task, fence, number, worker_id, started_at, ended_at, outcome, failure)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
