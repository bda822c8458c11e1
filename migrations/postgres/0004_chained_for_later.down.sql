DROP INDEX backstage_live_chained;
ALTER TABLE backstage_live DROP COLUMN is_chained;
