-- Subscribers that are told of events by a task, stored in the step that the event tells of.

CREATE TABLE backstage_subscriptions (
    name     TEXT PRIMARY KEY,
    document TEXT NOT NULL                  -- JSON object, as subscription_document.py writes it
) STRICT, WITHOUT ROWID;
