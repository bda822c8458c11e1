-- Store what tasks are, and return the ids of those that were new; their rows follow in the same transaction.
--   $1 …: the columns DEFINITION, see columns.py
INSERT INTO backstage_tasks ({definition})
SELECT {definition} FROM unnest({definition:$1}) AS t ({definition})
    ON CONFLICT (id) DO NOTHING
RETURNING id::text
