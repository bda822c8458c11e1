DROP TABLE backstage_generation;
