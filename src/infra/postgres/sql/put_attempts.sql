-- Store records of claims.
--   $1 …: the columns ATTEMPT, see columns.py
INSERT INTO backstage_attempts ({attempt})
SELECT {attempt} FROM unnest({attempt:$1}) AS t ({attempt})
