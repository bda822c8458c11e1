-- Schedules, and the short log of messages to every worker.

CREATE TABLE backstage_schedules (
    name      TEXT    PRIMARY KEY,
    cron      TEXT    NOT NULL,             -- JSON object, as cron_document.py writes it
    last_tick INTEGER NOT NULL,             -- every tick up to here is decided upon
    is_paused INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: the number of a deleted message is never given again, so a reader's position stays true.
CREATE TABLE backstage_broadcasts (
    position  INTEGER PRIMARY KEY AUTOINCREMENT,
    id        TEXT    NOT NULL UNIQUE,
    name      TEXT    NOT NULL,
    payload   TEXT    NOT NULL,             -- JSON
    sent_at   INTEGER NOT NULL,             -- as the sender says
    stored_at INTEGER NOT NULL              -- by the store's clock: how long it is kept counts from here
) STRICT;
CREATE INDEX backstage_broadcasts_age ON backstage_broadcasts (stored_at);
