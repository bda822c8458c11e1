-- What is done to many tasks at once: plans, and how far each operation has come.

CREATE TABLE backstage_bulk (
    id       text COLLATE "C" PRIMARY KEY,
    version  integer NOT NULL,
    document text NOT NULL                      -- JSON object, as bulk_document.py writes it
);
