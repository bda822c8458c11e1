-- How long runs took, counted as waits are: the bounds are in domain/history.py. Rows of before have told it of none.

ALTER TABLE backstage_history ADD COLUMN run_0 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backstage_history ADD COLUMN run_1 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backstage_history ADD COLUMN run_2 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backstage_history ADD COLUMN run_3 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backstage_history ADD COLUMN run_4 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backstage_history ADD COLUMN run_5 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backstage_history ADD COLUMN run_6 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backstage_history ADD COLUMN run_7 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backstage_history ADD COLUMN run_8 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backstage_history ADD COLUMN run_9 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backstage_history ADD COLUMN run_10 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE backstage_history ADD COLUMN run_11 INTEGER NOT NULL DEFAULT 0;
