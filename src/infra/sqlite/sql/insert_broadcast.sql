-- Store a message to every worker, after all that are stored; the caller has found its id not to be kept.
--   1: id   2: name   3: payload JSON   4: sent (us)   5: now (us)
INSERT INTO backstage_broadcasts (id, name, payload, sent_at, stored_at) VALUES (?, ?, ?, ?, ?)
