-- The record of one claim, in the transaction that ended it.
--   ?1 task (seq)   ?2 fence   ?3 number   ?4 worker id   ?5 started (us)   ?6 ended (us)   ?7 outcome   ?8 failure JSON
INSERT INTO backstage_attempts (task, fence, number, worker_id, started_at, ended_at, outcome, failure)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
