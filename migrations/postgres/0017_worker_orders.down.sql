ALTER TABLE backstage_workers DROP COLUMN details, DROP COLUMN wanted, DROP COLUMN stacks_request, DROP COLUMN stacks;
