-- An id of this very store, by which workers notice that it was emptied: one row, put back by the next beat.

CREATE TABLE backstage_generation (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    id     TEXT NOT NULL
) STRICT;

INSERT INTO backstage_generation (single, id) VALUES (1, lower(hex(randomblob(16))));
