-- Who did what, and the tokens of the HTTP API.

CREATE TABLE backstage_audit (
    id      text COLLATE "C" PRIMARY KEY,       -- later entries sort later
    at      bigint NOT NULL,                    -- microseconds since 1970
    who     text NOT NULL,
    action  text NOT NULL,                      -- name of the use case
    target  text NOT NULL,
    tasks   integer NOT NULL,                   -- how many it changed
    details text NOT NULL                       -- JSON object
);

CREATE TABLE backstage_tokens (
    digest       text COLLATE "C" PRIMARY KEY,  -- SHA-256 of the secret, in hexadecimal digits
    id           text COLLATE "C" NOT NULL UNIQUE,
    document     text NOT NULL,                 -- JSON object, as token_document.py writes it
    last_used_at bigint                         -- microseconds since 1970
);
