ALTER TABLE backstage_workers DROP COLUMN ranks;
