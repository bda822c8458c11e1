-- Subscribers that are told of events by a task, stored in the step that the event tells of.

CREATE TABLE backstage_subscriptions (
    name     text COLLATE "C" PRIMARY KEY,
    document text NOT NULL                      -- JSON object, as subscription_document.py writes it
);
