DROP INDEX backstage_live_first;
