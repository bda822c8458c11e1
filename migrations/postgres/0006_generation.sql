-- An id of this very store, by which workers notice that it was emptied: one row, put back by the next beat.

CREATE TABLE backstage_generation (
    single integer PRIMARY KEY CHECK (single = 1),
    id     text NOT NULL
);

INSERT INTO backstage_generation (single, id) VALUES (1, replace(gen_random_uuid()::text, '-', ''));
