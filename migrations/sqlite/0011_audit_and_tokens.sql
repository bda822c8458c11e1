-- Who did what, and the tokens of the HTTP API.

CREATE TABLE backstage_audit (
    id      TEXT PRIMARY KEY,               -- later entries sort later
    at      INTEGER NOT NULL,               -- microseconds since 1970
    who     TEXT NOT NULL,
    action  TEXT NOT NULL,                  -- name of the use case
    target  TEXT NOT NULL,
    tasks   INTEGER NOT NULL,               -- how many it changed
    details TEXT NOT NULL                   -- JSON object
) STRICT, WITHOUT ROWID;

CREATE TABLE backstage_tokens (
    digest       TEXT PRIMARY KEY,          -- SHA-256 of the secret, in hexadecimal digits
    id           TEXT NOT NULL UNIQUE,
    document     TEXT NOT NULL,             -- JSON object, as token_document.py writes it
    last_used_at INTEGER                    -- microseconds since 1970
) STRICT, WITHOUT ROWID;
