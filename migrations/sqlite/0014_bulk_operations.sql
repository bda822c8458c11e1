-- What is done to many tasks at once: plans, and how far each operation has come.

CREATE TABLE backstage_bulk (
    id       TEXT PRIMARY KEY,
    version  INTEGER NOT NULL,
    document TEXT NOT NULL                  -- JSON object, as bulk_document.py writes it
) STRICT, WITHOUT ROWID;
