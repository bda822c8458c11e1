DROP TABLE backstage_bulk;
