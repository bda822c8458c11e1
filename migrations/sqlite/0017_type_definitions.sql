-- What workers tell of their handlers when they start: where each stands, and the JSON schema of its payloads.

CREATE TABLE backstage_type_definitions (
    type     TEXT    PRIMARY KEY,
    told_at  INTEGER NOT NULL,
    document TEXT    NOT NULL               -- JSON
) STRICT, WITHOUT ROWID;
