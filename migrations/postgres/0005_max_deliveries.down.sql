DROP VIEW backstage_whole_tasks;
ALTER TABLE backstage_tasks DROP COLUMN max_deliveries;
