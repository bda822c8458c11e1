-- What workers tell of their handlers when they start: where each stands, and the JSON schema of its payloads.

CREATE TABLE backstage_type_definitions (
    type     text COLLATE "C" PRIMARY KEY,
    told_at  bigint NOT NULL,
    document text   NOT NULL                -- JSON
);
