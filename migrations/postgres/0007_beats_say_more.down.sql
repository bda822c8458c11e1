ALTER TABLE backstage_workers DROP COLUMN lease, DROP COLUMN release;
