-- Store a new task, unless its id is stored already: then nothing changes, so a caller that lost the reply may ask
-- again.
--   the values of rows.columns_of
INSERT INTO backstage_tasks ({columns}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING
